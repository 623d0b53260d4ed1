import { ApiError, AuthenticationError, Client, NetworkError } from '@kindred/sdk'

/** How the SDK calls the server that this page came from. The session's cookie goes along; script never sees it. */
export const clientSettings = {
  domain: window.location.origin,
  allowHttp: true,
  accessToken: null,
  credentials: 'same-origin',
  // A header that no other site's page can send: the server takes a cookie with it only.
  headers: { 'x-kindred-console': '1' },
  maxRetries: 1,
} as const

const client = new Client(clientSettings)

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Calls an operation, named by its method and path. */
export async function call<Reply = unknown>(
  operation: `${Method} /${string}`,
  input: { query?: Record<string, unknown>; body?: unknown } = {},
): Promise<Reply> {
  const [method, path] = operation.split(' ') as [Method, string]
  try {
    return await client.request<Reply>(method, path, input)
  } catch (error) {
    if (error instanceof AuthenticationError && /^SESSION_/.test(error.code)) for (const tell of sessionEnds) tell()
    throw error
  }
}

const sessionEnds = new Set<() => void>()

/** Calls back when the server no longer knows the session; returns what ends that. */
export function onSessionEnd(tell: () => void): () => void {
  sessionEnds.add(tell)
  return () => sessionEnds.delete(tell)
}

/** Whether the server answered, and its answer was no. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.status < 500
}

/** What the server objects to, for the person in front of the page. */
export interface Fault {
  message: string
  code?: string
  /** the member or parameter at fault */
  field?: string
  requestId?: string | undefined
}

/** Everything that went wrong, in sentences. */
export function faultsOf(error: unknown): Fault[] {
  if (error instanceof ApiError) {
    const faults = error.faults.length > 0 ? error.faults : [{ code: error.code, message: error.message }]
    return faults.map((fault) => ({ ...fault, requestId: error.requestId }))
  }
  if (error instanceof NetworkError) return [{ message: 'The server does not answer. Does it run?' }]
  return [{ message: error instanceof Error ? error.message : String(error) }]
}

export interface Administrator {
  id: string
  name: string
  email: string
  role: 'owner' | 'administrator' | 'read_only'
  created_at: string
  last_signed_in_at: string | null
}

export interface AdministratorSession {
  id: string
  administrator_id: string
  address: string
  user_agent: string
  created_at: string
  last_seen_at: string
  expires_at: string
  is_current: boolean
}

/** What a deletion would take along. */
export function reach(kind: string, id: string) {
  return call<{ reach: { what: string; count: number }[]; summary: string }>(
    `GET /admin/api/reach/${kind}/${encodeURIComponent(id)}`,
  )
}

export interface RawReply {
  status: number
  /** the body, JSON in lines */
  text: string
  milliseconds: number
}

/** Calls an operation with an access token instead of the session, and gives whatever the answer was. */
export async function callWithToken(token: string, method: string, path: string, body?: unknown): Promise<RawReply> {
  const bearer = new Client({
    domain: window.location.origin,
    allowHttp: true,
    accessToken: token,
    credentials: 'omit',
    maxRetries: 0,
  })
  const startedAt = performance.now()
  const asText = (status: number, reply: unknown) => ({
    status,
    text: typeof reply === 'string' ? reply : JSON.stringify(reply, null, 2),
    milliseconds: Math.round(performance.now() - startedAt),
  })
  try {
    const reply = await bearer.exchange(method, path, { body })
    return asText(reply.status, reply.body ?? '')
  } catch (error) {
    if (error instanceof ApiError) return asText(error.status, error.body ?? '')
    throw error
  }
}
