import type { Load } from './load.ts'
import { client, type Server } from './processes.ts'

/** A server with what a client of it needs to know. */
export interface Target extends Server {
  /** A token of the Management API. */
  token: string
  /** The audience of the Management API. */
  audience: string
  /** Ids of users, from all over the table. */
  userIds: readonly string[]
}

/** Figures to reach: what must be, and what we want. */
export interface Goal {
  floor: number
  aim: number
}

export interface Scenario {
  name: string
  goal: Goal
  load: (target: Target) => Omit<Load, 'url' | 'connections' | 'seconds'>
}

/** Goals that are not those of one scenario. */
export const goals = {
  storm: { floor: 30, aim: 10 },
  growth: { floor: 1.4, aim: 1.2 },
  lastPage: { floor: 1.25, aim: 1.1 },
  search: { floor: 20, aim: 5 },
  postgresCreations: { floor: 1500, aim: 3000 },
  firstToken: { floor: 600, aim: 250 },
  resident: { floor: 120, aim: 80 },
} satisfies Record<string, Goal>

const form = { 'content-type': 'application/x-www-form-urlencoded' }

export function tokenForm(audience: string): string {
  const fields = { grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret, audience }
  return new URLSearchParams(fields).toString()
}

/** Asks for a token of the Management API. @throws {Error} when it is refused */
export async function fetchToken(url: string): Promise<string> {
  const body = tokenForm(`${url}/api`)
  const reply = await fetch(`${url}/oauth2/token`, { method: 'POST', headers: form, body })
  const { access_token: token, error_description: reason } = (await reply.json()) as Record<string, string>
  if (token === undefined) throw new Error(`no token from ${url}: ${reason}`)
  return token
}

export const issueToken: Scenario = {
  name: 'issue token',
  goal: { floor: 0.8, aim: 0.9 },
  load: ({ audience }) => ({ method: 'POST', paths: ['/oauth2/token'], headers: form, body: tokenForm(audience) }),
}

export const getUser: Scenario = {
  name: 'get user',
  goal: { floor: 0.28, aim: 0.4 },
  load: (target) => get(target, ...target.userIds.map((id) => `/api/v1/user?id=${id}`)),
}

export const listTen: Scenario = {
  name: 'list 10',
  goal: { floor: 0.28, aim: 0.42 },
  load: (target) => get(target, '/api/v1/users'),
}

const listFifty: Scenario = {
  name: 'list 50',
  goal: { floor: 0.38, aim: 0.65 },
  load: (target) => get(target, '/api/v1/users?page_size=50'),
}

export const createUser: Scenario = {
  name: 'create user',
  goal: { floor: 0.15, aim: 0.22 },
  load: ({ token }) => ({
    method: 'POST',
    paths: ['/api/v1/user'],
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    newUsers: `new.${process.hrtime.bigint().toString(36)}`,
  }),
}

/** In the order in which they run. */
export const scenarios: readonly Scenario[] = [issueToken, getUser, listTen, listFifty, createUser]

/** Requests with a token, for each path in turn. */
export function get({ token }: Target, ...paths: string[]): ReturnType<Scenario['load']> {
  return { method: 'GET', paths, headers: { authorization: `Bearer ${token}` } }
}
