import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect } from 'react'
import { type Administrator, call, onSessionEnd } from '../api.ts'
import { Refusal } from '../components/states.tsx'

export const roleNames = { owner: 'Owner', administrator: 'Administrator', read_only: 'Read-only' } as const

/** What anyone may know of the server: its addresses, and whether someone is signed in. */
export const statusQuery = queryOptions({
  queryKey: ['status'],
  queryFn: () =>
    call<{ needs_setup: boolean; signed_in: boolean; version: string; url: string; audience: string }>(
      'GET /admin/api/status',
    ),
  staleTime: Number.POSITIVE_INFINITY,
})

interface Session {
  administrator: Administrator
  /** public address of the server, no slash at the end */
  url: string
  /** audience of the Management API */
  audience: string
  version: string
  /** whether this person may change things */
  mayWrite: boolean
  isOwner: boolean
}

const SessionContext = createContext<Session | undefined>(undefined)

/** Who is signed in, and to what. */
export function useSession(): Session {
  const session = useContext(SessionContext)
  if (session === undefined) throw new Error('useSession() is called outside of SessionProvider.')
  return session
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient()
  // A session may end at any call: then everything that was read is forgotten, and the sign-in page comes.
  useEffect(() => onSessionEnd(() => void queries.resetQueries()), [queries])
  const server = useQuery(statusQuery)
  const session = useQuery({
    queryKey: ['session'],
    queryFn: () => call<{ administrator: Administrator }>('GET /admin/api/session'),
  })
  if (session.isError) {
    return (
      <main className="gate">
        <Refusal error={session.error} retry={() => void session.refetch()} />
      </main>
    )
  }
  if (session.data === undefined || server.data === undefined) return null
  const { administrator } = session.data
  const { url, audience, version } = server.data
  return (
    <SessionContext
      value={{
        administrator,
        url,
        audience,
        version,
        mayWrite: administrator.role !== 'read_only',
        isOwner: administrator.role === 'owner',
      }}
    >
      {children}
    </SessionContext>
  )
}
