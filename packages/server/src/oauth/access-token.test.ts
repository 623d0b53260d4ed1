import assert from 'node:assert/strict'
import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { test } from 'node:test'
import { decodeJwt, SignJWT } from 'jose'
import { seededIds } from '../store/ids.ts'
import { start, startOfTest, type TestServer } from '../testing.ts'
import { AccessTokens, isRefusal } from './access-token.ts'
import { Signer } from './signer.ts'
import { credentials, makePart, postForm, readPart } from './testing-oauth.ts'

/** A good token, its parts, and a way to sign other parts with the key of the server. */
async function begin(server: TestServer) {
  const token = await server.token('read:users')
  const [header, payload, signature] = token.split('.') as [string, string, string]
  const { accessTokens, keys } = server.environment
  const rs256 = (input: string, key: KeyObject = keys.current.privateKey) =>
    `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
  const withHeader = (changes: object) => `${makePart({ ...readPart(token, 'header'), ...changes })}.${payload}`
  const withClaims = (changes: object) => `${header}.${makePart({ ...readPart(token, 'claims'), ...changes })}`
  return {
    token,
    header,
    payload,
    signature,
    verify: accessTokens.verify.bind(accessTokens),
    rs256,
    withHeader,
    withClaims,
  }
}

test('a token that this server signed is taken, with its claims as they are', async (t) => {
  const server = await start(t)
  const { token, verify } = await begin(server)
  const claims = await verify(token)
  assert.deepEqual(claims, decodeJwt(token))
  assert.equal(isRefusal(claims), false)
})

test('what is no token in the form of RFC 7515 is refused as malformed', async (t) => {
  const server = await start(t)
  const { token, header, payload, signature, verify } = await begin(server)
  // The last of 342 characters holds four bits that mean nothing.
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(signature.at(-1)!)
  const sameBytes = signature.slice(0, -1) + alphabet[last + 1]
  assert.deepEqual(Buffer.from(sameBytes, 'base64url'), Buffer.from(signature, 'base64url'))
  for (const bad of [
    '',
    'x',
    '..',
    `${header}.${payload}`,
    `${header}.${payload}.`,
    `${token}.`,
    `${token}.${signature}`,
    `${token}=`,
    `${token}!`,
    ` ${token}`,
    `${token}\n`,
    `${header}.${payload}.${sameBytes}`,
    `${header}.${payload}.${Buffer.from(signature, 'base64url').toString('base64')}`,
    `${header}.${payload}x.x.${signature}`,
    `${makePart([])}.${payload}.${signature}`,
    `${makePart(null)}.${payload}.${signature}`,
    `${makePart('RS256')}.${payload}.${signature}`,
    `AAAA.${payload}.${signature}`,
    `${header}.${'A'.repeat(65_536)}.${signature}`,
  ]) {
    assert.deepEqual(await verify(bad), { reason: 'malformed' }, bad.slice(0, 100))
  }
})

test('no algorithm but RS256 is taken, whatever it was signed with', async (t) => {
  const server = await start(t)
  const { keys } = server.environment
  const { payload, signature, verify, rs256, withHeader } = await begin(server)
  const spki = keys.current.publicKey.export({ type: 'spki', format: 'pem' })
  const pkcs1 = keys.current.publicKey.export({ type: 'pkcs1', format: 'pem' })
  const hs256 = (key: string | Buffer) => {
    const input = withHeader({ alg: 'HS256' })
    return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`
  }
  const pss = withHeader({ alg: 'PS256' })
  const padding = { key: keys.current.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  for (const bad of [
    `${withHeader({ alg: 'none' })}.${signature}`,
    `${makePart({ alg: 'none', typ: 'JWT' })}.${payload}.`,
    hs256(spki),
    hs256(pkcs1),
    hs256(JSON.stringify(keys.current.jwk)),
    hs256(''),
    rs256(withHeader({ alg: 'rs256' })),
    rs256(withHeader({ alg: ['RS256'] })),
    rs256(withHeader({ alg: undefined })),
    `${pss}.${sign('sha256', Buffer.from(pss), padding).toString('base64url')}`,
  ]) {
    assert.deepEqual(await verify(bad), { reason: 'malformed' })
  }
  // Named RS256 and signed otherwise.
  const input = withHeader({})
  const pssNamedRs256 = `${input}.${sign('sha256', Buffer.from(input), padding).toString('base64url')}`
  assert.deepEqual(await verify(pssNamedRs256), { reason: 'bad_signature', kid: keys.current.kid })
})

