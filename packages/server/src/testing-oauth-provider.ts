import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request to the token or revocation endpoint. */
export interface ProviderRequest {
  path: string
  headers: IncomingHttpHeaders
  form: Record<string, string>
}

/**
 * A real OAuth 2.0 provider on loopback: authorization code with PKCE (RFC 6749 §4.1, RFC 7636), refresh tokens that are
 * good for one use, revocation (RFC 7009). An old refresh token that comes again ends everything that was granted with
 * it, as RFC 9700 §4.14 asks.
 */
export interface OAuthProvider {
  url: string
  clientId: string
  clientSecret: string
  requests: ProviderRequest[]
  /** Tokens that are good at the moment. */
  good: Set<string>
  /** What `expires_in` of its tokens says; left out when undefined. */
  expiresIn: number | undefined
  /** Called before a token or revocation request is answered; answers itself when it returns true. */
  before: (request: ProviderRequest, response: ServerResponse) => Promise<boolean> | boolean
  /** Authorizes as a person with a browser does. @returns where the browser is sent next */
  authorize(url: string): Promise<string>
}

interface Grant {
  /** Every token that came of it. */
  tokens: Set<string>
  refreshToken: string
}

/** Starts a provider, which ends with the test. */
export async function startOAuthProvider(scope: { after(action: () => unknown): void }): Promise<OAuthProvider> {
  const codes = new Map<string, { challenge: string; redirectUri: string }>()
  const grants: Grant[] = []
  let count = 0

  const server = createServer((request, response) => {
    handle(request, response).catch((error) => response.writeHead(500).end(String(error)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  scope.after(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })

  const provider: OAuthProvider = {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    clientId: 'zoo client',
    clientSecret: 'kept in the dark: %&+',
    requests: [],
    good: new Set(),
    expiresIn: 3600,
    before: () => false,
    async authorize(url) {
      const { status, headers } = await fetch(url, { redirect: 'manual' })
      if (status !== 302) throw new Error(`the provider answered ${status}`)
      return headers.get('location')!
    },
  }
  return provider

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, provider.url)
    if (request.method === 'GET' && url.pathname === '/authorize') {
      authorize(url.searchParams, response)
      return
    }
    const form = Object.fromEntries(new URLSearchParams((await request.setEncoding('utf8').toArray()).join('')))
    const received = { path: url.pathname, headers: request.headers, form }
    provider.requests.push(received)
    if (await provider.before(received, response)) return
    const answer = answerTo(received)
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
  }

  function authorize(query: URLSearchParams, response: ServerResponse): void {
    const redirectUri = query.get('redirect_uri')!
    const back = new URL(redirectUri)
    back.searchParams.set('state', query.get('state')!)
    const isRight =
      query.get('response_type') === 'code' &&
      query.get('client_id') === provider.clientId &&
      query.get('code_challenge_method') === 'S256'
    if (isRight) {
      const code = `code-${++count}`
      codes.set(code, { challenge: query.get('code_challenge')!, redirectUri })
      back.searchParams.set('code', code)
    } else back.searchParams.set('error', 'invalid_request')
    response.writeHead(302, { location: back.href }).end()
  }

  function answerTo({ path, headers, form }: ProviderRequest): { status: number; body: object } {
    if (!isClient(headers.authorization, form)) return { status: 401, body: { error: 'invalid_client' } }
    if (path === '/revoke') {
      const grant = grants.find(({ tokens }) => tokens.has(form.token!))
      if (grant !== undefined) end(grant)
      return { status: 200, body: {} }
    }
    const grant = form.grant_type === 'refresh_token' ? refreshed(form.refresh_token!) : begun(form)
    if (grant === undefined) return { status: 400, body: { error: 'invalid_grant' } }
    const accessToken = `access-${++count}`
    grant.refreshToken = `refresh-${count}`
    for (const token of [accessToken, grant.refreshToken]) {
      grant.tokens.add(token)
      provider.good.add(token)
    }
    const { expiresIn } = provider
    const tokens = { access_token: accessToken, token_type: 'bearer', refresh_token: grant.refreshToken }
    return { status: 200, body: expiresIn === undefined ? tokens : { ...tokens, expires_in: expiresIn } }
  }

  function begun(form: Record<string, string>): Grant | undefined {
    const asked = codes.get(form.code!)
    codes.delete(form.code!)
    const challenge = createHash('sha256')
      .update(form.code_verifier ?? '')
      .digest('base64url')
    if (asked?.challenge !== challenge || asked.redirectUri !== form.redirect_uri) return undefined
    const grant = { tokens: new Set<string>(), refreshToken: '' }
    grants.push(grant)
    return grant
  }

  function refreshed(token: string): Grant | undefined {
    const grant = grants.find(({ tokens }) => tokens.has(token))
    if (grant === undefined) return undefined
    if (grant.refreshToken !== token || !provider.good.has(token)) {
      end(grant)
      return undefined
    }
    provider.good.delete(token)
    return grant
  }

  function end({ tokens }: Grant): void {
    for (const token of tokens) provider.good.delete(token)
  }

  function isClient(authorization: string | undefined, form: Record<string, string>): boolean {
    if (authorization === undefined) {
      return form.client_id === provider.clientId && form.client_secret === provider.clientSecret
    }
    const [id, secret] = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString().split(':')
    const decoded = (text: string | undefined) => new URLSearchParams(`x=${text}`).get('x')
    return decoded(id) === provider.clientId && decoded(secret) === provider.clientSecret
  }
}
