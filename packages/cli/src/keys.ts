import { readConfig, rotateKeys } from '@kindred/server'
import { Command } from 'commander'
import { addSettings, settingValues } from './settings.ts'

/** `kindred keys …`: the signing keys of an environment. */
export function keys(): Command {
  const rotate = new Command('rotate')
    .description('Retire the current signing key and sign with the next one. The running server goes on.')
    .option('--json', 'print the key ids as one JSON line')
  addSettings(rotate, ['KINDRED_DATABASE_URL', 'KINDRED_DATA_DIR', 'KINDRED_SECRET_KEY']).action(async () => {
    const { warning, ...rotation } = await rotateKeys(readConfig(settingValues(rotate)))
    if (warning !== undefined) process.stderr.write(`${warning}\n`)
    const text = `Current  ${rotation.current}\nNext     ${rotation.next}\nRetired  ${rotation.retired} (stays published until its last token has expired)\n`
    process.stdout.write(rotate.opts().json ? `${JSON.stringify(rotation)}\n` : text)
  })
  return new Command('keys').description('Signing keys.').addCommand(rotate)
}
