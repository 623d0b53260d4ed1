import type { Command } from 'commander'
import { type AccessOptions, addAccessOptions } from '../access.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import { ask } from '../prompt.ts'
import { type Terminal, write } from '../terminal.ts'
import { planBetween, printPlan } from './diff.ts'
import { perform } from './perform.ts'
import type { Change } from './plan.ts'
import { changeText, countText } from './plan-text.ts'
import { type LiveSide, readServer, readSide } from './sides.ts'

interface Options extends AccessOptions {
  to?: string
  yes?: boolean
  prune?: boolean
  json?: boolean
}

const help = `
Shows the plan, asks, and carries it out in an order in which each step can be done. Nothing is deleted without --prune.
It stops at the first refusal and says what was done; the same command again goes on from there.

  $ kindred apply zoo.yaml                    to the current server
  $ kindred apply zoo.yaml --to production    to the server of a profile
  $ kindred apply staging --to production --yes --prune
`

/** Adds `kindred apply`. */
export function addApply(program: Command, terminal: Terminal): void {
  const command = program
    .command('apply')
    .argument('<source>', 'a file, or a profile')
    .description('Carry configuration from a file or a server to a server: a plan first, then the changes.')
    .option('--to <profile>', 'the server to change; the current one when left out')
    .option('--yes', 'do not ask')
    .option('--prune', 'delete what the source does not have')
    .option('--json', 'print the plan and what was done as JSON')
    .addHelpText('after', help)
  addAccessOptions(command).action(async (word: string, options: Options) => {
    const source = await readSide(terminal, word, options)
    const target = await readServer(terminal, { ...options, profile: options.to ?? options.profile })
    const changes = planBetween(source, target, options.prune ?? false)
    if (!options.json) await printPlan(terminal, changes, options)
    refuseObstacles(changes)
    if (changes.length > 0 && !options.yes) await confirm(terminal, changes, target)
    await carryOut(terminal, changes, { source, target, json: options.json ?? false })
  })
}

function refuseObstacles(changes: readonly Change[]): void {
  const hindered = changes.filter(({ obstacle }) => obstacle !== undefined)
  if (hindered.length === 0) return
  const lines = hindered.map((change) => `${changeText(change)}: ${change.obstacle}`)
  throw new CommandError(`Nothing was changed, because of:\n  ${lines.join('\n  ')}`, exitCodes.refused)
}

async function confirm(terminal: Terminal, changes: readonly Change[], { title }: LiveSide): Promise<void> {
  if (!terminal.stdin.isTTY) throw new CommandError(`${countText(changes)} Nothing was changed: add --yes to do it.`)
  const answer = await ask(terminal, `Change ${title}? [y/N] `)
  if (!/^y(es)?$/i.test(answer)) throw new CommandError('Nothing was changed.', exitCodes.refused)
}

async function carryOut(
  terminal: Terminal,
  changes: readonly Change[],
  { source, target, json }: { source: Parameters<typeof planBetween>[0]; target: LiveSide; json: boolean },
): Promise<void> {
  const done: Change[] = []
  const report = () =>
    json ? write(terminal.stdout, `${JSON.stringify({ changes, done: done.length }, null, 2)}\n`) : undefined
  for (const change of changes) {
    try {
      await perform(change, { source: source.seed, target })
    } catch (error) {
      await report()
      const rest = changes.slice(done.length + 1).map((one) => `  ${changeText(one)}\n`)
      terminal.stderr.write(
        [
          `Stopped at: ${changeText(change)}\n`,
          done.length === 0
            ? 'Nothing was done before it.\n'
            : `Done before it:\n${done.map((one) => `  ${changeText(one)}\n`).join('')}`,
          rest.length === 0 ? '' : `Not done:\n${rest.join('')}`,
          'The same command again goes on from here.\n',
        ].join(''),
      )
      throw error
    }
    done.push(change)
  }
  await report()
  if (!json && done.length > 0) await write(terminal.stdout, `Done: ${done.length} changes to ${target.title}.\n`)
}
