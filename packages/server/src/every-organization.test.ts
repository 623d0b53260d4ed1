/**
 * What an application of one organization may do, proven from the list of operations: nothing to another organization
 * or to the environment, everything to its own.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operations } from './api/index.ts'
import { managementScopes } from './management-api.ts'
import type { Operation } from './operation.ts'
import { addApplication, start, type TestServer } from './testing.ts'
import { contentOf } from './testing-content.ts'
import { fits, refused } from './testing-replies.ts'
import { call, type ExampleRequest, exampleRequest } from './testing-requests.ts'

/** A new organization with an application of its own. @returns its code, and a token with every scope */
async function newOrganization(server: TestServer): Promise<{ code: string; token: string }> {
  const { body } = await server.as().post('/api/v1/organization', { name: 'Owls' })
  const { code } = body.organization
  const scopes = managementScopes.map(({ key }) => key)
  const { clientId, clientSecret } = await addApplication(server, { scopes, orgCode: code })
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
  const reply = await server.send({
    method: 'POST',
    url: '/oauth2/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ ...form, audience: `${server.baseUrl}/api` }).toString(),
  })
  return { code, token: reply.body.access_token }
}

/** A request about an organization, wherever the operation has a place for its code; who is named is its member. */
async function requestAbout(
  code: string,
  operation: Operation,
  server: TestServer,
): Promise<{ request: ExampleRequest; made: Record<string, unknown> }> {
  const made: Record<string, unknown> = { org_code: code, organization_code: code, 'getOrganization.code': code }
  const request = await exampleRequest(server, operation, 'needed', { server, api: server.as(), made })
  const { organizationIn: place } = operation
  if (place !== undefined && 'query' in place) request.query[place.query] = code
  if (place !== undefined && 'body' in place) request.body = { ...(request.body as object), [place.body]: code }
  // An example key is a user's.
  if (operation.id === 'createApiKey')
    request.body = { ...(request.body as object), type: 'organization', user_id: null }
  return { request, made }
}

const namesOrganization = ({ path, organizationIn }: Operation) =>
  organizationIn !== undefined || /\{(org_code|organization_code)\}/.test(path)

test('an application of one organization changes nothing of another one or of the environment, and sees nothing of another', async (t) => {
  const server = await start(t)
  const { token } = await newOrganization(server)
  const { code: other } = await newOrganization(server)
  const secret = { profile: { given_name: 'Bertha' }, organization_code: other }
  const email = 'bertha@badgers.example'
  await server.as().post('/api/v1/user', { ...secret, identities: [{ type: 'email', details: { email } }] })
  for (const operation of operations) {
    await t.test(operation.id, async () => {
      const { request, made } = await requestAbout(other, operation, server)
      const before = await contentOf(server.db)
      const reply = await call(server, operation, request, token)
      const text = JSON.stringify(reply.body)
      if (reply.status >= 400 || !operation.organizationAware) {
        const { code } = refused(reply, operation.organizationAware ? [403, 404, 400] : [403], operation.id)
        if (!operation.organizationAware) assert.equal(code, 'ORGANIZATION_ACCESS_DENIED')
      } else {
        // It reads what all share, or what is its own.
        assert.equal(operation.method === 'GET' || operation.anonymous === true, true, text)
        const ofOther = [other, email, made.user_id, made.id, made.session_id].filter((value) => value !== undefined)
        for (const value of ofOther) assert.equal(text.includes(String(value)), false, `${value} in ${text}`)
      }
      assert.equal(await contentOf(server.db), before)
    })
  }
})

test('an application of one organization does to its own what the operation says', async (t) => {
  const server = await start(t)
  for (const operation of operations) {
    if (!operation.organizationAware && !namesOrganization(operation)) continue
    await t.test(operation.id, async () => {
      const { code, token } = await newOrganization(server)
      const { request } = await requestAbout(code, operation, server)
      const reply = await call(server, operation, request, token)
      assert.ok(reply.status in operation.responses, `${reply.status} ${JSON.stringify(reply.body)}`)
      fits(operation, reply)
    })
  }
})
