import { Switch } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { call } from '../../api.ts'
import { tell, useChange, useRefresh } from '../../components/changes.ts'
import { Choices } from '../../components/choices.tsx'
import { Section } from '../../components/page.tsx'
import { Empty, Loaded, Note } from '../../components/states.tsx'
import { everything } from '../../data/everything.ts'
import { type Role, rolesQuery } from '../../data/roles.ts'
import { useSession } from '../../session/session.tsx'
import type { Application } from './application.ts'

/** Which roles a person must have, one of them, to sign in to an application. */
export default function AccessRoles({ application }: { application: Application }) {
  const path = `/api/v1/applications/${application.id}/access_roles` as const
  const refresh = useRefresh()
  const roles = useQuery(rolesQuery)
  const held = useQuery({
    queryKey: ['access-roles', application.id],
    queryFn: async () => (await everything<Role>(path, 'roles')).map(({ id }) => id),
  })
  return (
    <Section
      title="Access roles"
      lede="Whether everyone may sign in to this application, or only people with one of certain roles."
    >
      <Loaded query={roles}>
        {(all) =>
          all.length === 0 ? (
            <Empty icon="roles" title="No roles yet">
              With a role such as “Staff” an application can be kept to those who have it.{' '}
              <Link href="/roles/list?dialog=new">Add a role</Link>
            </Empty>
          ) : (
            <Loaded query={held}>
              {(ids) => (
                <div className="stack">
                  <Control application={application} count={ids.length} />
                  <Choices
                    groups={[
                      {
                        name: 'Roles',
                        entries: all.map(({ id, key, name, description }) => ({ id, key, name, about: description })),
                      },
                    ]}
                    held={ids}
                    noun="role"
                    save={async (added, removed) => {
                      try {
                        for (const id of added) await call(`POST ${path}/${id}`)
                        for (const id of removed) await call(`DELETE ${path}/${id}`)
                      } finally {
                        await refresh('access-roles')
                      }
                      tell('The access roles were saved.')
                    }}
                  />
                </div>
              )}
            </Loaded>
          )
        }
      </Loaded>
    </Section>
  )
}

function Control({ application, count }: { application: Application; count: number }) {
  const { mayWrite } = useSession()
  const isOn = application.is_access_control_enabled ?? false
  const change = useChange(
    (is_access_control_enabled: boolean) =>
      call(`PATCH /api/v1/applications/${application.id}`, { body: { is_access_control_enabled } }),
    { keys: ['application'], done: isOn ? 'Everyone may sign in.' : 'Only people with one of the roles may sign in.' },
  )
  return (
    <div className="card stack">
      <Switch
        label="Only people with one of these roles may sign in"
        description={count === 0 && !isOn ? 'Choose and save a role below first: else nobody could.' : undefined}
        checked={isOn}
        disabled={!mayWrite || change.isPending || (count === 0 && !isOn)}
        onChange={(event) => change.mutate(event.currentTarget.checked)}
      />
      {isOn && count === 0 && (
        <Note tone="warn">No role is left, so nobody can sign in. Choose a role, or let everyone in.</Note>
      )}
    </div>
  )
}
