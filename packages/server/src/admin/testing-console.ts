import assert from 'node:assert/strict'
import type { InjectOptions } from 'fastify'
import { addLink } from '../store/administrator-links.ts'
import type { TestReply, TestServer } from '../testing.ts'

export const ownersPassword = 'correct horse battery staple'

/** A browser with the console open: it keeps the cookie that it is given, and sends the console's header. */
export class TestBrowser {
  readonly server: TestServer
  cookie: string | undefined
  /** Sent with every call; a test may change them. */
  headers: Record<string, string> = { 'x-kindred-console': '1', 'user-agent': 'Test browser' }
  remoteAddress = '127.0.0.1'

  constructor(server: TestServer) {
    this.server = server
  }

  get(url: string): Promise<TestReply> {
    return this.send('GET', url)
  }

  post(url: string, body: unknown = {}): Promise<TestReply> {
    return this.send('POST', url, body)
  }

  put(url: string, body: unknown): Promise<TestReply> {
    return this.send('PUT', url, body)
  }

  patch(url: string, body: unknown): Promise<TestReply> {
    return this.send('PATCH', url, body)
  }

  delete(url: string): Promise<TestReply> {
    return this.send('DELETE', url)
  }

  signIn(email: string, password: string): Promise<TestReply> {
    return this.post('/admin/api/session', { email, password })
  }

  async send(method: string, url: string, body?: unknown): Promise<TestReply> {
    const reply = await this.server.send({
      method,
      url,
      remoteAddress: this.remoteAddress,
      headers: {
        ...(this.cookie === undefined ? {} : { cookie: this.cookie }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...this.headers,
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    } as InjectOptions)
    const given = reply.headers['set-cookie'] as string | undefined
    if (given !== undefined) {
      const pair = given.split(';', 1)[0]!
      this.cookie = pair.endsWith('=') ? undefined : pair
    }
    return reply
  }
}

/** A browser in which the first owner has just signed in. */
export async function ownerBrowser(server: TestServer): Promise<TestBrowser> {
  const browser = new TestBrowser(server)
  const token = await setupToken(server)
  const reply = await browser.post('/admin/api/links/redeem', {
    token,
    name: 'Ada Lovelace',
    email: 'Ada@Example.com',
    password: ownersPassword,
  })
  assert.equal(reply.status, 200, JSON.stringify(reply.body))
  return browser
}

/** A new link to the first account, as a start of the server makes it. */
export async function setupToken(server: TestServer): Promise<string> {
  const { ids, now } = server.environment
  const { token } = await server.write((db) => addLink(db, { purpose: 'setup', role: 'owner' }, { ids, now: now() }))
  return token
}

/** Another administrator, invited by `browser`, in a browser of their own. */
export async function invitedBrowser(
  browser: TestBrowser,
  { email, role }: { email: string; role: string },
): Promise<TestBrowser> {
  const { status, body } = await browser.post('/admin/api/invites', { email, role })
  assert.equal(status, 200, JSON.stringify(body))
  const invited = new TestBrowser(browser.server)
  const token = new URL(body.link).searchParams.get('token')
  const reply = await invited.post('/admin/api/links/redeem', { token, name: email, password: ownersPassword })
  assert.equal(reply.status, 200, JSON.stringify(reply.body))
  return invited
}
