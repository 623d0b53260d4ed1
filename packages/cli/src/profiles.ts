import type { Command } from 'commander'
import { findAccess, originText } from './access.ts'
import { CommandError } from './exit-code.ts'
import { readProfiles, writeProfiles } from './profile-store.ts'
import { tableText } from './table.ts'
import type { Terminal } from './terminal.ts'

const listExamples = `
  $ kindred profiles
  $ kindred profiles use dev
  $ kindred profiles remove dev

Which one a command calls: --profile, or KINDRED_PROFILE; then the variables KINDE_DOMAIN, KINDE_MANAGEMENT_CLIENT_ID and
KINDE_MANAGEMENT_CLIENT_SECRET; then the profile in use; then the server that was started in this folder.`

/** Adds `kindred profiles`: what `login` has remembered. */
export function addProfiles(program: Command, terminal: Terminal): void {
  const profiles = program
    .command('profiles')
    .helpCommand(false)
    .description('List, choose and remove the servers that login remembers.')
    .addHelpText('after', listExamples)

  const list = profiles
    .command('list', { isDefault: true })
    .description('List profiles. Secrets are not shown.')
    .option('--json', 'print JSON')
    .addHelpText('after', listExamples)
  list.action(async () => {
    const { current, profiles } = await readProfiles(terminal)
    const rows = Object.entries(profiles).map(([name, profile]) => ({
      name,
      used: name === current,
      domain: profile.domain,
      client_id: profile.client_id,
      ca_file: profile.ca_file ?? null,
    }))
    if (list.opts<{ json?: boolean }>().json) {
      terminal.stdout.write(`${JSON.stringify({ profiles: rows }, null, 2)}\n`)
      return
    }
    if (rows.length === 0) terminal.stdout.write('No profiles yet. Make one with: kindred login\n')
    else {
      const shown = rows.map((row) => ({ ...row, used: row.used ? '*' : '' }))
      const columns = ['used', 'name', 'domain', 'client_id', ...(rows.some((row) => row.ca_file) ? ['ca_file'] : [])]
      terminal.stdout.write(tableText(shown, columns, terminal.stdout.columns))
    }
    // Without a server there is nothing to tell beyond the list.
    const access = await findAccess(terminal, {}).catch(() => undefined)
    if (access !== undefined) terminal.stdout.write(`\nCommands here call ${access.domain} (${originText(access)}).\n`)
  })

  profiles
    .command('use')
    .argument('<name>')
    .description('Use a profile from now on.')
    .addHelpText('after', '\n  $ kindred profiles use dev')
    .action(async (name: string) => {
      const { profiles } = await readProfiles(terminal)
      requireProfile(profiles, name)
      await writeProfiles(terminal, { current: name, profiles })
      terminal.stdout.write(`Commands call ${profiles[name]!.domain} from now on.\n`)
    })

  profiles
    .command('remove')
    .argument('<name>')
    .description('Forget a profile. The application on the server stays.')
    .addHelpText('after', '\n  $ kindred profiles remove dev')
    .action(async (name: string) => {
      const { current, profiles } = await readProfiles(terminal)
      requireProfile(profiles, name)
      delete profiles[name]
      const next = current === name ? null : current
      await writeProfiles(terminal, { current: next, profiles })
      const rest = Object.keys(profiles)
      const advice = next === null && rest.length > 0 ? ` Choose another with: kindred profiles use ${rest[0]}` : ''
      terminal.stdout.write(`Profile ${name} is removed.${advice}\n`)
    })
}

function requireProfile(profiles: Record<string, unknown>, name: string): void {
  if (Object.hasOwn(profiles, name)) return
  const known = Object.keys(profiles).join(', ') || 'none yet'
  throw new CommandError(
    `There is no profile ${JSON.stringify(name)}. There are: ${known}. Make one with: kindred login`,
  )
}
