import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { entries } from './commands.ts'
import { type Failure, failureLine, failureOf, failureText } from './failure.ts'
import { processTerminal, type Terminal } from './terminal.ts'

/**
 * Runs the `kindred` command.
 * @param argv words after the program's name
 * @returns the exit code, one of `exitCodes`
 */
export async function main(argv: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  const program = new Command('kindred')
    .description('A self-hosted server that speaks the Kinde Management API, and a client for any such server.')
    .version(version(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addHelpText('after', '\nStart with: npx kindred serve\nThen, in the same folder: npx kindred api getUsers')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      outputError: (text, write) => write(oneLine(text)),
      getOutHelpWidth: () => terminal.stdout.columns ?? 80,
      getErrHelpWidth: () => terminal.stderr.columns ?? 80,
    })
  try {
    for (const { name, description, load } of entries) {
      if (name === argv[0]) (await load())(program, terminal)
      else program.command(name).description(description)
    }
    await program.parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    // Commander has printed its own message, or the help that was asked for.
    const { code, exitCode } = error as { code?: string; exitCode?: number }
    if (code?.startsWith('commander.')) return exitCode === 0 ? 0 : 2
    const failure = failureOf(error)
    terminal.stderr.write(textOf(failure, error, argv))
    return failure.exitCode
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

function textOf(failure: Failure, error: unknown, argv: readonly string[]): string {
  const { name, stack } = error as Error
  if (failure.isUnforeseen) return `${stack ?? String(error)}\n`
  // The server's settings are told in a line that begins with the variable.
  if (name === 'StartError') return `${failure.message}\n`
  return argv.includes('--json') ? failureLine(failure) : failureText(failure)
}
