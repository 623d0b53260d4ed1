import type { Kindred } from '@kindred/sdk'
import { type Command, Option } from 'commander'
import { type AccessOptions, addAccessOptions, findAccess } from './access.ts'
import { addAppsSecrets } from './apps-secrets.ts'
import { connect } from './client.ts'
import { CommandError } from './exit-code.ts'
import { distance } from './operation-words.ts'
import { columnsOf, type Row, tableText, visible } from './table.ts'
import type { Terminal } from './terminal.ts'

const createExamples = `
  $ kindred apps create --m2m --name Reports --scopes read:users,read:organizations
  $ kindred apps create --m2m --name Backup --scopes read-only
  $ kindred apps create --m2m --name Sync --scopes 'users,read:roles' --json
  $ kindred apps create --m2m --name Orders --api https://orders.example.com --scopes all

Scopes: keys of the API, separated by commas or spaces. * stands for anything: read:*, *:users. Presets: all; read-only is
read:*; users, organizations, roles … is *:users and so on; none authorizes without a scope.

All or nothing: when a step fails, the application is deleted again.`

interface CreateOptions extends AccessOptions {
  m2m?: boolean
  name: string
  scopes?: string
  api?: string
  org?: string
  json?: boolean
}

/** Adds `kindred apps …`: applications with their credentials. */
export function addApps(program: Command, terminal: Terminal): void {
  const apps = program.command('apps').helpCommand(false).description('Make and list applications, and their secrets.')

  const create = apps
    .command('create')
    .description('Make an M2M application, authorize it for an API with scopes, and print its credentials.')
    .addOption(new Option('--m2m', 'a machine-to-machine application').makeOptionMandatory())
    .requiredOption('--name <name>', 'its name')
    .option('--scopes <scopes>', 'scopes of the API, or a preset (default: none)')
    .option('--api <api>', 'the API by id, audience or name (default: the Management API)')
    .option('--org <code>', 'hold it to this organization')
    .option('--json', 'print JSON')
    .addHelpText('after', createExamples)
  addAccessOptions(create).action(async () => {
    const options = create.opts<CreateOptions>()
    const kindred = await connect(terminal, { ...options, maxConcurrent: scopesAtOnce })
    const { caFile } = await findAccess(terminal, options)
    const made = await createM2m(kindred, options)
    terminal.stdout.write(options.json ? `${JSON.stringify(made, null, 2)}\n` : madeText(made, caFile))
  })

  const list = apps
    .command('list')
    .description('List applications.')
    .option('--json', 'print JSON')
    .addHelpText('after', '\n  $ kindred apps list\n  $ kindred apps list --json')
  addAccessOptions(list).action(async () => {
    const { json, ...options } = list.opts<AccessOptions & { json?: boolean }>()
    const kindred = await connect(terminal, options)
    const rows: Row[] = (await kindred.applications.list().all()).map((each) => ({ ...each }))
    if (json) terminal.stdout.write(`${JSON.stringify({ applications: rows }, null, 2)}\n`)
    else
      terminal.stdout.write(rows.length === 0 ? 'None.\n' : tableText(rows, columnsOf(rows), terminal.stdout.columns))
  })

  addAppsSecrets(apps, terminal)
}

const scopesAtOnce = 4

/** What `apps create` prints with `--json`. */
interface Made {
  application_id: string
  name: string
  domain: string
  client_id: string
  client_secret: string
  audience: string
  scopes: string[]
}

async function createM2m(kindred: Kindred, { name, scopes = 'none', api, org }: CreateOptions): Promise<Made> {
  const target = await findApi(kindred, api)
  const apiId = target.id!
  const known = await kindred.apis.scopes.list({ api_id: apiId }).all()
  const keys = chooseScopes(
    scopes,
    known.map(({ key }) => key!),
  )
  const { application } = await kindred.applications.create({ name, type: 'm2m', ...(org ? { org_code: org } : {}) })
  const id = application!.id!
  try {
    await kindred.apis.applications.update({ api_id: apiId, applications: [{ id }] })
    const chosen = known.filter(({ key }) => keys.includes(key!))
    await Promise.all(
      chosen.map((scope) =>
        kindred.apis.applications.scopes.add({ api_id: apiId, application_id: id, scope_id: scope.id! }),
      ),
    )
  } catch (error) {
    await kindred.applications.delete({ application_id: id }).catch((failed: Error) => {
      throw new CommandError(
        `${(error as Error).message} The application ${id} was made and could not be deleted again (${failed.message}): kindred api deleteApplication -f application_id=${id}`,
        1,
      )
    })
    throw error
  }
  return {
    application_id: id,
    name,
    domain: kindred.origin,
    client_id: application!.client_id!,
    client_secret: application!.client_secret!,
    audience: target.audience!,
    scopes: keys,
  }
}

async function findApi(kindred: Kindred, wanted: string | undefined) {
  const { apis = [] } = await kindred.apis.list()
  const found =
    wanted === undefined
      ? apis.filter((api) => api.is_management_api)
      : apis.filter((api) => [api.id, api.audience, api.name].includes(wanted))
  if (found.length === 1) return found[0]!
  const names = apis.map(({ name, audience }) => `${name} (${audience})`).join(', ')
  if (found.length > 1)
    throw new CommandError(`Several APIs are called ${JSON.stringify(wanted)}. Give the id or the audience: ${names}.`)
  throw new CommandError(`There is no API ${JSON.stringify(wanted)}. There are: ${names}.`)
}

/**
 * The scopes that keys, patterns and presets mean, in the order of the API.
 * @throws {CommandError} for a word that means none of them
 */
export function chooseScopes(words: string, known: readonly string[]): string[] {
  const chosen = new Set<string>()
  for (const word of words.split(/[\s,]+/).filter((each) => each !== '' && each !== 'none')) {
    const pattern = word === 'all' ? '*' : word === 'read-only' ? 'read:*' : word
    const matches = matching(pattern, known)
    const found = matches.length > 0 ? matches : matching(`*:${pattern}`, known)
    if (found.length === 0) {
      const near = known.toSorted((one, other) => distance(word, one) - distance(word, other)).slice(0, 3)
      const hint = near.length > 0 ? ` Nearest are ${near.join(', ')}.` : ' It has none at all.'
      throw new CommandError(`The API has no scope ${JSON.stringify(word)}.${hint} Nothing was made.`)
    }
    for (const key of found) chosen.add(key)
  }
  return known.filter((key) => chosen.has(key))
}

function matching(pattern: string, known: readonly string[]): string[] {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
  const expression = new RegExp(`^${parts.join('.*')}$`)
  return known.filter((key) => expression.test(key))
}

function madeText(made: Made, caFile: string | undefined): string {
  const { application_id, name, domain, client_id, client_secret, audience, scopes } = made
  return [
    `Application    ${visible(name)} (${application_id})`,
    `Client id      ${client_id}`,
    `Client secret  ${client_secret}`,
    `Audience       ${audience}`,
    `Scopes         ${scopes.length === 0 ? 'none' : scopes.length > 8 ? `${scopes.length}: ${scopes.slice(0, 8).join(' ')} …` : scopes.join(' ')}`,
    '',
    'For a program:',
    `  export KINDE_DOMAIN=${domain}`,
    `  export KINDE_MANAGEMENT_CLIENT_ID=${client_id}`,
    `  export KINDE_MANAGEMENT_CLIENT_SECRET=${client_secret}`,
    ...(caFile === undefined ? [] : [`  export NODE_EXTRA_CA_CERTS='${caFile}'`]),
    '',
  ].join('\n')
}
