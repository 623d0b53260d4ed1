import type { Shape } from './answers.ts'
import type { Load } from './load.ts'
import { clientId, secret } from './processes.ts'

export interface Scenario {
  name: string
  /** CPU of the baseline ÷ CPU of Kindred, on SQLite. */
  floor: number
  aim: number
  load: (url: string, shape: Shape) => Omit<Load, 'connections' | 'seconds'>
}

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const json = { 'content-type': 'application/json' }

/** @param url of the server; the Management API's audience is its `/api` */
function tokenForm(url: string): string {
  const audience = `${url}/api`
  return new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: secret,
    audience,
  }).toString()
}

/** Asks for a token of the Management API. @throws when it is refused */
export async function tokenRequest(url: string): Promise<string> {
  const reply = await fetch(`${url}/oauth2/token`, { method: 'POST', headers: form, body: tokenForm(url) })
  const body = (await reply.json()) as { access_token?: string; error_description?: string }
  if (body.access_token === undefined) throw new Error(`no token: ${body.error_description}`)
  return body.access_token
}

export const scenarios: readonly Scenario[] = [
  {
    name: 'issue token',
    floor: 0.8,
    aim: 0.9,
    load: (url, { audienceUrl }) => ({
      url: `${url}/oauth2/token`,
      method: 'POST',
      headers: form,
      body: tokenForm(audienceUrl),
    }),
  },
  {
    name: 'get user',
    floor: 0.28,
    aim: 0.4,
    load: (url, { token, userId }) => ({
      url: `${url}/api/v1/user?id=${userId}`,
      method: 'GET',
      headers: { authorization: `Bearer ${token}` },
    }),
  },
  {
    name: 'list 10',
    floor: 0.28,
    aim: 0.42,
    load: (url, { token }) => ({
      url: `${url}/api/v1/users`,
      method: 'GET',
      headers: { authorization: `Bearer ${token}` },
    }),
  },
  {
    name: 'list 50',
    floor: 0.38,
    aim: 0.65,
    load: (url, { token }) => ({
      url: `${url}/api/v1/users?page_size=50`,
      method: 'GET',
      headers: { authorization: `Bearer ${token}` },
    }),
  },
  {
    name: 'create user',
    floor: 0.15,
    aim: 0.22,
    load: (url, { token }) => ({
      url: `${url}/api/v1/user`,
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, ...json },
      newUsers: `new${Date.now().toString(36)}`,
    }),
  },
]
