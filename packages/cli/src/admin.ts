import { makeResetLink, makeSetupLink, readConfig } from '@kindred/server'
import type { Command } from 'commander'
import { addSettings, settingValues } from './settings.ts'

const needed = ['KINDRED_URL', 'KINDRED_PORT', 'KINDRED_TLS', 'KINDRED_DATABASE_URL', 'KINDRED_DATA_DIR']
const hint = '\nGive it the database and the public URL that the server has. The server may run meanwhile.'

/** Adds `kindred admin …`: ways into the console for whoever has the machine. */
export function addAdmin(program: Command): void {
  const admin = program.command('admin').helpCommand(false).description('Get into the console.')

  const setup = admin
    .command('setup-link')
    .description("Print a one-time link that makes the first owner's account, as long as nobody has one.")
    .addHelpText('after', hint)
  addSettings(setup, needed).action(async () => {
    process.stdout.write(`${await makeSetupLink(readConfig(settingValues(setup)))}\n`)
  })

  const reset = admin
    .command('reset-password')
    .argument('<email>', 'e-mail address of the administrator')
    .description('Print a one-time link with which an administrator sets a new password within an hour.')
    .addHelpText('after', hint)
  addSettings(reset, needed).action(async (email: string) => {
    process.stdout.write(`${await makeResetLink(readConfig(settingValues(reset)), email)}\n`)
  })
}
