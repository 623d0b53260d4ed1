/** What one request was, and what became of it. */
export interface LoggedRequest {
  /** Counts from 1 for each environment. */
  number: number
  /** When it came, by the environment's clock. RFC 3339. */
  at: string
  method: string
  /** The address without its query. */
  path: string
  query: Record<string, string>
  /** The id of the operation, or `oauth2/token` and the like; null for any other address. */
  operation: string | null
  /** The status that was answered; null when the connection was cut before an answer. */
  status: number | null
  /** The client id that the request was made with; null for none, or one that was refused. */
  application: string | null
  requestId: string
  /** JSON, or the members of a form; a text for anything else. Secrets are replaced by `***`. */
  body: unknown
  /** The fault that hit it. */
  fault: string | null
}

/** Which requests are meant: those of whom everything given is true. */
export interface RequestFilter {
  operation?: string
  method?: string
  path?: string
  status?: number
  application?: string
  requestId?: string
}

/** How many are kept; the oldest go first. */
const mostKept = 10_000
/** Characters of a body that are kept. */
const longestBody = 65_536

/** The requests of one environment, oldest first, but for those of the control API. */
export class RequestLog {
  #requests: LoggedRequest[] = []
  #count = 0

  /** A request that has come; what is not known yet is filled in later. */
  add(request: Omit<LoggedRequest, 'number'>): LoggedRequest {
    this.#count += 1
    const logged = { number: this.#count, ...request }
    this.#requests.push(logged)
    if (this.#requests.length > mostKept) this.#requests.shift()
    return logged
  }

  list(filter: RequestFilter = {}): LoggedRequest[] {
    const wanted = Object.entries(filter).filter(([, value]) => value !== undefined)
    return this.#requests.filter((request) =>
      wanted.every(([name, value]) => request[name as keyof RequestFilter] === value),
    )
  }

  clear(): void {
    this.#requests = []
    this.#count = 0
  }
}

const secretNames = /secret|passw|token|assertion|private_key|signer_key|api_key$|^key_value$|^salt$/i
/** Words that contain one of the above and are no secrets. */
const plainNames =
  /^(next_token|token_type|token_type_hint|is_secret|access_token_lifetime|refresh_token_lifetime|id_token_lifetime|is_password_reset_requested|is_temporary_password)$/
const mask = '***'

/**
 * A body as it may be shown: members whose name tells of a secret are masked, at any depth.
 * @param text as it was sent
 * @param contentType as it was sent
 */
export function shownBody(text: string | undefined, contentType: string | undefined): unknown {
  if (text === undefined || text === '') return null
  if (contentType?.startsWith('application/x-www-form-urlencoded')) {
    return masked(Object.fromEntries(new URLSearchParams(text)))
  }
  try {
    return masked(JSON.parse(text))
  } catch {
    // No JSON: it may hold anything, so only its length is told.
    return `${Math.min(text.length, longestBody)} characters that are no JSON`
  }
}

/** The same for the parameters of an address. */
export function masked(value: unknown, name = ''): unknown {
  if (name !== '' && secretNames.test(name) && !plainNames.test(name) && value !== null) return mask
  if (Array.isArray(value)) return value.map((item) => masked(item))
  if (value === null || typeof value !== 'object') return value
  const members = value as Record<string, unknown>
  // The value of a secret environment variable says nothing by its name.
  const isSecret = members.is_secret === true
  return Object.fromEntries(
    Object.entries(members).map(([key, member]) => [key, isSecret && key === 'value' ? mask : masked(member, key)]),
  )
}
