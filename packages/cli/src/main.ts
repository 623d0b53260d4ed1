import { Command } from 'commander'
import { keys } from './keys.ts'
import { serve } from './serve.ts'

/**
 * Runs the `kindred` command.
 * @param argv words after the program's name
 * @returns the exit code: 0 when it did what was asked, 2 for settings or a command line that cannot be used, 1 for
 *   anything else
 */
export async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('kindred')
    .description('A self-hosted server that speaks the Kinde Management API.')
    .showHelpAfterError('Run with --help to see what is possible.')
    .exitOverride()
    .addCommand(serve())
    .addCommand(keys())
  try {
    await program.parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    return exitCode(error)
  }
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
