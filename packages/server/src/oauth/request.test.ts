import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type TestServer } from '../testing.ts'
import { tokenForm } from './testing-oauth.ts'

/** Posts a body as it is. */
function post(server: TestServer, contentType: string | undefined, payload: string) {
  return server.send({
    method: 'POST',
    url: '/oauth2/token',
    headers: contentType === undefined ? {} : { 'content-type': contentType },
    payload,
  })
}

test('the parameters come as a form, or as JSON, with or without a character set', async (t) => {
  const server = await start(t)
  const form = new URLSearchParams(tokenForm(server)).toString()
  const json = JSON.stringify(tokenForm(server))
  for (const [contentType, body] of [
    ['application/x-www-form-urlencoded', form],
    ['application/x-www-form-urlencoded; charset=UTF-8', form],
    ['Application/X-WWW-Form-Urlencoded;charset=utf-8', form],
    ['application/json', json],
    ['application/json; charset=utf-8', json],
  ] as const) {
    assert.equal((await post(server, contentType, body)).status, 200, contentType)
  }
})

test('any other body is refused with what to send', async (t) => {
  const server = await start(t)
  const form = new URLSearchParams(tokenForm(server)).toString()
  const urlEncoded = 'application/x-www-form-urlencoded'
  for (const [contentType, body, description] of [
    ['text/plain', form, /Send the parameters as application\/x-www-form-urlencoded\.$/],
    [undefined, form, /Send the parameters as application\/x-www-form-urlencoded\.$/],
    ['', form, /Send the parameters as application\/x-www-form-urlencoded\.$/],
    ['no type', form, /Send the parameters as application\/x-www-form-urlencoded\.$/],
    ['multipart/form-data; boundary=x', '--x\r\n\r\n--x--', /Send the parameters as application\/x-www-form-url/],
    ['application/xml', '<a/>', /Send the parameters as application\/x-www-form-urlencoded\.$/],
    [urlEncoded, '', /The POST body can not be empty\. Send the parameters/],
    [urlEncoded, ' \r\n', /The POST body can not be empty\./],
    ['application/json', '', /The POST body can not be empty\./],
    ['multipart/form-data; boundary=x', '', /The POST body can not be empty\./],
    ['application/json', '{', /The body is not valid JSON: send one object\.$/],
    ['application/json', 'null', /as the members of one JSON object\.$/],
    ['application/json', '[]', /as the members of one JSON object\.$/],
    ['application/json', '"text"', /as the members of one JSON object\.$/],
    [urlEncoded, '%', /Request parameter 'grant_type' is missing\. Send grant_type=client_credentials\.$/],
  ] as const) {
    const { status, body: reply, headers } = await post(server, contentType, body)
    assert.deepEqual([status, reply.error], [400, 'invalid_request'], `${contentType}: ${body}`)
    assert.match(reply.error_description, description)
    assert.match(reply.error_description, /^The request is missing a required parameter, /)
    assert.deepEqual([headers['cache-control'], headers['www-authenticate']], ['no-store', undefined])
  }
})

test('a parameter that means something comes once; others may come as they like', async (t) => {
  const server = await start(t)
  const form = new URLSearchParams(tokenForm(server)).toString()
  const type = 'application/x-www-form-urlencoded'
  for (const name of ['grant_type', 'client_id', 'client_secret', 'scope', 'token', 'token_type_hint']) {
    const { status, body } = await post(server, type, `${form}&${name}=a&${name}=b`)
    assert.deepEqual([status, body.error], [400, 'invalid_request'], name)
    assert.match(body.error_description, new RegExp(`Send the parameter '${name}' once only\\.$`))
  }
  const extra = 'redirect_uri=x&redirect_uri=y&response_type=&__proto__=1&constructor=2&hasOwnProperty=3&org_code=a'
  assert.equal((await post(server, type, `${form}&${extra}`)).status, 200)
  assert.equal(({} as Record<string, unknown>)['1'], undefined)
})

test('in JSON a parameter that means something is text; the one that is not gets named', async (t) => {
  const server = await start(t)
  const form = tokenForm(server)
  const json = 'application/json'
  for (const [name, value] of [
    ['grant_type', 1],
    ['client_id', { $ne: '' }],
    ['client_secret', true],
    ['client_secret', null],
    ['scope', 7],
    ['audience', 7],
    ['audience', [form.audience, 7]],
    ['audience', { 0: form.audience }],
  ] as const) {
    const { status, body } = await post(server, json, JSON.stringify({ ...form, [name]: value }))
    assert.deepEqual([status, body.error], [400, 'invalid_request'], name)
    assert.match(body.error_description, new RegExp(`The parameter '${name}' must be text\\.$`))
  }
  const listed = await post(server, json, JSON.stringify({ ...form, scope: ['read:users'] }))
  assert.match(listed.body.error_description, /'scope' once only/)
  const both = { ...form, audience: [form.audience, `${form.audience}/v1`], lifetime: 5, nested: { a: [null] } }
  assert.equal((await post(server, json, JSON.stringify(both))).status, 200)
  const polluting = `{"__proto__":{"client_secret":"x"},${JSON.stringify(form).slice(1)}`
  assert.equal((await post(server, json, polluting)).status, 200)
  const inherited = JSON.stringify({ ...form, client_secret: undefined }).replace(
    '{',
    '{"__proto__":{"client_secret":"x"},',
  )
  assert.equal((await post(server, json, inherited)).body.error, 'invalid_client')
})

test('credentials in the address are not looked at', async (t) => {
  const server = await start(t)
  const { client_id, client_secret, ...rest } = tokenForm(server)
  const { status, body } = await server.send({
    method: 'POST',
    url: `/oauth2/token?${new URLSearchParams({ client_id, client_secret })}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(rest).toString(),
  })
  assert.deepEqual([status, body.error], [401, 'invalid_client'])
})

test('other methods than POST are answered with 405 and what is allowed', async (t) => {
  const { send } = await start(t)
  for (const url of ['/oauth2/token', '/oauth2/introspect', '/oauth2/revoke']) {
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
      const { status, headers, body } = await send({ method, url })
      assert.deepEqual([status, headers.allow, body.error], [405, 'POST', 'invalid_request'])
      assert.match(body.error_description, new RegExp(`use POST, not ${method}\\.$`))
    }
  }
})

test('a body over one MiB is refused in the form of OAuth', async (t) => {
  const server = await start(t)
  const { status, body } = await post(server, 'application/x-www-form-urlencoded', `scope=${'x'.repeat(1_048_576)}`)
  assert.deepEqual([status, body.error], [413, 'invalid_request'])
  assert.match(body.error_description, /A body holds 1048576 bytes at most\.$/)
})

test('a grant that is not offered is refused by its own code, before anyone is asked for a secret', async (t) => {
  const server = await start(t)
  for (const grant of ['password', 'authorization_code', 'refresh_token', 'Client_Credentials', '__proto__']) {
    const form = new URLSearchParams({ ...tokenForm(server), client_secret: 'x', grant_type: grant }).toString()
    const { status, body } = await post(server, 'application/x-www-form-urlencoded', form)
    assert.deepEqual([status, body.error], [400, 'unsupported_grant_type'])
    assert.equal(
      body.error_description,
      "The authorization grant type is not supported by the authorization server. Use 'client_credentials'.",
    )
  }
})
