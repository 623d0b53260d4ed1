import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { call } from '../../api.ts'
import { Avatar } from '../../components/avatar.tsx'
import { List, usePages } from '../../components/list.tsx'
import { Section } from '../../components/page.tsx'
import { Empty } from '../../components/states.tsx'
import type { Role } from '../../data/roles.ts'
import { nameOf, organizationNamesQuery } from '../users/user.ts'

interface Holder {
  id: string
  name: string
  email: string | null
  org_codes: string[]
}

/** Who has a role, and in which organizations. */
export default function People({ role }: { role: Role }) {
  const organizations = useQuery(organizationNamesQuery)
  const pages = usePages(['members', 'of-role', role.id], async (cursor) => {
    const { users = [], next_token } = await call<{
      users?: { id: string; org_codes: string[] }[]
      next_token?: string | null
    }>(`GET /api/v1/roles/${role.id}/users`, { query: { page_size: 50, next_token: cursor } })
    return { rows: await named(users), next: next_token }
  })
  const organizationName = (code: string) => organizations.data?.find((each) => each.code === code)?.name ?? code
  return (
    <Section title="People" lede="Who has this role. It is given within an organization, to one of its members.">
      <List
        pages={pages}
        label="People with this role"
        noun="person"
        plural="people"
        rowKey={({ id }) => id}
        columns={[
          {
            title: 'Person',
            cell: ({ id, name, email }) => (
              <span className="row" style={{ flexWrap: 'nowrap' }}>
                <Avatar name={name} />
                <span style={{ minWidth: 0 }}>
                  <Link href={`/users/${id}/organizations`} className="primary">
                    {name}
                  </Link>
                  <span className="sub">{email}</span>
                </span>
              </span>
            ),
          },
          {
            title: 'In',
            cell: ({ org_codes }) => (
              <span className="row">
                {org_codes.map((code) => (
                  <Link key={code} href={`/organizations/${code}/members?role=${encodeURIComponent(role.key)}`}>
                    {organizationName(code)}
                  </Link>
                ))}
              </span>
            ),
          },
        ]}
        empty={
          <Empty icon="users" title="Nobody has this role yet">
            Give it to members of an organization, on the page of the organization or of the person. Invites can bring
            it along.
          </Empty>
        }
      />
    </Section>
  )
}

/** The list of holders has ids alone. */
async function named(users: { id: string; org_codes: string[] }[]): Promise<Holder[]> {
  if (users.length === 0) return []
  const query = { user_id: users.map(({ id }) => id).join(','), page_size: users.length }
  const { users: found = [] } = await call<{
    users?: { id: string; first_name: string | null; last_name: string | null; email: string | null }[]
  }>('GET /api/v1/users', { query })
  const byId = new Map(found.map((user) => [user.id, user]))
  return users.map(({ id, org_codes }) => {
    const user = byId.get(id) ?? { id }
    return { id, org_codes, name: nameOf(user), email: byId.get(id)?.email ?? null }
  })
}
