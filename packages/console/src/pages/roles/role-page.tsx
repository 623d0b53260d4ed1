import { Button, Switch, Textarea, TextInput } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { Redirect, Route, Switch as Routes, useLocation, useParams } from 'wouter'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { Value } from '../../components/copy.tsx'
import { DeleteDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { Icon } from '../../components/icon.tsx'
import { later } from '../../components/later.tsx'
import { Fact, Facts, Page, Section } from '../../components/page.tsx'
import { Bones, Loaded, Refusal, Tag } from '../../components/states.tsx'
import type { Role } from '../../data/roles.ts'
import { useSession } from '../../session/session.tsx'

const Holdings = later(() => import('./role-holdings.tsx'), <Bones />)
const People = later(() => import('./role-people.tsx'), <Bones />)

const roleQuery = (id: string) =>
  queryOptions({
    queryKey: ['roles', 'one', id],
    queryFn: async () => (await call<{ role: Role }>(`GET /api/v1/roles/${id}`)).role,
  })

export default function RolePage() {
  const { id } = useParams<{ id: string }>()
  const role = useQuery(roleQuery(id))
  return <Loaded query={role}>{(data) => <Parts role={data} />}</Loaded>
}

function Parts({ role }: { role: Role }) {
  const at = `/roles/${role.id}`
  return (
    <Page
      title={role.name}
      parent={{ to: '/roles/list', label: 'Roles' }}
      tag={role.is_default_role ? <Tag tone="accent">For new members</Tag> : undefined}
      tabs={[
        { to: at, label: 'Details' },
        { to: `${at}/permissions`, label: 'Permissions' },
        { to: `${at}/scopes`, label: 'API scopes' },
        { to: `${at}/system-permissions`, label: 'System permissions' },
        { to: `${at}/people`, label: 'People' },
      ]}
    >
      <Routes>
        <Route path="/roles/:id">
          <Details key={JSON.stringify(role)} role={role} />
        </Route>
        <Route path="/roles/:id/people">
          <People role={role} />
        </Route>
        <Route path="/roles/:id/:kind">
          {({ kind }) =>
            kind === 'permissions' || kind === 'scopes' || kind === 'system-permissions' ? (
              <Holdings key={kind} role={role} kind={kind} />
            ) : (
              <Redirect to={at} replace />
            )
          }
        </Route>
      </Routes>
    </Page>
  )
}

function Details({ role }: { role: Role }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const deleting = useDialog('delete')
  const [, navigate] = useLocation()
  const form = useForm(
    {
      name: role.name,
      key: role.key,
      description: role.description ?? '',
      is_default_role: role.is_default_role,
    },
    async (body) => {
      await call(`PATCH /api/v1/roles/${role.id}`, { body })
      await refresh('roles')
      tell(`${body.name} was saved.`)
    },
  )
  return (
    <div className="stack-wide">
      <div className="card">
        <Facts>
          <Fact name="Role id">
            <Value text={role.id} what="the role id" />
          </Fact>
        </Facts>
      </div>
      <Section title="Settings">
        <form onSubmit={form.submit} className="stack" style={{ maxWidth: '40rem' }}>
          <TextInput {...form.text('name')} label="Name" readOnly={!mayWrite} />
          <TextInput
            {...form.text('key')}
            label="Key"
            description="What code and tokens call it. Tokens carry a new key from the next one on."
            readOnly={!mayWrite}
          />
          <Textarea {...form.text('description')} label="Description" autosize readOnly={!mayWrite} />
          <Switch
            {...form.box('is_default_role')}
            label="Give it to everyone who joins an organization from now on"
            disabled={!mayWrite}
          />
          {form.refusal !== undefined && <Refusal error={form.refusal} />}
          {mayWrite && (
            <div>
              <Button type="submit" loading={form.isBusy} disabled={!form.isChanged}>
                Save role
              </Button>
            </div>
          )}
        </form>
      </Section>
      {mayWrite && (
        <Section title="Delete" lede="Whoever has the role loses it, and what comes with it.">
          <Button variant="light" color="red" leftSection={<Icon name="remove" size={16} />} onClick={deleting.open}>
            Delete role
          </Button>
        </Section>
      )}
      {deleting.isOpen && (
        <DeleteDialog
          what="the role"
          name={role.name}
          kind="role"
          id={role.id}
          close={deleting.close}
          remove={async () => {
            await call(`DELETE /api/v1/roles/${role.id}`)
            navigate('/roles/list', { replace: true })
            await refresh('roles', 'membership', 'members')
            tell(`${role.name} was deleted.`)
          }}
        />
      )}
    </div>
  )
}
