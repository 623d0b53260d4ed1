import type { Command } from 'commander'
import { type AccessOptions, addAccessOptions } from './access.ts'
import { connect } from './client.ts'
import { recordText, visible } from './table.ts'
import type { Terminal } from './terminal.ts'

const examples = `
  $ kindred token
  $ curl --header "Authorization: Bearer $(kindred token)" https://localhost:8443/api/v1/users
  $ kindred token --decode
  $ kindred token --decode --json

The token of the command before is printed again as long as it is good; it is kept in a file that only you can read.`

interface Options extends AccessOptions {
  decode?: boolean
  json?: boolean
}

/** Adds `kindred token`: an access token of the Management API. */
export function addToken(program: Command, terminal: Terminal): void {
  const command = program
    .command('token')
    .description('Print an access token of the Management API, or its claims.')
    .option('--decode', 'print its header and claims instead; the signature is not checked')
    .option('--json', 'with --decode: print JSON')
    .addHelpText('after', examples)
  addAccessOptions(command).action(async () => {
    const { decode, json, ...options } = command.opts<Options>()
    const kindred = await connect(terminal, options)
    const token = (await kindred.accessToken())!
    if (!decode) {
      terminal.stdout.write(`${token}\n`)
      return
    }
    const [header, claims] = decodeToken(token)
    if (json) terminal.stdout.write(`${JSON.stringify({ header, claims }, null, 2)}\n`)
    else terminal.stdout.write(claimsText(header, claims))
  })
}

/**
 * The header and claims of a JWT (RFC 7519 §3), unchecked.
 * @throws {SyntaxError} when it is none
 */
export function decodeToken(token: string): [Record<string, unknown>, Record<string, unknown>] {
  const [header = '', claims = ''] = token.split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  return [read(header), read(claims)]
}

/** Times as people read them, beside the seconds, and scopes one a line. */
function claimsText(header: Record<string, unknown>, claims: Record<string, unknown>): string {
  const { scope, ...others } = claims
  const told = Object.entries(others).map(([name, value]) => [
    name,
    ['exp', 'iat', 'nbf'].includes(name) && typeof value === 'number'
      ? `${value} (${new Date(value * 1000).toISOString()})`
      : value,
  ])
  const scopes = typeof scope === 'string' && scope !== '' ? scope.split(' ') : []
  const list = scopes.map((key) => `  ${visible(key)}\n`).join('')
  return `${recordText({ header, claims: Object.fromEntries(told) })}scopes (${scopes.length})\n${list}`
}
