import { parseRateLimit, type RateLimit } from '../rate-limit.ts'
import type { Store } from '../store/store.ts'
import type { Db } from '../store/tables.ts'
import { Remembered } from './remembered.ts'

/** What a token request and a bearer check need to know of an application. */
export interface Client {
  id: string
  type: string
  /** The organization to which an M2M application belongs; null for a general one. */
  orgCode: string | null
  /** Its organization is suspended: it gets no tokens, and those that it has open nothing. */
  isSuspended: boolean
  /** Tokens issued up to this moment were ended by a suspension; null for none. */
  tokensEndedAtMs: number | null
  accessTokenLifetimeSeconds: number
  /** Its own; null: it has no limit; undefined: the default holds. */
  rateLimit: RateLimit | null | undefined
  /** Feature flags or properties were chosen for its tokens; {@link ChosenClaimsOfClients} knows which. */
  hasChosenClaims: boolean
  /** Its tokens list the granted scopes in `permissions` too. */
  hasPermissionsClaim: boolean
  secrets: ClientSecret[]
  /** The APIs for which it is authorised, by audience. */
  grants: Map<string, Grant>
  /** Every scope that is enabled for it, whatever the API. */
  scopes: ReadonlySet<string>
}

export interface ClientSecret {
  id: string
  sha256: Buffer
  expiresAtMs: number | null
}

export interface Grant {
  audience: string
  isManagementApi: boolean
  /** Enabled scopes, in alphabetical order. */
  scopes: string[]
}

/** How long another process's change may go unseen if its notice is lost. */
const rememberedMs = 60_000
const mostRemembered = 10_000
/** Ids that belong to nobody are sent by whoever likes to: they have room of their own, and push out no application. */
const mostUnknown = 1000

/** What is remembered of an application is made from these tables. Organizations take their applications with them. */
const sources: ReadonlySet<string> = new Set([
  'apis',
  'api_scopes',
  'api_applications',
  'api_application_scopes',
  'applications',
  'application_secrets',
  'application_token_flags',
  'application_token_properties',
  'organizations',
])

/** Whether a commit that changed these tables may have changed what an application is, or may do. */
export function changesClients(tables: ReadonlySet<string> | null): boolean {
  return tables === null || !tables.isDisjointFrom(sources)
}

/**
 * Whether a suspension of the application's organization, over or not, has ended a token. Tokens know the second of their
 * issue alone: those of the second in which the suspension came are ended too.
 * @param issuedAt seconds since the epoch
 */
export function isEnded({ tokensEndedAtMs }: Client, issuedAt: number): boolean {
  return tokensEndedAtMs !== null && issuedAt * 1000 <= tokensEndedAtMs
}

/**
 * Applications with their access, looked up live: what is remembered of one is dropped as soon as a commit changes an
 * application, an API, a scope or an authorisation, here or on another node.
 */
export class Clients {
  readonly #store: Store
  readonly #now: () => number
  readonly #known = new Remembered<Client>({ most: mostRemembered, forMs: rememberedMs })
  readonly #unknown = new Remembered<true>({ most: mostUnknown, forMs: rememberedMs })
  /** Grows with every change, so that a look-up that was under way meanwhile is not remembered. */
  #generation = 0

  constructor(store: Store, now: () => number) {
    this.#store = store
    this.#now = now
    store.onChange((tables) => {
      if (!changesClients(tables)) return
      this.#generation += 1
      this.#known.clear()
      this.#unknown.clear()
    })
  }

  /** The application as it is remembered, at once; undefined when it must be looked up with {@link find}. */
  peek(id: string): Client | undefined {
    return this.#known.get(id, this.#now())
  }

  /** The application as it is; undefined when there is none. */
  async find(id: string): Promise<Client | undefined> {
    const now = this.#now()
    const known = this.#known.get(id, now)
    if (known !== undefined) return known
    // Of another form than any id has: nothing to look up, and no text of any length to remember.
    if (!/^[\w-]{1,64}$/.test(id) || this.#unknown.get(id, now)) return undefined
    const generation = this.#generation
    const client = await readClient(this.#store.read, id)
    if (generation === this.#generation) {
      if (client === undefined) this.#unknown.set(id, true, now)
      else this.#known.set(id, client, now)
    }
    return client
  }
}

async function readClient(db: Db, id: string): Promise<Client | undefined> {
  const application = await db
    .selectFrom('applications')
    .leftJoin('organizations', 'organizations.code', 'applications.org_code')
    .select(['applications.id', 'type', 'org_code', 'access_token_lifetime_seconds', 'rate_limit'])
    .select(['has_permissions_claim', 'organizations.is_suspended', 'organizations.tokens_ended_at_ms'])
    .select((has) =>
      has
        .or(
          (['application_token_flags', 'application_token_properties'] as const).map((choices) =>
            has.exists(has.selectFrom(choices).select('application_id').where('application_id', '=', id)),
          ),
        )
        .as('has_chosen_claims'),
    )
    .where('applications.id', '=', id)
    .executeTakeFirst()
  if (application === undefined) return undefined
  const secrets = await db
    .selectFrom('application_secrets')
    .select(['id', 'sha256', 'expires_at_ms'])
    .where('application_id', '=', id)
    .execute()
  const scopes = await db
    .selectFrom('api_applications as pair')
    .innerJoin('apis', 'apis.id', 'pair.api_id')
    .leftJoin('api_application_scopes as enabled', (join) =>
      join.onRef('enabled.application_id', '=', 'pair.application_id').onRef('enabled.api_id', '=', 'pair.api_id'),
    )
    .leftJoin('api_scopes', 'api_scopes.id', 'enabled.scope_id')
    .select(['apis.audience', 'apis.is_management_api', 'api_scopes.key'])
    .where('pair.application_id', '=', id)
    .orderBy('api_scopes.key')
    .execute()
  const grants = new Map<string, Grant>()
  for (const { audience, is_management_api: isManagementApi, key } of scopes) {
    const grant = grants.get(audience) ?? { audience, isManagementApi, scopes: [] }
    grants.set(audience, grant)
    if (key !== null) grant.scopes.push(key)
  }
  return {
    id: application.id,
    type: application.type,
    orgCode: application.org_code,
    isSuspended: application.is_suspended ?? false,
    tokensEndedAtMs: application.tokens_ended_at_ms,
    accessTokenLifetimeSeconds: application.access_token_lifetime_seconds,
    rateLimit: application.rate_limit === null ? undefined : parseRateLimit(application.rate_limit),
    // SQLite answers 0 or 1.
    hasChosenClaims: Boolean(application.has_chosen_claims),
    hasPermissionsClaim: application.has_permissions_claim,
    secrets: secrets.map((secret) => ({
      id: secret.id,
      sha256: Buffer.from(secret.sha256, 'hex'),
      expiresAtMs: secret.expires_at_ms,
    })),
    grants,
    scopes: new Set([...grants.values()].flatMap((grant) => grant.scopes)),
  }
}
