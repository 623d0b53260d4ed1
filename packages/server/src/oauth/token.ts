import type { Environment } from '../environment.ts'
import { OAuthError } from '../errors.ts'
import { canonicalScope } from '../management-api.ts'
import type { RateLimits } from '../rate-limit.ts'
import { m2mTokenTypes } from '../store/token-choices.ts'
import { authenticateClient } from './client-auth.ts'
import type { Client, Grant } from './clients.ts'
import { invalidRequest, invalidRequestText, readParameters } from './request.ts'

/** The reply of the token endpoint. RFC 6749 §5.1. */
export interface TokenReply {
  access_token: string
  /** Seconds. */
  expires_in: number
  /** The scopes that were asked for and granted; empty when none were asked for. */
  scope: string
  /** Lower case: a client of Kinde compares it so. */
  token_type: 'bearer'
}

export interface TokenRequest {
  contentType: string | undefined
  body: string | undefined
  authorization: string | undefined
  /** The address that it came from. */
  remoteAddress?: string
  /** The application that asks, set once it is known; for the request log. */
  clientId?: string
}

/** Scopes of OpenID Connect, which mean nothing to a machine and which some clients always send. */
const openIdScopes = new Set(['openid', 'profile', 'email', 'phone', 'address', 'offline', 'offline_access'])

/** Audiences of one token, and characters of each, at most: a token must fit into a header. */
const mostAudiences = 20
const longestAudience = 500
/** Characters of `scope` at most: all scopes of the Management API take a quarter of it. */
const longestScope = 16_384

/**
 * `POST /oauth2/token` with `grant_type=client_credentials`: RFC 6749 §4.4, in the order in which Kinde checks.
 * @throws {OAuthError} with the codes of RFC 6749 §5.2 and the statuses that Kinde gives
 */
export async function token(
  request: TokenRequest,
  environment: Environment,
  isManagementAudience: (audience: string) => boolean,
): Promise<TokenReply> {
  const parameters = readParameters(request.contentType, request.body)
  requireSupportedGrant(parameters.get('grant_type'))
  const now = environment.now()
  const { client, secret } = await authenticateClient(parameters, request.authorization, {
    clients: environment.clients,
    now,
    noteClient: (id) => {
      request.clientId = id
    },
  })
  requireAllowedGrant(client)
  requireWithinLimit(client, environment.rateLimits)
  const asked = requestedScopes(parameters.get('scope'), client)
  const audience = audiences(parameters.all('audience'))
  const grants = audience.map((one) => requireGrant(one, client, isManagementAudience))
  const { requested, granted } = narrowScopes(asked, grants)
  const chosen = client.hasChosenClaims ? await environment.chosenClaims.of(client) : undefined
  const accessToken = await environment.accessTokens.issue(client, { audience, granted, requested, chosen })
  if (secret !== undefined) environment.tokenUse.note(client.id, secret.id, now, request.remoteAddress)
  return {
    access_token: accessToken,
    // One second less than the token lives: what has gone by while it was made.
    expires_in: client.accessTokenLifetimeSeconds - 1,
    scope: requested.join(' '),
    token_type: 'bearer',
  }
}

function requireSupportedGrant(grantType: string | undefined): void {
  if (grantType === undefined) {
    throw invalidRequest("Request parameter 'grant_type' is missing. Send grant_type=client_credentials.")
  }
  if (grantType === 'client_credentials') return
  throw new OAuthError(
    400,
    'unsupported_grant_type',
    "The authorization grant type is not supported by the authorization server. Use 'client_credentials'.",
  )
}

function requireAllowedGrant(client: Client): void {
  if (client.isSuspended) {
    throw new OAuthError(
      403,
      'access_denied',
      "The resource owner or authorization server denied the request. The application's organization is suspended.",
    )
  }
  if (m2mTokenTypes.has(client.type)) return
  throw new OAuthError(
    400,
    'unauthorized_client',
    "The client is not authorized to request a token using this method. The OAuth 2.0 Client is not allowed to use authorization grant 'client_credentials'. Create an application of the type m2m for it.",
  )
}

