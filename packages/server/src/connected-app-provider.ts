import { createHash } from 'node:crypto'
import { post } from './journal/webhook-request.ts'
import { type ProviderTokens, providerPolicy } from './store/connected-apps.ts'

/** How long a provider may take, from the look-up of its name to the end of its answer. */
const answerWithinMs = 10_000
/** The largest answer that is read, in bytes. */
const largestAnswer = 65_536

/** A provider that speaks OAuth 2.0 (RFC 6749), and how we are known there. */
export interface Provider {
  authorizeUrl: string
  tokenUrl: string
  revokeUrl: string | null
  clientId: string
  /** Null for a public client. */
  clientSecret: string | null
  clientAuthentication: 'post' | 'basic'
  /** Separated by spaces. */
  scopes: string
}

/** A provider that gave no usable answer. The message holds nothing secret. */
export class ProviderError extends Error {
  /** Whether it answered, and refused. Otherwise trying again may help. */
  readonly isRefusal: boolean
  /** The error code of its answer (RFC 6749 §5.2), if it has one. */
  readonly code: string | undefined

  constructor(message: string, options: { isRefusal: boolean; code?: string | undefined }) {
    super(message)
    this.name = 'ProviderError'
    this.isRefusal = options.isRefusal
    this.code = options.code
  }
}

/**
 * The address at which somebody authorizes us: RFC 6749 §4.1.1, with PKCE (RFC 7636). What the provider's own address
 * has in its query stays in it: some want `access_type=offline` for a refresh token.
 */
export function authorizationUrl(
  provider: Provider,
  { state, redirectUri, verifier }: { state: string; redirectUri: string; verifier: string },
): string {
  const url = new URL(provider.authorizeUrl)
  url.searchParams.set('response_type', 'code')
  url.searchParams.set('client_id', provider.clientId)
  url.searchParams.set('redirect_uri', redirectUri)
  if (provider.scopes !== '') url.searchParams.set('scope', provider.scopes)
  url.searchParams.set('state', state)
  url.searchParams.set('code_challenge', createHash('sha256').update(verifier).digest('base64url'))
  url.searchParams.set('code_challenge_method', 'S256')
  return url.href
}

/** Exchanges an authorization code for tokens. RFC 6749 §4.1.3. @throws {ProviderError} */
export async function exchangeCode(
  provider: Provider,
  { code, redirectUri, verifier }: { code: string; redirectUri: string; verifier: string },
  now: () => number,
): Promise<ProviderTokens> {
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }
  return readTokens(await send(provider, provider.tokenUrl, form), now())
}

/**
 * Gets a new access token. RFC 6749 §6.
 * @returns the tokens; with the old refresh token, where the provider gives no new one
 * @throws {ProviderError}
 */
export async function refreshTokens(
  provider: Provider,
  refreshToken: string,
  now: () => number,
): Promise<ProviderTokens> {
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken }
  const tokens = readTokens(await send(provider, provider.tokenUrl, form), now())
  return { ...tokens, refreshToken: tokens.refreshToken ?? refreshToken }
}

/**
 * Ends tokens at the provider, where it has an address for that (RFC 7009). The refresh token goes first: with it most
 * providers end everything that was granted.
 * @throws {ProviderError}
 */
export async function revokeTokens(
  provider: Provider,
  { accessToken, refreshToken }: Pick<ProviderTokens, 'accessToken' | 'refreshToken'>,
): Promise<void> {
  if (provider.revokeUrl === null) return
  const tokens = { refresh_token: refreshToken, access_token: accessToken }
  for (const [hint, token] of Object.entries(tokens)) {
    if (token === null) continue
    try {
      await send(provider, provider.revokeUrl, { token, token_type_hint: hint })
    } catch (error) {
      // Gone already, which some providers tell so, although RFC 7009 §2.2 has them say nothing.
      if (error instanceof ProviderError && error.code === 'invalid_token') continue
      throw error
    }
  }
}

/** @returns the members of the answer. Redirects are not followed: the secret is for this address. */
async function send(
  provider: Provider,
  address: string,
  form: Record<string, string>,
): Promise<Record<string, unknown>> {
  const { clientId, clientSecret, clientAuthentication } = provider
  const headers: Record<string, string> = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': 'kindred',
  }
  const body = new URLSearchParams(form)
  if (clientSecret !== null && clientAuthentication === 'basic') {
    const credentials = `${formEncoded(clientId)}:${formEncoded(clientSecret)}`
    headers.authorization = `Basic ${Buffer.from(credentials).toString('base64')}`
  } else {
    body.set('client_id', clientId)
    if (clientSecret !== null) body.set('client_secret', clientSecret)
  }
  const answer = await post(new URL(address), {
    headers,
    body: body.toString(),
    timeoutMs: answerWithinMs,
    policy: providerPolicy,
    bodyBytes: largestAnswer,
  })
  const { host } = new URL(address)
  if (answer.status === null) throw new ProviderError(`${host} gave no answer: ${answer.error}`, { isRefusal: false })
  const members = membersOf(answer.body)
  const code = typeof members.error === 'string' && /^[\w.:-]{1,64}$/.test(members.error) ? members.error : undefined
  // GitHub answers 200 with an error in it.
  if (answer.status >= 200 && answer.status < 300 && members.error === undefined) return members
  const isRefusal = answer.status < 500 && answer.status !== 429
  throw new ProviderError(`${host} answered ${answer.status}${code === undefined ? '' : `, ${code}`}`, {
    isRefusal,
    code,
  })
}

/** RFC 6749 §2.3.1 has both parts of Basic encoded as in forms. */
function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}

function membersOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {}
  } catch {
    return {} // an empty answer, or a page: the status tells
  }
}

/** RFC 6749 §5.1. */
function readTokens(answer: Record<string, unknown>, now: number): ProviderTokens {
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresIn } = answer
  if (typeof accessToken !== 'string' || accessToken === '') {
    throw new ProviderError('its answer holds no access token', { isRefusal: false })
  }
  const seconds = Number(expiresIn ?? Number.NaN)
  return {
    accessToken,
    refreshToken: typeof refreshToken === 'string' && refreshToken !== '' ? refreshToken : null,
    // A token that lasts for years may be written as one that lasts for ever.
    expiresAtMs: seconds > 0 && seconds < 1e10 ? now + Math.floor(seconds) * 1000 : null,
  }
}
