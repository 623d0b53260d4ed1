import { settings } from '@kindred/server'
import type { Command } from 'commander'

/** Gives a command a flag for each setting, or for those that are named. The help names the variables too. */
export function addSettings(command: Command, only?: readonly string[]): Command {
  for (const { variable, flag, meaning } of settings) {
    if (only !== undefined && !only.includes(variable)) continue
    command.option(flag, `${meaning} [${variable}]`)
  }
  return command
}

/** The settings: the environment, and the flags of the command where they were given. */
export function settingValues(command: Command): Record<string, string | undefined> {
  const flags = command.opts<Record<string, string | true | undefined>>()
  const values: Record<string, string | undefined> = {}
  for (const { variable } of settings) {
    const name = variable.replace('KINDRED_', '').toLowerCase()
    const flag = name.replaceAll(/_(\w)/g, (_match, letter: string) => letter.toUpperCase())
    const given = flags[flag]
    // A flag whose value may be left out, as in `--control`.
    values[variable] = given === true ? 'on' : (given ?? process.env[variable])
  }
  return values
}