/** Counted once the client is known to be itself: nobody else uses its limit up. Apart from its calls of the API. */
function requireWithinLimit(client: Client, rateLimits: RateLimits): void {
  const limit = rateLimits.limitOf(client.rateLimit)
  if (limit === null) return
  const { isRefused, headers, retryAfterSeconds } = rateLimits.take(`token:${client.id}`, limit)
  if (!isRefused) return
  throw new OAuthError(
    429,
    'too_many_requests',
    `Request was throttled. Wait ${retryAfterSeconds} seconds; a token that you have is good until it expires.`,
    { headers },
  )
}

/** The scopes asked for that mean something, once each. An unknown one fails the request: there is no partial grant. */
function requestedScopes(scope: string | undefined, client: Client): string[] {
  if ((scope ?? '').length > longestScope) throw invalidRequest(`Send a scope of ${longestScope} characters at most.`)
  const asked = new Set(
    (scope ?? '')
      .split(' ')
      .filter((word) => word !== '')
      .map((word) => (client.scopes.has(word) ? word : canonicalScope(word))),
  )
  const meant = [...asked].filter((word) => client.scopes.has(word) || !openIdScopes.has(word))
  const refused = meant.find((word) => !client.scopes.has(word))
  if (refused !== undefined) throw invalidScope(refused)
  return meant
}

/** Repeated values are taken as they are; a single one may name several, separated by spaces. */
function audiences(values: string[]): string[] {
  const list = values.length === 1 ? values[0]!.split(' ').filter((word) => word !== '') : values
  if (list.length > mostAudiences) throw invalidRequest(`Ask for ${mostAudiences} audiences at most.`)
  if (list.some((audience) => audience.length > longestAudience)) {
    throw invalidRequest(`Send an 'audience' of ${longestAudience} characters at most.`)
  }
  if (list.length > 0) return [...new Set(list)]
  throw invalidRequest(
    "Request parameter 'audience' is missing. Send the audience of an API for which the application is authorized, such as <base URL>/api.",
  )
}

function requireGrant(asked: string, client: Client, isManagementAudience: (audience: string) => boolean): Grant {
  const exact = client.grants.get(asked)
  if (exact !== undefined) return exact
  if (isManagementAudience(asked)) {
    for (const grant of client.grants.values()) if (grant.isManagementApi) return grant
  }
  // The same answer for an API that does not exist, so that nobody can list them.
  throw new OAuthError(
    403,
    'invalid_request',
    `${invalidRequestText} Requested audience '${echoed(asked)}' has not been whitelisted by the OAuth 2.0 Client. Authorize the application for this API, or correct the audience.`,
  )
}

/** RFC 6749 §3.3: what was asked for; everything that is enabled when nothing was. */
function narrowScopes(
  asked: readonly string[],
  grants: readonly Grant[],
): { requested: readonly string[]; granted: readonly string[] } {
  if (asked.length === 0 && grants.length === 1) return { requested: asked, granted: grants[0]!.scopes }
  const enabled = new Set(grants.flatMap((grant) => grant.scopes))
  // A scope of another API may be named like one of OpenID Connect.
  const requested = asked.filter((word) => enabled.has(word) || !openIdScopes.has(word))
  const refused = requested.find((word) => !enabled.has(word))
  if (refused !== undefined) throw invalidScope(refused)
  return { requested, granted: requested.length === 0 ? [...enabled].sort() : requested }
}

function invalidScope(scope: string): OAuthError {
  return new OAuthError(
    403,
    'invalid_scope',
    `The requested scope is invalid, unknown, or malformed. The OAuth 2.0 Client is not allowed to request scope '${echoed(scope)}'. Enable it for the application first, or leave it out.`,
  )
}

/** A caller's word in a description: RFC 6749 §5.2 leaves out quotes, backslashes and what is not printable ASCII. */
function echoed(word: string): string {
  return word.slice(0, 200).replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?')
}
