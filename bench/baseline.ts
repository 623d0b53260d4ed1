/**
 * What Kindred is measured against: raw `node:http` without a framework, on the same paths, with replies of the same size.
 *
 * It does: find the record that a path names in memory and write it, or a page of them, with `JSON.stringify` for each
 * request; for a creation read the body, parse it and answer; for a token read the form, parse it and make one RS256
 * signature with a key of 2048 bits, on the thread pool, over as many bytes as a token of Kindred has. It sends
 * `content-type` and `content-length`, and what node:http adds by itself.
 *
 * It does not: check tokens, secrets or input; store or look up anything outside of its memory; know errors, scopes,
 * events or pages beyond the first; log or count. Nothing that keeps to the API can be as cheap: it is the wall.
 */
import { generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parse } from 'node:querystring'
import type { BaselineRecords } from './processes.ts'

const records = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as BaselineRecords
const usersById = new Map(records.users.map((user) => [user.id, user]))
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
// Signature and dots aside, a token is the base64url of its claims.
const claims = { scope: 'x'.repeat(Math.round((records.tokenBytes - 345) * 0.75) - '{"scope":""}'.length) }

const server = createServer((request, response) => {
  const url = request.url!
  if (request.method === 'POST') return readBody(request, (body) => answerPost(url, body, response))
  if (url.startsWith('/api/v1/user?id=')) return send(response, usersById.get(url.slice('/api/v1/user?id='.length)))
  const users = records.page.slice(0, url.includes('page_size=50') ? 50 : 10)
  send(response, { code: 'OK', message: 'Success', users, next_token: records.nextToken })
})

function answerPost(url: string, body: string, response: ServerResponse): void {
  if (url !== '/oauth2/token') {
    const { identities } = JSON.parse(body) as { identities: { type: string }[] }
    const results = identities.map(({ type }) => ({ type, result: { created: true } }))
    send(response, { id: records.users[0]!.id, created: true, identities: results })
    return
  }
  parse(body)
  const input = Buffer.from(JSON.stringify(claims)).toString('base64url')
  sign('sha256', Buffer.from(input), privateKey, (error, signature) => {
    if (error) throw error
    const token = `${input}.${signature.toString('base64url')}`
    send(response, { access_token: token, expires_in: 86_399, scope: '', token_type: 'bearer' })
  })
}

function readBody(request: IncomingMessage, done: (body: string) => void): void {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (chunk: string) => {
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
  const { port } = server.address() as AddressInfo
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`)
})
