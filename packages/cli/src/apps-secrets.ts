import type { Kindred } from '@kindred/sdk'
import type { Command } from 'commander'
import { type AccessOptions, addAccessOptions } from './access.ts'
import { connect } from './client.ts'
import { CommandError } from './exit-code.ts'
import { ask } from './prompt.ts'
import { tableText } from './table.ts'
import type { Terminal } from './terminal.ts'

const examples = `
  $ kindred apps secrets list 0123…
  $ kindred apps secrets add 0123… --label 'From June'
  $ kindred apps secrets retire 0123… <secret id>

To replace a secret without a gap: add one, give it to the program, look with list until the old one is not used any more,
retire the old one. Kindred alone has several secrets for an application; kinde.com does not.`

/** One secret, as the console's operations of Kindred tell of it. */
interface Secret {
  id: string
  label: string
  created_at: string
  expires_at: string | null
  is_expired: boolean
  last_used_at: string | null
  last_used_address: string | null
}

/** Used so recently, a secret is taken for one that is in use. */
const recentMs = 7 * 86_400_000

/** Adds `kindred apps secrets …` below `kindred apps`. */
export function addAppsSecrets(apps: Command, terminal: Terminal): void {
  const secrets = apps
    .command('secrets')
    .helpCommand(false)
    .description('Add, list and retire the secrets of an application.')
    .addHelpText('after', examples)

  const list = secrets
    .command('list')
    .argument('<application>', 'its id, which is its client id')
    .description('List secrets with their last use. The secrets themselves are not shown.')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
  addAccessOptions(list).action(async (application: string) => {
    const { json, ...options } = list.opts<AccessOptions & { json?: boolean }>()
    const found = await secretsOf(await connect(terminal, options), application)
    const rows = found.map((secret) => ({ ...secret, last_used_at: secret.last_used_at ?? (json ? null : 'never') }))
    const columns = ['id', 'label', 'created_at', 'expires_at', 'last_used_at', 'last_used_address']
    if (json) terminal.stdout.write(`${JSON.stringify({ secrets: found }, null, 2)}\n`)
    else terminal.stdout.write(rows.length === 0 ? 'None.\n' : tableText(rows, columns, terminal.stdout.columns))
  })

  const add = secrets
    .command('add')
    .argument('<application>', 'its id, which is its client id')
    .description('Make a further secret and print it. Those that there are stay valid.')
    .requiredOption('--label <label>', 'what it is for')
    .option('--expires <time>', 'when it expires, such as 2030-01-31T00:00:00Z (default: never)')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
  addAccessOptions(add).action(async (application: string) => {
    const { json, label, expires, ...options } = add.opts<
      AccessOptions & { json?: boolean; label: string; expires?: string }
    >()
    const kindred = await connect(terminal, options)
    const body = { label, ...(expires === undefined ? {} : { expires_at: expires }) }
    const made = await call<{ secret: Secret; client_secret: string }>(kindred, 'POST', pathOf(application), body)
    const { secret, client_secret: clientSecret } = made
    if (json) terminal.stdout.write(`${JSON.stringify({ secret, client_secret: clientSecret }, null, 2)}\n`)
    else
      terminal.stdout.write(`Secret id      ${secret.id}\nClient secret  ${clientSecret}\n\nIt is shown this once.\n`)
  })

  const retire = secrets
    .command('retire')
    .argument('<application>', 'its id, which is its client id')
    .argument('<secret>', 'the id of the secret')
    .description('Retire a secret, after telling when it was last used. It gives no token any more.')
    .option('--yes', 'without asking')
    .addHelpText('after', examples)
  addAccessOptions(retire).action(async (application: string, id: string) => {
    const { yes, ...options } = retire.opts<AccessOptions & { yes?: boolean }>()
    const kindred = await connect(terminal, options)
    const found = await secretsOf(kindred, application)
    const secret = found.find((each) => each.id === id)
    if (secret === undefined) {
      const known = found.map((each) => `${each.id} (${each.label})`).join(', ') || 'none'
      throw new CommandError(`The application has no secret ${id}. It has: ${known}.`)
    }
    terminal.stdout.write(`${secret.label}: ${lastUse(secret)}\n`)
    const others = found.filter((each) => each.id !== id && !each.is_expired)
    if (others.length === 0) terminal.stdout.write('It is the only one: the application gets no token any more.\n')
    if (!yes) await confirm(terminal, secret)
    await call(kindred, 'DELETE', `${pathOf(application)}/${encodeURIComponent(id)}`)
    terminal.stdout.write('Retired. Tokens that were got with it live until they expire.\n')
  })
}

function lastUse({ last_used_at: at, last_used_address: address }: Secret): string {
  if (at === null) return 'never used.'
  const isRecent = Date.now() - Date.parse(at) < recentMs
  return `last used ${at}${address === null ? '' : ` from ${address}`}${isRecent ? ': something may still need it' : ''}.`
}

async function confirm(terminal: Terminal, { label }: Secret): Promise<void> {
  if (!terminal.stdin.isTTY) throw new CommandError('Nothing was retired: there is no terminal to ask at. Say --yes.')
  const answer = await ask(terminal, `Retire ${label}? (y/N) `)
  if (!/^y(es)?$/i.test(answer)) throw new CommandError('Nothing was retired.')
}

async function secretsOf(kindred: Kindred, application: string): Promise<Secret[]> {
  return (await call<{ secrets: Secret[] }>(kindred, 'GET', pathOf(application))).secrets
}

function pathOf(application: string): string {
  return `/admin/api/applications/${encodeURIComponent(application)}/secrets`
}

/** These operations are of Kindred's console: a server of Kinde has none of them. */
async function call<Result>(kindred: Kindred, method: string, path: string, body?: object): Promise<Result> {
  try {
    return await kindred.request<Result>(method, path, { body })
  } catch (error) {
    const { status, code } = error as { status?: number; code?: string }
    if (status !== 404 || code === 'APPLICATION_NOT_FOUND' || code === 'SECRET_NOT_FOUND') throw error
    throw new CommandError(
      `${kindred.origin} keeps one secret for each application: only Kindred has several. Use its own pages.`,
      1,
    )
  }
}
