/**
 * What Kindred is measured against: raw `node:http` without a framework, with the same paths and replies of the same
 * size. For reads it holds records in memory and writes them with `JSON.stringify` for each request; for a creation it
 * reads and parses the body, answers, and stores nothing; for a token it parses the form and makes one RS256 signature,
 * on the thread pool, over as many bytes as a token of Kindred has. It checks no token, no input, and touches no disk.
 */
import { generateKeyPairSync, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { parse } from 'node:querystring'

const { tokenBytes, user } = JSON.parse(process.argv[2]!) as { tokenBytes: number; user: Record<string, unknown> }
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const users = Array.from({ length: 50 }, (_, index) => ({ ...user, first_name: `First ${index}` }))
const claims = { scope: 'x'.repeat(Math.round(tokenBytes * 0.75) - 300) }

const server = createServer((request, response) => {
  const url = request.url!
  if (request.method === 'GET' && url.startsWith('/api/v1/user?')) return send(response, users[7])
  if (request.method === 'GET') {
    const size = url.includes('page_size=50') ? 50 : 10
    return send(response, { code: 'OK', message: 'Success', users: users.slice(0, size), next_token: 'x'.repeat(44) })
  }
  readBody(request, (body) => {
    if (url !== '/oauth2/token') {
      JSON.parse(body)
      return send(response, { id: user.id, created: true, identities: [{ type: 'email', result: { created: true } }] })
    }
    parse(body)
    const input = Buffer.from(JSON.stringify(claims)).toString('base64url')
    sign('sha256', Buffer.from(input), privateKey, (error, signature) => {
      if (error) throw error
      const access_token = `${input}.${signature.toString('base64url')}`
      send(response, { access_token, expires_in: 86_399, scope: '', token_type: 'bearer' })
    })
  })
})

function readBody(request: IncomingMessage, done: (body: string) => void): void {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (chunk) => {
    body += chunk
  })
  request.on('end', () => done(body))
}

function send(response: ServerResponse, value: unknown): void {
  const text = JSON.stringify(value)
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as { port: number }).port })}\n`)
})
