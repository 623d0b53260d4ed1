import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { Choices, type Entry } from '../../components/choices.tsx'
import { Section } from '../../components/page.tsx'
import { Empty, Loaded } from '../../components/states.tsx'
import { everything } from '../../data/everything.ts'
import type { Permission, Role } from '../../data/roles.ts'
import { scopeGroupsQuery } from '../apis/api.ts'

type Kind = 'permissions' | 'scopes' | 'system-permissions'

const words: Record<Kind, { title: string; lede: string; noun: string }> = {
  permissions: {
    title: 'Permissions',
    lede: 'What everyone with this role may do. Tokens carry them for your code to check.',
    noun: 'permission',
  },
  scopes: {
    title: 'API scopes',
    lede: 'What tokens of people with this role may open at your APIs.',
    noun: 'scope',
  },
  'system-permissions': {
    title: 'System permissions',
    lede: 'What people with this role may do in the self-serve portal of their organization.',
    noun: 'system permission',
  },
}

/** What a role gives to those who have it. */
export default function Holdings({ role, kind }: { role: Role; kind: Kind }) {
  const { title, lede, noun } = words[kind]
  const refresh = useRefresh()
  const choice = useQuery({ ...readers[kind](role.id), queryKey: ['role-permissions', role.id, kind] })
  const scopes = useQuery({ ...scopeGroupsQuery, enabled: kind === 'scopes' })
  const groups = kind === 'scopes' ? scopes.data : choice.data?.groups
  return (
    <Section title={title} lede={lede}>
      <Loaded query={choice} lines={8}>
        {({ held }) =>
          groups === undefined ? (
            <Loaded query={scopes} lines={8}>
              {() => null}
            </Loaded>
          ) : groups.every(({ entries }) => entries.length === 0) ? (
            kind === 'scopes' ? (
              <Empty icon="apis" title="No API has scopes yet">
                Register an API with scopes such as <code>read:invoices</code>; a role can give them to people.{' '}
                <Link href="/apis">Go to the APIs</Link>
              </Empty>
            ) : (
              <Empty icon="roles" title="No permissions yet">
                A permission such as <code>write:reports</code> is what your code asks for.{' '}
                <Link href="/roles/permissions">Add permissions</Link>
              </Empty>
            )
          ) : (
            <Choices
              groups={groups}
              held={held}
              noun={noun}
              save={async (added, removed) => {
                try {
                  await write(role.id, kind, added, removed)
                } finally {
                  await refresh('role-permissions', 'membership')
                }
                tell(`The ${noun}s were saved.`)
              }}
            />
          )
        }
      </Loaded>
    </Section>
  )
}

interface Choice {
  groups: { name: string; entries: Entry[] }[]
  held: string[]
}

const entryOf = ({ id, key, name, description }: Permission): Entry => ({ id, key, name, about: description })
const ids = (list: { id: string }[]) => list.map(({ id }) => id)

const readers: Record<Kind, (roleId: string) => { queryFn: () => Promise<Choice> }> = {
  permissions: (roleId) => ({
    queryFn: async () => {
      const [all, held] = await Promise.all([
        everything<Permission>('/api/v1/permissions', 'permissions', { sort: 'name_asc' }),
        everything<Permission>(`/api/v1/roles/${roleId}/permissions`, 'permissions'),
      ])
      return { groups: [{ name: 'Permissions', entries: all.map(entryOf) }], held: ids(held) }
    },
  }),
  'system-permissions': (roleId) => ({
    queryFn: async () => {
      const [all, held] = await Promise.all([
        everything<Permission>('/api/v1/system_permissions', 'system_permissions'),
        everything<Permission>(`/api/v1/roles/${roleId}/system_permissions`, 'system_permissions'),
      ])
      return { groups: [{ name: 'System permissions', entries: all.map(entryOf) }], held: ids(held) }
    },
  }),
  scopes: (roleId) => ({
    queryFn: async () => {
      const { scopes = [] } = await call<{ scopes?: { id: string }[] }>(`GET /api/v1/roles/${roleId}/scopes`)
      return { groups: [], held: ids(scopes) }
    },
  }),
}

async function write(roleId: string, kind: Kind, added: string[], removed: string[]): Promise<void> {
  const path = `/api/v1/roles/${roleId}` as const
  if (kind === 'scopes') {
    // One after the other: where one is refused, those before it hold, and the list shows how far it came.
    for (const id of added) await call(`POST ${path}/scopes`, { body: { scope_id: id } })
    for (const id of removed) await call(`DELETE ${path}/scopes/${id}`)
    return
  }
  const changes = [...added.map((id) => ({ id })), ...removed.map((id) => ({ id, operation: 'delete' }))]
  const member = kind.replace('-', '_')
  await call(`PATCH ${path}/${member}`, { body: { [member]: changes } })
}
