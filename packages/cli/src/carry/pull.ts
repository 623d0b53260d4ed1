import { chmod, rename, writeFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { Seed } from '@kindred/server'
import type { Command } from 'commander'
import { type AccessOptions, addAccessOptions } from '../access.ts'
import { CommandError } from '../exit-code.ts'
import type { Terminal } from '../terminal.ts'
import { peopleFiles, pullPeople } from './people-files.ts'
import { type Progress, progressOf } from './progress.ts'
import { readBusiness, readOrganizations, readVariables } from './read-organizations.ts'
import { type LiveSide, readServer } from './sides.ts'

interface Options extends AccessOptions {
  out: string
  users?: boolean
  secrets: boolean
  askTokens?: boolean
}

const help = `
The file is a seed: it can be edited, compared (kindred diff), applied to another server (kindred apply), and a test server
starts with it: start({ seed: 'kindred.yaml' }). It holds client secrets, so only you can read it.

  $ kindred pull                                    the configuration and organizations, into kindred.yaml
  $ kindred pull --users --out zoo.yaml             … with users and members in files beside it; stopped, it can be repeated
  $ kindred pull --profile staging --no-secrets --out zoo.json
`

/** Adds `kindred pull`. */
export function addPull(program: Command, terminal: Terminal): void {
  const command = program
    .command('pull')
    .description('Copy a whole environment into a file.')
    .option('--out <file>', 'the file: .yaml, .yml or .json', 'kindred.yaml')
    .option('--users', 'users and members too, in files beside it')
    .option('--ask-tokens', 'where scopes of M2M applications are not told, ask for a token as each of them')
    .option('--no-secrets', 'leave client secrets out')
    .addHelpText('after', help)
  addAccessOptions(command).action(async (options: Options) => {
    const file = resolve(terminal.folder, options.out)
    if (!/\.(ya?ml|json)$/i.test(file)) {
      throw new CommandError(`--out ${options.out}: the name ends in .yaml, .yml or .json.`)
    }
    await pull(terminal, file, options)
  })
}

async function pull(terminal: Terminal, file: string, options: Options): Promise<void> {
  const live = await readServer(terminal, { ...options, asksTokens: options.askTokens ?? false })
  const progress = progressOf(terminal)
  const notes: string[] = []
  try {
    const seed = await completeSeed(live, { file, options, progress, notes })
    if (!options.secrets) seed.applications = seed.applications?.map(({ client_secret: _, ...rest }) => rest)
    const { seedText } = await import('@kindred/server')
    const heading = [`Copied from ${live.title}.`, ...(options.secrets ? ['It holds client secrets.'] : []), ...notes]
    const text = await seedText(seed, /\.json$/i.test(file) ? 'json' : 'yaml', heading)
    await writePrivately(file, text)
  } finally {
    progress.end()
  }
  for (const note of notes) terminal.stderr.write(`${note}\n`)
  terminal.stderr.write(`${options.out} is a copy of ${live.title}.\n`)
}

async function completeSeed(
  live: LiveSide,
  { file, options, progress, notes }: { file: string; options: Options; progress: Progress; notes: string[] },
): Promise<Seed> {
  const { kindred } = live
  const organizations = await readOrganizations(kindred, (count) => progress.show(`Reading organizations: ${count}`))
  const business = await readBusiness(kindred)
  const { variables, hidden } = await readVariables(kindred)
  if (hidden.length > 0)
    notes.push(`Environment variables whose values are secret were left out: ${hidden.join(', ')}.`)
  if ((live.seed.connections ?? []).length > 0) {
    notes.push('What connections need of their providers is not shown by the API: add their options where needed.')
  }
  if (!live.tellsScopes) {
    notes.push(
      'Scopes of some applications are not told by the server: add them to scopes and apis, or pull with --ask-tokens.',
    )
  }
  const { applications, webhooks, ...first } = live.seed
  const seed: Seed = { business, ...first, organizations, applications, environment_variables: variables, webhooks }
  if (!options.users) return seed
  const files = peopleFiles(file)
  const listed = await kindred.organizations.list().all()
  await pullPeople(kindred, {
    files,
    domain: live.domain,
    organizations: listed.map(({ code = '', name = '', handle, is_default: isDefault = false }) => ({
      ...{ code, isDefault },
      reference: isDefault ? (handle ?? name) : code,
    })),
    onRead: (text) => progress.show(`Reading ${text}`),
  })
  return { ...seed, users_file: basename(files.users), members_file: basename(files.members) }
}

/** The file is complete or not there, and never readable for others. */
async function writePrivately(file: string, text: string): Promise<void> {
  const made = `${file}.new`
  try {
    await writeFile(made, text, { mode: 0o600 })
    await chmod(made, 0o600)
    await rename(made, file)
  } catch (error) {
    throw new CommandError(`${file} cannot be written (${(error as Error).message}). Name another one: --out <file>`)
  }
}
