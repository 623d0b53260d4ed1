import type { Command } from 'commander'
import { type AccessOptions, addAccessOptions } from '../access.ts'
import { type Terminal, write } from '../terminal.ts'
import { numbered } from './configuration.ts'
import { type Change, planOf } from './plan.ts'
import { planText } from './plan-text.ts'
import { readServer, readSide, type Side } from './sides.ts'

interface Options extends AccessOptions {
  json?: boolean
}

const help = `
What is compared: properties, feature flags, permissions, APIs, roles, connections, applications and webhooks. What a file
leaves out is not compared. Things are the same when they have the same key, audience, name or endpoint.

  $ kindred diff zoo.yaml                  what kindred apply zoo.yaml --prune would do to the current server
  $ kindred diff zoo.yaml production       … to the server of a profile
  $ kindred diff staging production        what production has differently from staging
`

/** Adds `kindred diff`. */
export function addDiff(program: Command, terminal: Terminal): void {
  const command = program
    .command('diff')
    .argument('<source>', 'a file, or a profile')
    .argument('[target]', 'a profile, or a file; the current server when left out')
    .description('Show how the configuration of two servers, or of a file and a server, differs.')
    .option('--json', 'print the plan as JSON')
    .addHelpText('after', help)
  addAccessOptions(command).action(async (source: string, target: string | undefined, options: Options) => {
    const from = await readSide(terminal, source, options)
    const to = target === undefined ? await readServer(terminal, options) : await readSide(terminal, target, options)
    await printPlan(terminal, planBetween(from, to, true), options)
  })
}

/** The changes that make the configuration of one side that of the other. */
export function planBetween(source: Side, target: Side, prune: boolean): Change[] {
  const applications = numbered(target.seed.applications ?? [], ({ name }) => name)
  // Without this application the command could not go on.
  const own = [...applications].find(([, { client_id: id }]) => target.kindred !== undefined && id === target.clientId)
  const comparesScopes = source.tellsScopes && target.tellsScopes
  return planOf(source.seed, target.seed, { prune, except: own?.[0], comparesScopes })
}

export async function printPlan(terminal: Terminal, changes: readonly Change[], { json }: Options): Promise<void> {
  await write(terminal.stdout, json ? `${JSON.stringify({ changes }, null, 2)}\n` : planText(changes))
}
