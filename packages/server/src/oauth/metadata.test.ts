import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../testing.ts'

const documents = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']
const keySets = ['/.well-known/jwks', '/.well-known/jwks.json']

test('both discovery documents are the same, and name this issuer and its addresses', async (t) => {
  const { send } = await start(t, { baseUrl: 'https://id.example.com' })
  for (const url of documents) {
    const { status, body } = await send({ method: 'GET', url })
    assert.equal(status, 200)
    assert.deepEqual(body, {
      issuer: 'https://id.example.com',
      jwks_uri: 'https://id.example.com/.well-known/jwks',
      token_endpoint: 'https://id.example.com/oauth2/token',
      claims_supported: ['aud', 'exp', 'iat', 'iss', 'sub'],
      scopes_supported: ['address', 'email', 'offline', 'openid', 'phone', 'profile'],
      userinfo_endpoint: 'https://id.example.com/oauth2/v2/user_profile',
      revocation_endpoint: 'https://id.example.com/oauth2/revoke',
      end_session_endpoint: 'https://id.example.com/logout',
      authorization_endpoint: 'https://id.example.com/oauth2/auth',
      introspection_endpoint: 'https://id.example.com/oauth2/introspect',
      grant_types_supported: ['client_credentials'],
      subject_types_supported: ['public'],
      response_modes_supported: ['form_post', 'query', 'fragment'],
      response_types_supported: ['code'],
      request_uri_parameter_supported: false,
      code_challenge_methods_supported: ['S256'],
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
      // RFC 8414 §2: methods of the token endpoint, and types of access tokens.
      introspection_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic', 'Bearer'],
      revocation_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
    })
  }
})

test('the endpoints that the document names for machines answer', async (t) => {
  const { send, baseUrl } = await start(t)
  const { body } = await send({ method: 'GET', url: documents[0]! })
  const path = (name: string) => body[name].slice(baseUrl.length)
  assert.equal((await send({ method: 'GET', url: path('jwks_uri') })).status, 200)
  for (const name of ['token_endpoint', 'introspection_endpoint', 'revocation_endpoint']) {
    assert.equal((await send({ method: 'POST', url: path(name) })).body.error, 'invalid_request', name)
  }
})

test('documents and keys are for everyone and from everywhere, and may be kept for five minutes', async (t) => {
  const { send } = await start(t)
  for (const url of [...documents, ...keySets]) {
    for (const headers of [{}, { authorization: 'Bearer nonsense' }, { origin: 'https://app.example' }]) {
      for (const method of ['GET', 'HEAD'] as const) {
        const reply = await send({ method, url, headers })
        assert.equal(reply.status, 200, `${method} ${url}`)
        assert.equal(reply.headers['content-type'], 'application/json; charset=utf-8')
        assert.equal(reply.headers['access-control-allow-origin'], '*')
        assert.equal(reply.headers['cache-control'], 'public, max-age=300')
      }
    }
  }
})

test('the keys show nothing of their private halves', async (t) => {
  const { send, environment } = await start(t)
  await environment.keys.rotate()
  const { body } = await send({ method: 'GET', url: keySets[0]! })
  assert.deepEqual(Object.keys(body), ['keys'])
  assert.equal(body.keys.length, 3)
  for (const key of body.keys) assert.deepEqual(Object.keys(key), ['e', 'n', 'alg', 'kid', 'kty', 'use'])
  assert.deepEqual((await send({ method: 'GET', url: keySets[1]! })).body, body)
})