test('what was changed or signed by another key is refused, and so is a key that nobody knows', async (t) => {
  const server = await start(t)
  const { kid } = server.environment.keys.current
  const { header, payload, signature, verify, rs256, withClaims, withHeader } = await begin(server)
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = publicKey.export({ format: 'jwk' })
  for (const bad of [
    `${withClaims({ scope: 'read:users delete:users' })}.${signature}`,
    `${withClaims({ exp: 9_999_999_999 })}.${signature}`,
    `${withHeader({ typ: 'at+jwt' })}.${signature}`,
    `${header}.${payload}.${'A'.repeat(342)}`,
    `${header}.${payload}.AAAA`,
    rs256(`${header}.${payload}`, privateKey),
    // A key that the token itself brings, or points to, is not looked at.
    rs256(withHeader({ jwk }), privateKey),
    rs256(withHeader({ jku: 'https://evil.example/jwks', x5u: 'https://evil.example/x5u' }), privateKey),
  ]) {
    assert.deepEqual(await verify(bad), { reason: 'bad_signature', kid })
  }
  const unknown = Array(16).fill('00').join(':')
  assert.deepEqual(await verify(rs256(withHeader({ kid: unknown }))), { reason: 'unknown_key', kid: unknown })
  for (const none of [undefined, null, 7, {}, ['a']]) {
    assert.deepEqual(await verify(rs256(withHeader({ kid: none }))), { reason: 'unknown_key', kid: undefined })
  }
  for (const odd of ['', '__proto__', kid.toUpperCase().replaceAll(':', '-'), `${kid} `]) {
    assert.deepEqual(await verify(rs256(withHeader({ kid: odd }))), { reason: 'unknown_key', kid: odd })
  }
})

test('a token of another issuer is refused, although the key is the same', async (t) => {
  const server = await start(t)
  const { keys, store, now } = server.environment
  const signer = new Signer({ hasCompany: () => false })
  const other = new AccessTokens({ keys, store, now, signer, ids: seededIds(2), issuer: 'https://other.example' })
  const client = (await server.environment.clients.find(server.firstClient.clientId))!
  const token = await other.issue(client, { audience: ['https://localhost:8443/api'], granted: [], requested: [] })
  assert.equal(isRefusal(await other.verify(token)), false)
  assert.deepEqual(await server.environment.accessTokens.verify(token), {
    reason: 'wrong_issuer',
    wanted: 'https://localhost:8443',
    got: 'https://other.example',
  })
})

test('what the same key signs for other ends is no token', async (t) => {
  const server = await start(t)
  const { keys, accessTokens } = server.environment
  const message = await new SignJWT({
    type: 'user.created',
    data: { aud: ['https://localhost:8443/api'] },
    event_id: 'x',
  })
    .setProtectedHeader({ alg: 'RS256', kid: keys.current.kid, typ: 'JWT' })
    .sign(keys.current.privateKey)
  const wanted = { reason: 'wrong_issuer', wanted: 'https://localhost:8443', got: undefined }
  assert.deepEqual(await accessTokens.verify(message), wanted)
  const { rs256, header } = await begin(server)
  for (const payload of [makePart([]), makePart(null), 'AAAA']) {
    assert.deepEqual(await accessTokens.verify(rs256(`${header}.${payload}`)), wanted)
  }
})

test('a token is good until the second in which it expires', async (t) => {
  const server = await start(t)
  const { token, verify } = await begin(server)
  server.clock.advance(86_399_999)
  assert.equal(isRefusal(await verify(token)), false)
  server.clock.advance(1)
  assert.deepEqual(await verify(token), { reason: 'expired', at: startOfTest / 1000 + 86_400 })
})

test('a revoked token is refused by its id', async (t) => {
  const server = await start(t)
  const { token, verify } = await begin(server)
  await postForm(server, 'revoke', { ...credentials(server.firstClient), token })
  assert.deepEqual(await verify(token), { reason: 'revoked', jti: decodeJwt(token).jti })
  const other = await server.token('read:users')
  assert.equal(isRefusal(await verify(other)), false)
})
