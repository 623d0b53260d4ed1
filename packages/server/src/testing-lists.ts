import assert from 'node:assert/strict'
import { createCustomer, putPlan } from './store/billing.ts'
import { startOfTest, type TestClient, type TestReply, type TestServer } from './testing.ts'

/** A list of the Management API with a way to put rows into it. */
export interface ListScene {
  /** The address, with what it requires. */
  url: string
  /** The name of the list in the reply. */
  member: string
  /** The member of a row that names it; `id` when left out. */
  id?: string
  /** Makes one more row. Whatever it may be sorted by follows the word: name, key, address. @returns what names the row */
  add(word: string): Promise<string>
  /** Left out where nothing takes a row away. */
  remove?(id: string): Promise<unknown>
  /** A filter with the rows that it lets through, once rows are there. */
  filters?: Record<string, (rows: readonly string[]) => Promise<{ value: string; shown: readonly string[] }>>
}

type Made = TestReply['body']

/** How to fill each list, by the id of its operation. */
export const listScenes: Record<string, (server: TestServer) => Promise<ListScene>> = {
  async getApiKeys(server) {
    const { api, make } = calls(server)
    const apiId = (await make('/api/v1/apis', { name: 'Zoo', audience: 'zoo' })).api.id
    const code = await organization(server)
    const users = new Map<string, string>()
    const add = async (name: string) => {
      const user_id = await user(server, name)
      const { id } = (await make('/api/v1/api_keys', { name, type: 'user', user_id, api_id: apiId })).api_key
      users.set(id, user_id)
      return id
    }
    return {
      url: '/api/v1/api_keys',
      member: 'api_keys',
      add,
      remove: (id) => api.delete(`/api/v1/api_keys/${id}`),
      filters: {
        user_id: async ([id]) => ({ value: users.get(id!)!, shown: [id!] }),
        async org_code() {
          const key = { name: 'Gate', type: 'organization', org_code: code, api_id: apiId }
          return { value: code, shown: [(await make('/api/v1/api_keys', key)).api_key.id] }
        },
      },
    }
  },

  async getApplications(server) {
    const { api, make } = calls(server)
    return {
      url: '/api/v1/applications',
      member: 'applications',
      add: async (name) => (await make('/api/v1/applications', { name, type: 'reg' })).application.id,
      remove: (id) => api.delete(`/api/v1/applications/${id}`),
    }
  },

  async GetApplicationAccessRoles(server) {
    const { api, make } = calls(server)
    const { id } = (await make('/api/v1/applications', { name: 'Zoo', type: 'reg' })).application
    const url = `/api/v1/applications/${id}/access_roles`
    const add = async (word: string) => {
      const roleId = await role(server, word)
      await make(`${url}/${roleId}`)
      return roleId
    }
    return { url, member: 'roles', add, remove: (roleId) => api.delete(`${url}/${roleId}`) }
  },

  async getOrganizations(server) {
    return {
      url: '/api/v1/organizations',
      member: 'organizations',
      id: 'code',
      add: (word) => organization(server, word),
      remove: (code) => server.as().delete(`/api/v1/organization/${code}`),
    }
  },

  async getOrganizationInvites(server) {
    const { api, make } = calls(server)
    await role(server, 'guest')
    const url = `/api/v1/organization/${await organization(server)}/invites`
    return {
      url,
      member: 'invites',
      id: 'code',
      async add(word) {
        // The list may be sorted by the time of making.
        server.clock.advance(1000)
        const guest = { email: address(word), first_name: word, roles: ['guest'] }
        return (await make(url, guest)).invite.code
      },
      remove: (code) => api.delete(`${url}/${code}`),
    }
  },

  async GetOrganizationRoleUsers(server) {
    const code = await organization(server)
    const roleId = await role(server, 'keeper')
    return {
      url: `/api/v1/organizations/${code}/roles/${roleId}/users`,
      member: 'users',
      add: (word) => keeper(server, code, roleId, word),
      remove: (id) => server.as().delete(`/api/v1/organizations/${code}/users/${id}`),
    }
  },

  async GetOrganizationUsers(server) {
    const code = await organization(server)
    const url = `/api/v1/organizations/${code}/users`
    const remove = (id: string) => server.as().delete(`${url}/${id}`)
    return { url, member: 'organization_users', add: (word) => user(server, word, code), remove }
  },

  async getUsers(server) {
    return {
      url: '/api/v1/users',
      member: 'users',
      add: (word) => user(server, word),
      remove: (id) => server.as().delete(`/api/v1/user?id=${id}`),
      filters: { user_id: async ([id]) => ({ value: id!, shown: [id!] }) },
    }
  },

  async GetUserIdentities(server) {
    const { api, make } = calls(server)
    const url = `/api/v1/users/${await user(server, 'owner')}/identities`
    return {
      url,
      member: 'identities',
      add: async (word) => (await make(url, { type: 'email', value: address(word) })).identity.id,
      remove: (id) => api.delete(`/api/v1/identities/${id}`),
    }
  },

  async getBillingAgreements(server) {
    const { api, make } = calls(server)
    const { customerId, url } = await customer(server, 'agreements')
    return {
      url,
      member: 'agreements',
      async add(word) {
        await plan(server, word, [word])
        await make('/api/v1/billing/agreements', { customer_id: customerId, plan_code: word })
        return (await api.get(`${url}&page_size=100`)).body.agreements.at(-1).id
      },
    }
  },

  async getBillingEntitlements(server) {
    const { api, make } = calls(server)
    const { customerId, url } = await customer(server, 'entitlements')
    const features: string[] = []
    return {
      url,
      member: 'entitlements',
      id: 'feature_code',
      // A later agreement takes the place of the one before: what it entitles to is new.
      async add(word) {
        features.push(word)
        await plan(server, `plan-${word}`, features)
        await make('/api/v1/billing/agreements', { customer_id: customerId, plan_code: `plan-${word}` })
        assert.equal((await api.get(`${url}&page_size=100`)).body.entitlements.length, features.length)
        return word
      },
    }
  },

  async GetConnections(server) {
    const { api, make } = calls(server)
    return {
      url: '/api/v1/connections',
      member: 'connections',
      add: async (name) => (await make('/api/v1/connections', { name, strategy: 'oauth2:google' })).connection.id,
      remove: (id) => api.delete(`/api/v1/connections/${id}`),
    }
  },

  async getDirectories(server) {
    const { api, make } = calls(server)
    return {
      url: '/api/v1/directories',
      member: 'directories',
      async add(word) {
        const org_code = await organization(server, word)
        const work = { name: word, strategy: 'saml:okta', organization_code: org_code }
        const enterprise_connection_id = (await make('/api/v1/connections', work)).connection.id
        const body = { org_code, directory_name: word, provider_code: 'okta', enterprise_connection_id }
        return (await make('/api/v1/directories', body)).directory.id
      },
      remove: (id) => api.delete(`/api/v1/directories/${id}`),
    }
  },

  async GetPermissions(server) {
    return {
      url: '/api/v1/permissions',
      member: 'permissions',
      add: (word) => permission(server, word),
      remove: (id) => server.as().delete(`/api/v1/permissions/${id}`),
    }
  },

  async GetProperties(server) {
    const { api, make } = calls(server)
    const category = (await make('/api/v1/property_categories', { name: 'Nests', context: 'org' })).category.id
    const shared = { type: 'single_line_text', context: 'org', is_private: false, category_id: category }
    return {
      url: '/api/v1/properties',
      member: 'properties',
      add: async (word) =>
        (await make('/api/v1/properties', { ...shared, name: word, key: word.toLowerCase() })).property.id,
      remove: (id) => api.delete(`/api/v1/properties/${id}`),
    }
  },

  async GetCategories(server) {
    const { make } = calls(server)
    return {
      url: '/api/v1/property_categories',
      member: 'categories',
      add: async (name) => (await make('/api/v1/property_categories', { name, context: 'org' })).category.id,
    }
  },

  async GetRoleUsers(server) {
    const code = await organization(server)
    const roleId = await role(server, 'keeper')
    return {
      url: `/api/v1/roles/${roleId}/users`,
      member: 'users',
      add: (word) => keeper(server, code, roleId, word),
      remove: (id) => server.as().delete(`/api/v1/organizations/${code}/users/${id}/roles/${roleId}`),
    }
  },

  async GetRoles(server) {
    return {
      url: '/api/v1/roles',
      member: 'roles',
      add: (word) => role(server, word),
      remove: (id) => server.as().delete(`/api/v1/roles/${id}`),
    }
  },

  async GetRolePermissions(server) {
    const { api } = calls(server)
    const url = `/api/v1/roles/${await role(server, 'keeper')}/permissions`
    const add = async (word: string) => {
      const id = await permission(server, word)
      succeeded(await api.patch(url, { permissions: [{ id }] }))
      return id
    }
    return { url, member: 'permissions', add, remove: (id) => api.delete(`${url}/${id}`) }
  },

  async searchUsers(server) {
    return {
      url: '/api/v1/search/users?query=zoo.example',
      member: 'results',
      add: (word) => user(server, word),
      remove: (id) => server.as().delete(`/api/v1/user?id=${id}`),
    }
  },

  async GetSubscribers(server) {
    const { make } = calls(server)
    return {
      url: '/api/v1/subscribers',
      member: 'subscribers',
      async add(word) {
        const query = new URLSearchParams({ first_name: word, last_name: '', email: address(word) })
        return (await make(`/api/v1/subscribers?${query}`)).subscriber.subscriber_id
      },
    }
  },
}

