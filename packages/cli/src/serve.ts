import { readConfig, readyLine, readyText, serve as startServer } from '@kindred/server'
import type { Command } from 'commander'
import { addSettings, settingValues } from './settings.ts'

/** Adds `kindred serve`: it runs until it is told to stop. */
export function addServe(program: Command): void {
  const command = program
    .command('serve')
    .description('Serve the token endpoint and the Management API.')
    .option('--json', 'print one JSON line when ready, instead of text')
    .option('--show-secret', 'print the client secret although it was made earlier')
    .addHelpText('after', '\nEach setting is a flag and an environment variable; the flag wins.')
  addSettings(command).action(async () => {
    const { json, showSecret = false } = command.opts<{ json?: boolean; showSecret?: boolean }>()
    const running = await startServer(readConfig(settingValues(command)))
    process.stdout.write(json ? `${readyLine(running, { showSecret })}\n` : readyText(running, { showSecret }))
    await stopSignal()
    await running.stop()
    // Everything is closed. What a library may have left open must not keep the process from ending.
    setTimeout(() => process.exit(), lastWordsMs).unref()
  })
}

const lastWordsMs = 500
const stopSignals = ['SIGTERM', 'SIGINT'] as const

/** Resolves at SIGTERM or SIGINT; a second one, whichever it is, ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    function stop(): void {
      for (const signal of stopSignals) process.off(signal, stop)
      resolve()
    }
    for (const signal of stopSignals) process.on(signal, stop)
  })
}
