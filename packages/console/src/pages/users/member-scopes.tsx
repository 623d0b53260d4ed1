import { Modal } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { Choices } from '../../components/choices.tsx'
import { Empty, Loaded, Note } from '../../components/states.tsx'
import { scopeGroupsQuery } from '../apis/api.ts'
import { type MemberScope, memberScopesQuery } from './user.ts'

/** The API scopes that one member of an organization is given, beside those that come by roles. */
export function MemberScopes({
  code,
  userId,
  title,
  close,
}: {
  code: string
  userId: string
  title: string
  close: () => void
}) {
  const refresh = useRefresh()
  const scopes = useQuery(memberScopesQuery(code, userId))
  const groups = useQuery(scopeGroupsQuery)
  return (
    <Modal opened onClose={close} closeOnClickOutside={false} title={title} size="lg">
      <Loaded query={groups} lines={6}>
        {(all) =>
          all.length === 0 ? (
            <Empty icon="apis" title="No API has scopes yet">
              Register an API with scopes such as <code>read:invoices</code> first.{' '}
              <Link href="/apis">Go to the APIs</Link>
            </Empty>
          ) : (
            <Loaded query={scopes} lines={6}>
              {({ direct, by_role }) => (
                <div className="stack">
                  {by_role.length > 0 && <Note>By roles: {keysOf(by_role)}. These go with the role.</Note>}
                  <Choices
                    groups={all}
                    held={direct.map(({ id }) => id)}
                    noun="scope"
                    save={async (added, removed) => {
                      const apiOf = (id: string) =>
                        all.find(({ entries }) => entries.some((each) => each.id === id))!.id
                      const at = (id: string) =>
                        `/api/v1/organizations/${code}/users/${userId}/apis/${apiOf(id)}/scopes/${id}` as const
                      try {
                        for (const id of added) await call(`POST ${at(id)}`)
                        for (const id of removed) await call(`DELETE ${at(id)}`)
                      } finally {
                        await refresh('membership')
                      }
                      tell('The scopes were saved. The next token carries them.')
                      close()
                    }}
                  />
                </div>
              )}
            </Loaded>
          )
        }
      </Loaded>
    </Modal>
  )
}

/** Scopes in words. */
export function keysOf(scopes: MemberScope[]): string {
  return scopes.map(({ key }) => key).join(', ')
}
