import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { listen, type RawReply } from './testing-sockets.ts'

const server = await listen({ after })
const bearer = `Authorization: Bearer ${server.token}\r\n`
const json = 'Content-Type: application/json\r\n'
const host = 'Host: localhost\r\n'

/** A POST of a user whose body is told by the headers. */
function postUser(headers: string, body: string): string {
  return `POST /api/v1/user HTTP/1.1\r\n${host}${bearer}${headers}\r\n${body}`
}

async function answerTo(text: string | Buffer): Promise<RawReply> {
  const [reply] = await server.exchange(text)
  assert.ok(reply, 'the connection ended without a reply')
  return reply
}

function assertRefusal(reply: RawReply, status: number, code: string): void {
  assert.equal(reply.status, status, reply.text)
  assert.equal(reply.headers['content-type'], 'application/json; charset=utf-8')
  assert.equal(reply.json.errors[0].code, code)
  assert.equal(typeof reply.json.errors[0].message, 'string')
}

const tooLarge = 'x'.repeat(1_048_577)

test('a body over one MiB is refused, whether its length is told or not', async () => {
  assertRefusal(await answerTo(postUser(`${json}Content-Length: ${tooLarge.length}\r\n`, '')), 413, 'BODY_TOO_LARGE')
  assertRefusal(
    await answerTo(postUser(`${json}Content-Length: ${tooLarge.length}\r\n`, tooLarge)),
    413,
    'BODY_TOO_LARGE',
  )
  const chunks = `${tooLarge.length.toString(16)}\r\n${tooLarge}\r\n0\r\n\r\n`
  assertRefusal(await answerTo(postUser(`${json}Transfer-Encoding: chunked\r\n`, chunks)), 413, 'BODY_TOO_LARGE')
  const form = `POST /oauth2/token HTTP/1.1\r\n${host}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${tooLarge.length}\r\n\r\n`
  const refused = await answerTo(form + tooLarge)
  assert.deepEqual([refused.status, refused.json.error], [413, 'invalid_request'])
})

test('a body of exactly one MiB is read', async () => {
  const body = JSON.stringify({ profile: { given_name: 'Ada' }, filling: '' })
  const filled = body.replace('""', `"${'x'.repeat(1_048_576 - body.length)}"`)
  const reply = await answerTo(postUser(`${json}Content-Length: ${filled.length}\r\n`, filled))
  assert.equal(reply.status, 200, reply.text)
})

