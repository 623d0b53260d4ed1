import { readConfig, readyLine, readyText, serve as startServer } from '@kindred/server'
import { Command } from 'commander'
import { addSettings, settingValues } from './settings.ts'

/** `kindred serve`: runs until it is told to stop. */
export function serve(): Command {
  const command = new Command('serve')
    .description('Serve the token endpoint and the Management API.')
    .option('--json', 'print one JSON line when ready, instead of text')
    .option('--show-secret', 'print the client secret although it was made earlier')
  return addSettings(command).action(async () => {
    const { json, showSecret = false } = command.opts<{ json?: boolean; showSecret?: boolean }>()
    const running = await startServer(readConfig(settingValues(command)))
    process.stdout.write(json ? `${readyLine(running, { showSecret })}\n` : readyText(running, { showSecret }))
    await stopSignal()
    await running.stop()
  })
}

/** Resolves at SIGTERM or SIGINT; a second one ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
}