function calls(server: TestServer): { api: TestClient; make: (url: string, body?: unknown) => Promise<Made> } {
  const api = server.as()
  return { api, make: async (url, body) => succeeded(await api.post(url, body)) }
}

function succeeded({ status, body }: TestReply): Made {
  assert.ok(status === 200 || status === 201, JSON.stringify(body))
  return body
}

const address = (word: string) => `${word.toLowerCase()}@zoo.example`

async function organization(server: TestServer, name = 'Zoo'): Promise<string> {
  return (await calls(server).make('/api/v1/organization', { name })).organization.code
}

async function user(server: TestServer, word: string, code?: string): Promise<string> {
  const identities = [{ type: 'email', details: { email: address(word) } }]
  const body = { profile: { given_name: word }, identities, ...(code === undefined ? {} : { organization_code: code }) }
  return (await calls(server).make('/api/v1/user', body)).id
}

async function role(server: TestServer, word: string): Promise<string> {
  return (await calls(server).make('/api/v1/roles', { name: word, key: word.toLowerCase() })).role.id
}

async function permission(server: TestServer, word: string): Promise<string> {
  return (await calls(server).make('/api/v1/permissions', { name: word, key: word.toLowerCase() })).permission.id
}

/** A member of an organization who has a role. */
async function keeper(server: TestServer, code: string, roleId: string, word: string): Promise<string> {
  // Members are listed in the order of their ids, which follows the time of making from one millisecond to the next.
  server.clock.advance(1)
  const id = await user(server, word, code)
  await calls(server).make(`/api/v1/organizations/${code}/users/${id}/roles`, { role_id: roleId })
  return id
}

function plan(server: TestServer, code: string, features: readonly string[]): Promise<void> {
  const all = features.map((feature) => ({ code: feature, name: feature }))
  return server.write((db) => putPlan(db, { code, name: code, features: all }, startOfTest))
}

async function customer(server: TestServer, list: string): Promise<{ customerId: string; url: string }> {
  const owner = { userId: await user(server, 'payer'), organizationCode: null, email: 'payer@zoo.example' }
  const customerId = await server.write((db) =>
    createCustomer(db, owner, { ids: server.environment.ids, now: startOfTest }),
  )
  return { customerId, url: `/api/v1/billing/${list}?customer_id=${customerId}` }
}