for (const [what, body, code] of [
  ['nested a hundred thousand deep', `{"profile":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, undefined],
  ['nested a hundred thousand deep, and cut off', `{"profile":${'{"a":'.repeat(100_000)}`, 'INVALID_JSON'],
  ['with a NUL', '{"profile":{"given_name":"A\\u0000"}}', 'INVALID_VALUE'],
  ['with a NUL as it is', '{"profile":{"given_name":"A\0"}}', 'INVALID_JSON'],
  ['with half of a surrogate pair', '{"profile":{"given_name":"A\\ud800"}}', 'INVALID_VALUE'],
  ['with a NUL in a name of no meaning', '{"\\u0000":1}', 'INVALID_VALUE'],
  ['that sets a prototype', '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}', null],
  ['that is a list', '[]', 'INVALID_VALUE'],
  ['that is null', 'null', undefined],
  ['that is a number beyond all bounds', '1e999', 'INVALID_VALUE'],
  ['that is blanks', ' \r\n\t ', null],
  ['that is no JSON', 'given_name=Ada', 'INVALID_JSON'],
  ['with a name twice', '{"profile":{"given_name":"A"},"profile":{"given_name":"B"}}', null],
  ['with a name of 200,000 characters', `{"profile":{"given_name":"${'x'.repeat(200_000)}"}}`, undefined],
] as const) {
  test(`a body ${what} is ${code === null ? 'taken' : 'refused'}`, async () => {
    const reply = await answerTo(postUser(`${json}Content-Length: ${Buffer.byteLength(body)}\r\n`, body))
    if (code === null) assert.equal(reply.status, 200, reply.text)
    else assertRefusal(reply, 400, code ?? reply.json.errors[0].code)
    assert.equal((Object.prototype as { admin?: boolean }).admin, undefined)
  })
}

test('bytes that are no UTF-8 do not become the text of anyone', async () => {
  const body = Buffer.concat([Buffer.from('{"profile":{"given_name":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}}')])
  const head = Buffer.from(postUser(`${json}Content-Length: ${body.length}\r\n`, ''))
  const reply = await answerTo(Buffer.concat([head, body]))
  assert.ok(reply.status === 400 || reply.status === 200, reply.text)
})

for (const size of ['0', '-1', '501', '99999999999999999999', '1e3', '0x10', '1.5', 'ten', '%00', '1&page_size=2']) {
  test(`page_size=${size} is refused`, async () => {
    const reply = await server.call('GET', `/api/v1/users?page_size=${size}`)
    assert.equal(reply.status, 400, reply.text)
    assert.match(reply.json.errors[0].code, /^[A-Z_]+$/)
  })
}

for (const [method, path, allowed] of [
  ['DELETE', '/api/v1/users', 'GET'],
  ['PUT', '/api/v1/user', 'DELETE, GET, PATCH, POST'],
  ['OPTIONS', '/api/v1/users', 'GET'],
  ['HEAD', '/api/v1/users', 'GET'],
  ['PROPFIND', '/api/v1/users', 'GET'],
] as const) {
  test(`${method} ${path} is answered with 405 and what is possible`, async () => {
    const reply = await server.call(method, path)
    assert.equal(reply.status, 405)
    assert.equal(reply.headers.allow!.split(', ').sort().join(', '), allowed)
    if (method !== 'HEAD') assert.equal(reply.json.errors[0].code, 'METHOD_NOT_ALLOWED')
  })
}

for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD']) {
  test(`${method} /oauth2/token is answered with 405`, async () => {
    const reply = await server.call(method, '/oauth2/token')
    assert.deepEqual([reply.status, reply.headers.allow], [405, 'POST'])
    if (method !== 'HEAD') assert.equal(reply.json.error, 'invalid_request')
  })
}

for (const [method, path] of [
  ['GET', '/api/v1/no_such_thing'],
  ['POST', '/api/v1/organizations/x/y/z/no'],
  ['GET', '/api/v2/users'],
  ['GET', '/api/v1/users/'],
  ['GET', '//api/v1/users'],
  ['GET', '/API/v1/users'],
  ['GET', '/api/v1/../../etc/passwd'],
  ['GET', `/api/v1/${'x'.repeat(5000)}`],
  ['BREW', '/api/v1/users'],
] as const) {
  test(`${method} ${path.slice(0, 40)} is no route`, async () => {
    const reply = await server.call(method, path)
    if (reply.status === 400) return assertRefusal(reply, 400, 'BAD_REQUEST')
    assert.equal(reply.status, 404, reply.text)
    assert.equal(reply.json.errors.code, 'ROUTE_NOT_FOUND')
    assert.equal(typeof reply.json.errors.message, 'string')
  })
}

for (const path of [
  '/api/v1/users?%',
  '/api/v1/user?id=%ff',
  '/api/v1/user?id=%00',
  '/api/v1/users/%c3%28/identities',
  '/%',
]) {
  test(`the percent-encoding of ${path} is no reason to fail`, async () => {
    const reply = await server.call('GET', path)
    assert.ok(reply.status === 200 || (reply.status >= 400 && reply.status < 500), `${reply.status} ${reply.text}`)
  })
}

for (const [what, head] of [
  ['without a version', 'GET /healthz\r\n\r\n'],
  ['of another version', 'GET /healthz HTTP/3.0\r\nHost: a\r\n\r\n'],
  ['without a Host', 'GET /healthz HTTP/1.1\r\n\r\n'],
  ['that is noise', '\x01\x02\x03\x04\r\n\r\n'],
  ['with a blank in the address', 'GET /health z HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['with a header that has no colon', 'GET /healthz HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n'],
  ['with a header that goes on in the next line', 'GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n'],
  ['with two lengths', 'POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
  [
    'with a length and chunks',
    'POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['with a negative length', 'POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n'],
  [
    'with a chunk that has no length',
    'POST /oauth2/token HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n',
  ],
  ['with a tunnel in mind', 'CONNECT example.com:443 HTTP/1.1\r\nHost: a\r\n\r\n'],
] as const) {
  test(`a request ${what} gets a clear answer, or an end of the connection`, async () => {
    const [reply] = await server.exchange(head)
    if (reply === undefined) return
    assert.ok(
      (reply.status >= 400 && reply.status < 500) || (reply.status === 200 && what === 'without a version'),
      reply.text,
    )
  })
}

test('headers of 50 kB are refused with 431', async () => {
  for (const header of [
    `X-Large: ${'x'.repeat(50_000)}\r\n`,
    'X-Many: x\r\n'.repeat(5000),
    `Authorization: Bearer ${'x'.repeat(50_000)}\r\n`,
  ]) {
    const reply = await answerTo(`GET /api/v1/users HTTP/1.1\r\n${host}${header}\r\n`)
    assertRefusal(reply, 431, 'REQUEST_HEADER_FIELDS_TOO_LARGE')
  }
})

test('an absolute-form request line is routed, for the API and for the token endpoint', async () => {
  for (const origin of ['http://localhost', 'https://localhost:8443', 'HTTP://example.com']) {
    const users = await answerTo(`GET ${origin}/api/v1/users?page_size=1 HTTP/1.1\r\n${host}${bearer}\r\n`)
    if (origin.startsWith('HTTP')) assert.ok(users.status === 200 || users.status === 404, users.text)
    else assert.equal(users.status, 200, users.text)
  }
  const { clientId, clientSecret } = server.running.firstClient
  const form = `grant_type=client_credentials&client_id=${clientId}&client_secret=${clientSecret}&audience=${server.running.url}/api`
  const head = `${host}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n`
  const token = await answerTo(`POST http://localhost/oauth2/token HTTP/1.1\r\n${head}${form}`)
  assert.deepEqual([token.status, token.json.token_type], [200, 'bearer'])
  const refused = await answerTo(
    `POST http://localhost/oauth2/token HTTP/1.1\r\n${head}${form.replace(clientSecret, 'x'.repeat(clientSecret.length))}`,
  )
  assert.deepEqual([refused.status, refused.json.error], [401, 'invalid_client'])
})

test('a content type that comes twice, as some clients send it, is no fault', async () => {
  const body = '{"profile":{"given_name":"Ada"}}'
  const created = await answerTo(postUser(`${json}${json}Content-Length: ${body.length}\r\n`, body))
  assert.equal(created.status, 200, created.text)
  const users = await answerTo(`GET /api/v1/users HTTP/1.1\r\n${host}${bearer}${json}${json}Content-Length: 0\r\n\r\n`)
  assert.equal(users.status, 200, users.text)
})

test('a content type of JSON with an empty body is no fault', async () => {
  const created = await answerTo(postUser(json, ''))
  assert.equal(created.status, 200, created.text)
  for (const length of ['', 'Content-Length: 0\r\n', 'Transfer-Encoding: chunked\r\n']) {
    const end = length.startsWith('T') ? '0\r\n\r\n' : ''
    const users = await answerTo(`GET /api/v1/users HTTP/1.1\r\n${host}${bearer}${json}${length}\r\n${end}`)
    assert.equal(users.status, 200, users.text)
    const user = await answerTo(postUser(`${json}${length}`, end))
    const deleted = await answerTo(
      `DELETE /api/v1/user?id=${user.json.id} HTTP/1.1\r\n${host}${bearer}${json}${length}\r\n${end}`,
    )
    assert.equal(deleted.status, 200, deleted.text)
  }
})

test('a body of another type is refused', async () => {
  const reply = await answerTo(postUser('Content-Type: application/xml\r\nContent-Length: 4\r\n', '<a/>'))
  assertRefusal(reply, 415, 'UNSUPPORTED_MEDIA_TYPE')
  const broken = await answerTo(postUser('Content-Type: ;;;\r\nContent-Length: 2\r\n', '{}'))
  assert.ok(broken.status < 500, broken.text)
})

test('a client that waits to be asked for its body is asked, and answered', async () => {
  const body = '{"profile":{"given_name":"Ada"}}'
  const socket = await server.open()
  socket.write(postUser(`${json}Expect: 100-continue\r\nContent-Length: ${body.length}\r\n`, ''))
  const interim = await new Promise<Buffer>((resolve) => socket.once('data', resolve))
  assert.equal(interim.toString(), 'HTTP/1.1 100 Continue\r\n\r\n')
  socket.write(body)
  const reply = await new Promise<Buffer>((resolve) => socket.once('data', resolve))
  assert.match(reply.toString(), /^HTTP\/1\.1 200 /)
  const other = await answerTo(postUser(`${json}Expect: the-unexpected\r\nContent-Length: 0\r\n`, ''))
  assert.ok(other.status === 417 || other.status === 200, other.text)
})

test('requests that come in one packet are answered one by one, in order', async () => {
  const requests = Array.from({ length: 50 }, (_, index) =>
    index % 5 === 0
      ? postUser(`${json}Content-Length: 2\r\n`, '{}')
      : index % 5 === 1
        ? `GET /no/route/${index} HTTP/1.1\r\n${host}\r\n`
        : `GET /api/v1/users?page_size=1 HTTP/1.1\r\n${host}${index % 5 === 2 ? '' : bearer}\r\n`,
  )
  const replies = await server.exchange(requests.join(''), 50)
  const statuses = [200, 404, 401, 200, 200]
  assert.deepEqual(
    replies.map(({ status }) => status),
    requests.map((_, index) => statuses[index % 5]),
  )
})

test('a client that ends its side after the request gets its answer', async () => {
  const socket = await server.open()
  socket.end(`GET /api/v1/users HTTP/1.1\r\n${host}${bearer}\r\n`)
  let received = ''
  for await (const chunk of socket) received += chunk
  assert.match(received, /^HTTP\/1\.1 200 /)
})

test('clients that go away in the middle leave the server as it was', async () => {
  for (let round = 0; round < 20; round += 1) {
    const socket = await server.open()
    socket.write(postUser(`${json}Content-Length: 1000\r\n`, '{"profile":'))
    if (round % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
    socket.destroy()
  }
  for (let round = 0; round < 20; round += 1) {
    const socket = await server.open()
    socket.write(`GET /api/v1/users HTTP/1.1\r\n${host}${bearer}\r\n`)
    socket.resetAndDestroy()
  }
  assert.equal((await server.call('GET', '/api/v1/users')).status, 200)
})

test('HEAD is answered on health and readiness, without a body', async () => {
  for (const path of ['/healthz', '/readyz']) {
    const reply = await answerTo(`HEAD ${path} HTTP/1.1\r\n${host}\r\n`)
    assert.equal(reply.status, 200)
    assert.equal(Number(reply.headers['content-length']) > 0, true)
  }
})

test('a query with a parameter a thousand times, or of ten thousand characters, is no reason to fail', async () => {
  for (const query of [
    'email=a&'.repeat(1000),
    `email=${'a'.repeat(10_000)}`,
    'properties[a]=b&'.repeat(500),
    '&&&=&==',
    'page_size[]=1',
  ]) {
    const reply = await server.call('GET', `/api/v1/users?${query}`)
    assert.ok(reply.status < 500, `${reply.status} ${reply.text}`)
  }
})
