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
 * @param context `noteClient` is told which application it is, also when it is refused; `needsSecret`: who keeps no secret, and whose id everyone knows, is refused too
 * @returns the application, and the secret that it used; none when its type keeps none
 * @throws {OAuthError} 401 `invalid_client`; 400 `invalid_request` when header and body contradict each other
 */
export async function authenticateClient(
  parameters: OAuthParameters,
  authorization: string | undefined,
  context: { clients: Clients; now: number; needsSecret?: boolean; noteClient?: (id: string) => void },
): Promise<{ client: Client; secret: ClientSecret | undefined }> {
  const { clientId, secret, scheme } = credentials(parameters, authorization)
  const refuse = (hint: string) => new OAuthError(401, 'invalid_client', `${refused} ${hint}`, { scheme })
  if (clientId === undefined) throw refuse("Send 'client_id' and 'client_secret' in the body, or by HTTP Basic.")
  const client = context.clients.peek(clientId) ?? (await context.clients.find(clientId))
  if (client !== undefined) context.noteClient?.(client.id)
  if (client !== undefined && publicTypes.has(client.type)) {
    if (!context.needsSecret) return { client, secret: undefined }
    throw refuse('An application without a secret may not do this: use one of the type m2m or reg.')
  }
  // Hashed for an unknown client too. Beyond that their refusals need not take the same time: an id is no secret, and
  // nobody can try the 2^128 that there may be.
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
  if (!/^basic( |$)/i.test(authorization ?? '')) return { clientId, secret, scheme: undefined }
  const encoded = /^basic +([\w+/-]+=*) *$/i.exec(authorization!)?.[1]
  const [, basicId, basicSecret] = /^([^:]+):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString()) ?? []
  if (basicId === undefined || basicSecret === undefined) {
    const hint = 'After Basic, the Authorization header holds client id, colon and client secret in base64.'
    throw new OAuthError(401, 'invalid_client', `${refused} ${hint}`, { scheme: 'Basic' })
  }
  const basic = { clientId: decode(basicId), secret: decode(basicSecret), scheme: 'Basic' as const }
  if ((clientId ?? basic.clientId) !== basic.clientId || (secret ?? basic.secret) !== basic.secret) {
    throw invalidRequest('The credentials in the body contradict those of the Authorization header: send one of them.')
  }
  return basic
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
