import { Button, Switch, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { call } from '../../api.ts'
import { tell, useChange, useRefresh } from '../../components/changes.ts'
import { Value } from '../../components/copy.tsx'
import { DeleteDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { Icon } from '../../components/icon.tsx'
import { Fact, Facts, Section } from '../../components/page.tsx'
import { Refusal } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'
import { NewPassword } from './new-password.tsx'
import { nameOf, type User } from './user.ts'

/** What is known of a person, and what can be done with the account as a whole. */
export function Profile({ user }: { user: User }) {
  const { mayWrite } = useSession()
  return (
    <div className="stack-wide">
      <div className="card">
        <Facts>
          <Fact name="User id">
            <Value text={user.id} what="the user id" />
          </Fact>
          <Fact name="Created">
            <Time at={user.created_on} />
          </Fact>
          <Fact name="Last signed in">
            <Time at={user.last_signed_in} none="Never" />
          </Fact>
          <Fact name="Sign-ins">
            <span className="number">
              {user.total_sign_ins ?? 0} good, {user.failed_sign_ins ?? 0} failed
            </span>
          </Fact>
        </Facts>
      </div>
      <Edit key={JSON.stringify(user)} user={user} />
      {mayWrite && <Actions user={user} />}
    </div>
  )
}

function Edit({ user }: { user: User }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const form = useForm(
    {
      given_name: user.first_name ?? '',
      family_name: user.last_name ?? '',
      picture: user.picture ?? '',
      provided_id: user.provided_id ?? '',
    },
    async ({ provided_id, picture, ...names }) => {
      const changed = {
        ...(provided_id === (user.provided_id ?? '') ? {} : { provided_id }),
        ...(picture === (user.picture ?? '') ? {} : { picture: picture || null }),
      }
      await call('PATCH /api/v1/user', { query: { id: user.id }, body: { ...names, ...changed } })
      await refresh('user', 'users')
      tell('The profile was saved.')
    },
  )
  return (
    <Section title="Profile">
      <form onSubmit={form.submit} className="stack" style={{ maxWidth: '40rem' }}>
        <div
          className="halves"
          style={{ gap: '0.75rem', gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 14rem), 1fr))' }}
        >
          <TextInput {...form.text('given_name')} label="First name" readOnly={!mayWrite} />
          <TextInput {...form.text('family_name')} label="Last name" readOnly={!mayWrite} />
        </div>
        <TextInput
          {...form.text('picture')}
          label="Address of a picture"
          placeholder="https://example.com/ada.png"
          readOnly={!mayWrite}
        />
        <TextInput
          {...form.text('provided_id')}
          label="Your own id"
          description="The id under which another system of yours knows this person."
          readOnly={!mayWrite}
        />
        {form.refusal !== undefined && <Refusal error={form.refusal} />}
        {mayWrite && (
          <div>
            <Button type="submit" loading={form.isBusy} disabled={!form.isChanged}>
              Save profile
            </Button>
          </div>
        )}
      </form>
    </Section>
  )
}

function Actions({ user }: { user: User }) {
  const suspending = useDialog('suspend')
  const deleting = useDialog('delete')
  const settingPassword = useDialog('password')
  const refresh = useRefresh()
  const [, navigate] = useLocation()
  const setSuspended = useChange(
    (is_suspended: boolean) => call('PATCH /api/v1/user', { query: { id: user.id }, body: { is_suspended } }),
    { keys: ['user', 'users'], done: user.is_suspended ? 'The user is active again.' : 'The user was suspended.' },
  )
  const [isWhole, setWhole] = useState(false)
  const askForPassword = useChange(
    () => call('PATCH /api/v1/user', { query: { id: user.id }, body: { is_password_reset_requested: true } }),
    { keys: ['user'], done: 'The next sign-in asks for a new password.' },
  )
  const refreshClaims = useChange(() => call(`POST /api/v1/users/${user.id}/refresh_claims`), {
    keys: ['user'],
    done: 'The claims were refreshed.',
  })
  return (
    <Section
      title="Account"
      lede="A suspended person cannot sign in; everything of theirs stays. After a refresh of the claims the next token is made from present data."
    >
      <div className="actions">
        {user.is_suspended ? (
          <Button variant="default" loading={setSuspended.isPending} onClick={() => setSuspended.mutate(false)}>
            Lift the suspension
          </Button>
        ) : (
          <Button variant="default" leftSection={<Icon name="lock" size={16} />} onClick={suspending.open}>
            Suspend
          </Button>
        )}
        <Button variant="default" leftSection={<Icon name="key" size={16} />} onClick={settingPassword.open}>
          Set a password
        </Button>
        <Button variant="default" loading={askForPassword.isPending} onClick={() => askForPassword.mutate()}>
          Ask for a new password
        </Button>
        <Button variant="default" loading={refreshClaims.isPending} onClick={() => refreshClaims.mutate()}>
          Refresh claims
        </Button>
        <Button variant="light" color="red" leftSection={<Icon name="remove" size={16} />} onClick={deleting.open}>
          Delete user
        </Button>
      </div>
      {settingPassword.isOpen && <NewPassword user={user} close={settingPassword.close} />}
      {suspending.isOpen && (
        <DeleteDialog
          verb="Suspend"
          what="the user"
          name={nameOf(user)}
          isReversible
          close={suspending.close}
          remove={async () => {
            await setSuspended.mutateAsync(true)
            suspending.close()
          }}
        />
      )}
      {deleting.isOpen && (
        <DeleteDialog
          what="the user"
          name={nameOf(user)}
          kind="user"
          id={user.id}
          close={deleting.close}
          remove={async () => {
            await call('DELETE /api/v1/user', {
              query: { id: user.id, is_delete_profile: isWhole },
            })
            navigate('/users', { replace: true })
            await refresh('users')
            tell(`${nameOf(user)} was deleted.`)
          }}
        >
          <Switch
            checked={isWhole}
            onChange={(event) => setWhole(event.currentTarget.checked)}
            label="Delete the subscriber profile too"
            description="Off: what billing and marketing know of this person stays."
          />
        </DeleteDialog>
      )}
    </Section>
  )
}
