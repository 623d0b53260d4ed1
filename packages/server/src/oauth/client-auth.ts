import { OAuthError } from '../errors.ts'
import type { Client, ClientSecret, Clients } from './clients.ts'
import { invalidRequest, type OAuthParameters } from './request.ts'
import { hashSecret, sameHash } from './secrets.ts'

interface Credentials {
  clientId: string | undefined
  secret: string | undefined
  scheme: 'Basic' | undefined
}

/** Kinde's words for `invalid_client`; they are the same for an unknown client and a wrong secret, so that nobody can list clients. */
const refused =
  'Client authentication failed (e.g., unknown client, no client authentication included, or unsupported authentication method).'

/** Application types that keep no secret: their client id alone says who asks. */
const publicTypes = new Set(['spa', 'device'])

/**
 * Authenticates the application that calls an OAuth endpoint, by Basic or by the body. RFC 6749 §2.3.1.
 * @returns the application, and the secret that it used; none when its type keeps none
 * @throws {OAuthError} 401 `invalid_client`; 400 `invalid_request` when header and body contradict each other
 */
export async function authenticateClient(
  parameters: OAuthParameters,
  authorization: string | undefined,
  context: { clients: Clients; now: number },
): Promise<{ client: Client; secret: ClientSecret | undefined }> {
  const { clientId, secret, scheme } = credentials(parameters, authorization)
  const refuse = (hint: string) => new OAuthError(401, 'invalid_client', `${refused} ${hint}`, { scheme })
  if (clientId === undefined) throw refuse("Send 'client_id' and 'client_secret' in the body, or by HTTP Basic.")
  const client = context.clients.peek(clientId) ?? (await context.clients.find(clientId))
  if (client !== undefined && publicTypes.has(client.type)) return { client, secret: undefined }
  const hash = hashSecret(secret ?? '')
  // Every secret is compared, the right one too: the time of an answer does not tell how many there are.
  const matching = (client?.secrets ?? []).filter(({ sha256 }) => sameHash(sha256, hash))
  const valid = matching.find(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > context.now)
  if (client === undefined || valid === undefined) throw refuse('Check client id and client secret.')
  return { client, secret: valid }
}

function credentials(parameters: OAuthParameters, authorization: string | undefined): Credentials {
  const clientId = parameters.get('client_id')
  const secret = parameters.get('client_secret')
  const basic = /^basic +(\S+) *$/i.exec(authorization ?? '')?.[1]
  if (basic === undefined) return { clientId, secret, scheme: undefined }
  const pair = Buffer.from(basic, 'base64').toString()
  const colon = pair.indexOf(':')
  const basicId = decode(colon < 0 ? pair : pair.slice(0, colon))
  const basicSecret = colon < 0 ? undefined : decode(pair.slice(colon + 1))
  if ((clientId ?? basicId) !== basicId || (secret ?? basicSecret) !== basicSecret) {
    throw invalidRequest('The credentials in the body contradict those of the Authorization header: send one of them.')
  }
  return { clientId: basicId, secret: basicSecret, scheme: 'Basic' }
}

/** Undoes the form encoding of RFC 6749 §2.3.1, which some clients leave out. */
function decode(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '))
  } catch {
    // A stray percent sign: the value was sent as it is.
    return value
  }
}
