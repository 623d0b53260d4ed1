import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operations } from './api/index.ts'
import { canonicalScope, isLoopback, managementAudience, managementScopes } from './management-api.ts'

test('on loopback the Management API has many names, all on its own port', () => {
  const is = managementAudience('https://localhost:8443')
  for (const audience of [
    'https://localhost:8443/api',
    'https://localhost:8443/api/',
    'https://localhost:8443/api/v1',
    'https://localhost:8443/api/v1/users',
    'http://localhost:8443/api',
    'http://localhost:8443/api/v1',
    'https://http://localhost:8443/api',
    'https://https://localhost:8443/api',
    'https://127.0.0.1:8443/api',
    'http://127.0.0.1:8443/api',
    'http://[::1]:8443/api',
    'https://http://127.0.0.1:8443/api',
    'https://kindred.localhost:8443/api',
    'HTTPS://LOCALHOST:8443/api',
  ]) {
    assert.equal(is(audience), true, audience)
  }
  for (const audience of [
    '',
    'api',
    '/api',
    'https://localhost:8443',
    'https://localhost:8443/',
    'https://localhost:8443/apis',
    'https://localhost:8443/API',
    'https://localhost:8443/api%2fv1',
    'https://localhost:8443/v1/api',
    'https://localhost:8443/api/../other',
    'https://localhost:8443/api?x=1',
    'https://localhost:8443/api#x',
    'https://me@localhost:8443/api',
    'https://:secret@localhost:8443/api',
    'https://localhost:8444/api',
    'https://localhost/api',
    'http://localhost/api',
    'http://127.0.0.1:80/api',
    'https://localhost.example.com:8443/api',
    'https://127.example.com:8443/api',
    'https://128.0.0.1:8443/api',
    'https://example.com:8443/api',
    'https://http://http://localhost:8443/api',
    'ftp://localhost:8443/api',
    ' https://localhost:8443/api',
    'https://localhost:8443/api\n',
    'https://localhost:8443/ap\ni',
    'https://localhost:8443/api/v1 https://localhost:8443/api',
    'https://localhost:8443/api/é',
  ]) {
    assert.equal(is(audience), false, audience)
  }
})

test('where the server is reached by another name, the Management API has that name alone', () => {
  const is = managementAudience('https://id.example.com')
  for (const audience of [
    'https://id.example.com/api',
    'https://id.example.com/api/',
    'https://id.example.com/api/v1',
    'https://id.example.com:443/api',
  ]) {
    assert.equal(is(audience), true, audience)
  }
  for (const audience of [
    'http://id.example.com/api',
    'http://id.example.com:443/api',
    'https://http://id.example.com/api',
    'https://https://id.example.com/api',
    'https://localhost/api',
    'https://127.0.0.1:443/api',
    'https://id.example.com.evil.example/api',
    'https://evil.example/https://id.example.com/api',
  ]) {
    assert.equal(is(audience), false, audience)
  }
})

test('names and addresses that can only mean this machine', () => {
  for (const name of ['localhost', 'a.localhost', '127.0.0.1', '127.255.0.9', '[::1]']) {
    assert.equal(isLoopback(name), true, name)
  }
  for (const name of ['', '127.example.com', '127.0.0.1.example.com', 'localhost.example.com', '10.0.0.1', '0.0.0.0']) {
    assert.equal(isLoopback(name), false, name)
  }
})

test('every operation asks for a scope of the list, and there is none that no one knows', () => {
  const known = new Set(managementScopes.map(({ key }) => key))
  assert.equal(known.size, 148)
  assert.equal(managementScopes.length, 148)
  for (const { id, scope } of operations) assert.ok(scope === null || known.has(scope), `${id}: ${scope}`)
})

test('the scopes are in order, and each says what it opens', () => {
  const keys = managementScopes.map(({ key }) => key)
  assert.deepEqual(keys, keys.toSorted())
  for (const { key, description } of managementScopes) {
    assert.match(key, /^(create|read|update|delete):[a-z_]+$/)
    assert.match(description, /^(Create|Read|Update|Delete) [A-Za-z -]+$/)
  }
  const described = new Map(managementScopes.map(({ key, description }) => [key, description]))
  assert.equal(described.get('read:api_keys'), 'Read API keys')
  assert.equal(described.get('update:organization_mfa'), 'Update organization multi-factor authentication')
})

test('another spelling of a scope is known by that of the document; any other word stays as it is', () => {
  assert.equal(canonicalScope('delete:api_scopes'), 'delete:apis_scopes')
  assert.equal(canonicalScope('create:application_redirect_uris'), 'create:applications_redirect_uris')
  for (const word of ['read:users', 'create:api_scopes', 'constructor', '__proto__', 'toString', '']) {
    assert.equal(canonicalScope(word), word)
  }
})
