import assert from 'node:assert/strict'
import { addApplication, type TestClient, type TestReply, type TestServer } from './testing.ts'

/** What tests about members of organizations need, made through the API. Each function gives an id or a code. */
export interface Club {
  api: TestClient
  organization(name: string): Promise<string>
  /** Name and key are the same. */
  permission(key: string): Promise<string>
  role(key: string, options?: { permissions?: string[]; isDefault?: boolean }): Promise<string>
  /** A user who is in this organization only; null: in none. */
  user(organization: string | null, names?: { first?: string; last?: string; email?: string }): Promise<string>
  /** Makes users members; roles and permissions by key. */
  join(organization: string, ...users: { id: string; roles?: string[]; permissions?: string[] }[]): Promise<void>
  /** The roles or permissions of a member, by key. */
  keys(kind: 'roles' | 'permissions', organization: string, user: string): Promise<string[]>
  /** `user.updated` events since the last call. */
  updates(): Promise<UpdatedUser[]>
}

export interface UpdatedUser {
  id: string
  organizations: { code: string; roles: unknown; permissions: unknown }[]
}

export async function openClub(server: TestServer): Promise<Club> {
  const api = server.as()
  const made = async (reply: Promise<TestReply>) => {
    const { status, body } = await reply
    assert.ok(status === 200 || status === 201, JSON.stringify(body))
    return body
  }
  // Whoever is to be in no organization, or in another one, is not in the default one either.
  await server.write((db) => db.updateTable('organizations').set({ is_auto_membership_enabled: false }).execute())
  let seen = (await server.events()).length
  return {
    api,
    organization: async (name) => (await made(api.post('/api/v1/organization', { name }))).organization.code,
    permission: async (key) => (await made(api.post('/api/v1/permissions', { name: key, key }))).permission.id,
    async role(key, { permissions = [], isDefault = false } = {}) {
      const { role } = await made(api.post('/api/v1/roles', { name: key, key, is_default_role: isDefault }))
      const changes = { permissions: permissions.map((id) => ({ id })) }
      await made(api.patch(`/api/v1/roles/${role.id}/permissions`, changes))
      return role.id
    },
    async user(organization, { first, last, email } = {}) {
      const user = {
        profile: { given_name: first, family_name: last },
        identities: email === undefined ? [] : [{ type: 'email', details: { email } }],
        organization_code: organization,
      }
      return (await made(api.post('/api/v1/user', user))).id
    },
    join: (organization, ...users) => made(api.post(`/api/v1/organizations/${organization}/users`, { users })),
    async keys(kind, organization, user) {
      const body = await made(api.get(`/api/v1/organizations/${organization}/users/${user}/${kind}`))
      return body[kind].map(({ key }: { key: string }) => key)
    },
    async updates() {
      const events = (await server.events()).slice(seen)
      seen += events.length
      return events.filter(({ type }) => type === 'user.updated').map(({ data }) => data.user as UpdatedUser)
    },
  }
}

/** Status and code of a reply, and the member or parameter at fault where it names one. */
export function outcome({ status, body }: TestReply): unknown[] {
  const error = Array.isArray(body.errors) ? body.errors[0] : body.errors
  return [status, error?.code ?? body.code, ...(error?.field === undefined ? [] : [error.field])]
}

/** A client whose token belongs to an application of one organization. */
export async function clientOf(
  server: TestServer,
  organization: string,
  scopes: readonly string[],
): Promise<TestClient> {
  const { clientId, clientSecret } = await addApplication(server, { scopes, orgCode: organization })
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
  const { body } = await server.send({
    method: 'POST',
    url: '/oauth2/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ ...form, audience: `${server.baseUrl}/api` }).toString(),
  })
  return server.withToken(body.access_token)
}
