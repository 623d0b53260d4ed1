import type { Kindred, ListCall, OperationInfo } from '@kindred/sdk'
import { operations } from '@kindred/sdk/operations'
import type { Command } from 'commander'
import { type AccessOptions, addAccessOptions } from './access.ts'
import { operationHelp } from './api-help.ts'
import { readOperationInput, readRawInput } from './api-input.ts'
import { connect } from './client.ts'
import { CommandError } from './exit-code.ts'
import { findTarget, searchOperations } from './operation-words.ts'
import { columnsOf, type Row, recordText, tableText } from './table.ts'
import { type Terminal, write } from './terminal.ts'

interface Options extends AccessOptions {
  field: string[]
  body?: string
  all?: boolean
  limit?: string
  columns?: string
  json?: boolean
  list?: boolean
  help?: boolean
}

const examples = `
Find an operation, and see what it takes:
  $ kindred api --list invite
  $ kindred api getUsers --help

Call it, by its id, its name in the SDK, or method and path:
  $ kindred api getUsers -f page_size=5
  $ kindred api users.list --all --json
  $ kindred api GET '/api/v1/users?page_size=5'
  $ kindred api createUser -f profile.given_name=Ada -f 'identities[0].type=email' \\
      -f 'identities[0].details.email=ada@example.com'
  $ kindred api createUser --body @user.json
  $ echo '{"name":"Editor","key":"editor"}' | kindred api CreateRole --body -

Fields: name=value takes the type that the operation has for it; name:=<JSON> takes JSON; name=@file takes a file. A list
is given by repeating its field. On a terminal replies are tables; elsewhere, and with --json, they are JSON.

Exit codes: 0 done, 1 refused, 2 wrong usage, 3 no answer, 4 not authorized, 5 the server failed or asks to wait.`

/** Adds `kindred api`: every operation of the Management API. */
export function addApi(program: Command, terminal: Terminal): void {
  const command = program
    .command('api')
    .argument('[operation...]', 'operation id (getUsers), or METHOD and path')
    .description('Call any operation of the Management API.')
    .option('-f, --field <name=value>', 'a parameter; may be repeated', (field, all: string[]) => [...all, field], [])
    .option('--body <json>', 'the body: JSON, @file, or - for standard input')
    .option('--all', 'every page of a list; with --json one entry a line')
    .option('--limit <number>', 'like --all, and at most so many entries')
    .option('--columns <names>', 'columns of the table, separated by commas')
    .option('--json', 'print JSON')
    .option('--list', 'list operations; words narrow the list')
    .helpOption(false)
    .option('-h, --help', 'print this help, or that of the operation')
    .addHelpText('after', examples)
  addAccessOptions(command).action(async (words: string[]) => {
    const options = command.opts<Options>()
    if (options.list) return listOperations(terminal, words, options)
    if (words.length === 0) return command.help({ error: !options.help })
    const target = findTarget(words, operations)
    const { operation } = target
    if (options.help) {
      if (operation === undefined) return command.help()
      const { bodyExampleOf } = await import('@kindred/server')
      const body = operation.body === 'json' ? bodyExampleOf(operation.id) : undefined
      terminal.stdout.write(operationHelp(operation, terminal.stdout.columns ?? 80, body))
      return
    }
    const given = { fields: options.field, body: options.body }
    if (operation === undefined) {
      if (options.all || options.limit)
        throw new CommandError('--all is for operations: kindred api --list names them.')
      const request = await readRawInput(terminal, target, given)
      const kindred = await connect(terminal, options)
      await show(terminal, await kindred.request(target.method, target.path, request), undefined, options)
      return
    }
    const input = await readOperationInput(terminal, operation, target, given)
    const limit = readLimit(options)
    if (limit === undefined) {
      const kindred = await connect(terminal, options)
      await show(terminal, await kindred.send(operation, input), operation, options)
    } else {
      if (operation.items === undefined)
        throw new CommandError(`${operation.id} gives no list: leave out --all and --limit.`)
      await showAll(terminal, await connect(terminal, options), operation, { input, limit, options })
    }
  })
}

async function listOperations(terminal: Terminal, words: readonly string[], { json }: Options): Promise<void> {
  const found = searchOperations(words, operations)
  if (found.length === 0)
    throw new CommandError(`No operation has ${words.join(' and ')} in it. All of them: kindred api --list`)
  const rows = found.map(({ id, method, path, scope, summary }) => ({ operation: id, method, path, scope, summary }))
  const columns = ['operation', 'method', 'path', 'summary']
  await write(
    terminal.stdout,
    json ? `${JSON.stringify(rows, null, 2)}\n` : tableText(rows, columns, terminal.stdout.columns),
  )
}

function readLimit({ all, limit }: Options): number | undefined {
  if (limit === undefined) return all ? Number.POSITIVE_INFINITY : undefined
  if (!/^[1-9]\d*$/.test(limit)) throw new CommandError(`--limit ${limit}: give a whole number from 1.`)
  return Number(limit)
}

/** One reply: a table, names and values, or JSON. */
async function show(
  terminal: Terminal,
  reply: unknown,
  operation: OperationInfo | undefined,
  options: Options,
): Promise<void> {
  const { stdout, stderr } = terminal
  if (options.json || !stdout.isTTY) {
    await write(stdout, `${JSON.stringify(reply, null, stdout.isTTY ? 2 : undefined)}\n`)
    return
  }
  const record = (reply ?? {}) as Row
  const items = operation?.items === undefined ? undefined : record[operation.items]
  if (!Array.isArray(items)) {
    const { code, message, ...rest } = record
    const said = typeof message === 'string' ? message : typeof code === 'string' ? code : ''
    const hasMore = Object.keys(rest).length > 0
    await write(stdout, hasMore ? recordText(rest) : `${said || 'Done.'}\n`)
    return
  }
  await write(stdout, table(items, options, stdout.columns))
  const { next_token: nextToken, has_more: hasMore } = record
  if (nextToken || hasMore === true) stderr.write(`${items.length} shown; more follow: add --all\n`)
}

/** Every page: one JSON line for each entry as they come, or a table of all in the end. */
async function showAll(
  terminal: Terminal,
  kindred: Kindred,
  operation: OperationInfo,
  { input, limit, options }: { input: object; limit: number; options: Options },
): Promise<void> {
  const list = kindred.list<Row, object>(operation as ListCall, input)
  if (!options.json && terminal.stdout.isTTY) {
    await write(terminal.stdout, table(await list.all({ limit }), options, terminal.stdout.columns))
    return
  }
  let left = limit
  for await (const item of list) {
    await write(terminal.stdout, `${JSON.stringify(item)}\n`)
    left -= 1
    if (left <= 0) return
  }
}

function table(items: readonly unknown[], { columns }: Options, width: number | undefined): string {
  if (items.length === 0) return 'None.\n'
  const rows = items.map(rowOf)
  const shown = columns?.split(',').map((name) => name.trim()) ?? columnsOf(rows)
  return tableText(rows, shown, width)
}

/** Entries may be plain values, or lie one level deeper, as connections do. */
function rowOf(item: unknown): Row {
  if (typeof item !== 'object' || item === null) return { value: item }
  const values = Object.values(item)
  const [inner] = values
  return values.length === 1 && typeof inner === 'object' && inner !== null && !Array.isArray(inner)
    ? (inner as Row)
    : (item as Row)
}
