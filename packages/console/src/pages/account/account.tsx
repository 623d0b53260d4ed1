import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type AdministratorSession, call } from '../../api.ts'
import { tell, useChange, useRefresh } from '../../components/changes.ts'
import { useForm } from '../../components/form.ts'
import { Page, Section } from '../../components/page.tsx'
import { RowActions } from '../../components/row-actions.tsx'
import { Loaded, Refusal, Tag } from '../../components/states.tsx'
import { Table } from '../../components/table.tsx'
import { Time } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'

/** One's own account: name, password, and where one is signed in. */
export default function Account() {
  return (
    <Page title="Account and sessions">
      <div className="stack-wide">
        <Name />
        <Password />
        <Sessions />
      </div>
    </Page>
  )
}

function Name() {
  const { administrator } = useSession()
  const refresh = useRefresh()
  const form = useForm({ name: administrator.name }, async (body) => {
    await call('PATCH /admin/api/me', { body })
    await refresh('session', 'administrators')
    tell('Your name was saved.')
  })
  return (
    <Section title="Name">
      <form onSubmit={form.submit} className="row" style={{ alignItems: 'flex-end' }}>
        <TextInput {...form.text('name')} label="Your name" autoComplete="name" className="grow" maw={420} />
        <Button type="submit" variant="default" loading={form.isBusy} disabled={!form.isChanged}>
          Save name
        </Button>
      </form>
      {form.refusal !== undefined && <Refusal error={form.refusal} />}
    </Section>
  )
}

function Password() {
  const { administrator } = useSession()
  const refresh = useRefresh()
  const form = useForm({ current_password: '', new_password: '' }, async (body) => {
    await call('PUT /admin/api/me/password', { body })
    form.set('current_password', '')
    form.set('new_password', '')
    await refresh('sessions')
    tell('Your password was changed. Your other sessions have ended.')
  })
  const toggle = { 'aria-label': 'Show or hide the password' }
  return (
    <Section title="Password" lede="A new password ends every other session of yours.">
      <form onSubmit={form.submit} className="stack" style={{ maxWidth: 420 }} noValidate>
        <input type="hidden" name="username" autoComplete="username" value={administrator.email} readOnly />
        <PasswordInput
          {...form.text('current_password')}
          label="Present password"
          autoComplete="current-password"
          visibilityToggleButtonProps={toggle}
        />
        <PasswordInput
          {...form.text('new_password')}
          label="New password"
          description="At least 12 characters."
          autoComplete="new-password"
          visibilityToggleButtonProps={toggle}
        />
        {form.refusal !== undefined && <Refusal error={form.refusal} />}
        <div>
          <Button
            type="submit"
            variant="default"
            loading={form.isBusy}
            disabled={form.values.current_password === '' || form.values.new_password === ''}
          >
            Change password
          </Button>
        </div>
      </form>
    </Section>
  )
}

function Sessions() {
  const sessions = useQuery({
    queryKey: ['sessions'],
    queryFn: async () => (await call<{ sessions: AdministratorSession[] }>('GET /admin/api/sessions')).sessions,
  })
  const end = useChange((id: string) => call(`DELETE /admin/api/sessions/${id}`), {
    keys: ['sessions'],
    done: 'The session was ended.',
  })
  const endOthers = useChange(() => call('DELETE /admin/api/sessions'), {
    keys: ['sessions'],
    done: 'All other sessions were ended.',
  })
  return (
    <Section
      title="Sessions"
      lede="Where you are signed in."
      actions={
        (sessions.data?.length ?? 0) > 1 && (
          <Button variant="default" loading={endOthers.isPending} onClick={() => endOthers.mutate()}>
            End all others
          </Button>
        )
      }
    >
      <Loaded query={sessions}>
        {(rows) => (
          <Table
            label="Sessions"
            rows={rows}
            rowKey={({ id }) => id}
            columns={[
              {
                title: 'Browser',
                cell: ({ user_agent, address, is_current }) => (
                  <>
                    <span className="primary">{browserName(user_agent)}</span>{' '}
                    {is_current && <Tag tone="good">This one</Tag>}
                    <span className="sub">{address}</span>
                  </>
                ),
              },
              { title: 'Last seen', cell: ({ last_seen_at }) => <Time at={last_seen_at} /> },
              { title: 'Signed in', wide: true, cell: ({ created_at }) => <Time at={created_at} /> },
              {
                title: '(Actions)',
                tight: true,
                right: true,
                cell: (row) =>
                  !row.is_current && (
                    <RowActions
                      of={browserName(row.user_agent)}
                      actions={[{ label: 'End', isDangerous: true, onClick: () => end.mutate(row.id) }]}
                    />
                  ),
              },
            ]}
          />
        )}
      </Loaded>
    </Section>
  )
}

/** "Firefox on Linux" out of what a browser says of itself. */
function browserName(userAgent: string | null): string {
  if (userAgent === null || userAgent === '') return 'Unknown browser'
  const browser = /Edg\//.test(userAgent)
    ? 'Edge'
    : /Firefox\//.test(userAgent)
      ? 'Firefox'
      : /Chrome\//.test(userAgent)
        ? 'Chrome'
        : /Safari\//.test(userAgent)
          ? 'Safari'
          : userAgent.slice(0, 40)
  const system = /Windows|Android|iPhone|iPad|Mac OS X|Linux/.exec(userAgent)?.[0]
  return system === undefined ? browser : `${browser} on ${system.replace('Mac OS X', 'macOS')}`
}
