import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addAdmin } from './admin.ts'
import { addKeys } from './keys.ts'
import { addServe } from './serve.ts'

/**
 * Runs the `kindred` command.
 * @param argv words after the program's name
 * @returns the exit code: 0 when it did what was asked, 2 for settings or a command line that cannot be used, 1 for
 *   anything else
 */
export async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('kindred')
    .description('A self-hosted server that speaks the Kinde Management API.')
    .version(version(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addHelpText('after', '\nStart with: npx kindred serve')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(oneLine(text)) })
  addServe(program)
  addKeys(program)
  addAdmin(program)
  try {
    await program.parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    return exitCode(error)
  }
}

/** Sources and bundle lie equally deep below the package. */
function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return version
}

/** Commander's complaint about the command line, which may have a second line with a suggestion. */
function oneLine(text: string): string {
  const complaint = text.trim().replace(/\n\((.+)\?\)$/, '. $1?')
  return `${complaint}${/[.?]$/.test(complaint) ? '' : '.'} Run with --help to see what is possible.\n`
}

function exitCode(error: unknown): number {
  const { name, code, exitCode, message } = error as Error & { code?: string; exitCode?: number }
  // Commander has printed its own message, or the help that was asked for.
  if (code?.startsWith('commander.')) return exitCode === 0 ? 0 : 2
  if (name === 'StartError') {
    process.stderr.write(`${message}\n`)
    return 2
  }
  process.stderr.write(`${(error as Error).stack ?? String(error)}\n`)
  return 1
}
