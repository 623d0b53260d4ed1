import { readConfig, rotateKeys } from '@kindred/server'
import type { Command } from 'commander'
import { addSettings, settingValues } from './settings.ts'

/** Adds `kindred keys …`: the signing keys of an environment. */
export function addKeys(program: Command): void {
  const keys = program.command('keys').helpCommand(false).description('Rotate the keys that sign tokens.')
  const command = keys
    .command('rotate')
    .description(
      'Sign with the next key from now on and make a new next one. Servers that are running notice by themselves; ' +
        'tokens that were signed before stay valid until they expire.',
    )
    .option('--json', 'print the key ids as one JSON line, instead of text')
    .addHelpText('after', '\nGive it the database and master key that the server has.')
  addSettings(command, ['KINDRED_DATABASE_URL', 'KINDRED_DATA_DIR', 'KINDRED_SECRET_KEY']).action(async () => {
    const { warning, ...rotation } = await rotateKeys(readConfig(settingValues(command)))
    if (warning !== undefined) process.stderr.write(`${warning}\n`)
    const { json } = command.opts<{ json?: boolean }>()
    process.stdout.write(json ? `${JSON.stringify(rotation)}\n` : rotationText(rotation))
  })
}

function rotationText({ current, next, retired }: { current: string; next: string; retired: string }): string {
  return [
    `Signs from now on    ${current}`,
    `Next, published now  ${next}`,
    `Retired              ${retired} (published until its last token has expired)`,
    '',
  ].join('\n')
}
