import { createReadStream, existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { type AccessOptions, addAccessOptions } from '../access.ts'
import { connect } from '../client.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import type { Terminal } from '../terminal.ts'
import { Checkpoint, fingerprint, startOf } from './checkpoint.ts'
import { type ExportState, exportUsers } from './export-users.ts'
import { type Existing, ImportTarget } from './import-target.ts'
import { type ImportState, importUsers } from './import-users.ts'
import { RowError } from './imported-user.ts'
import { untilInterrupt } from './interrupt.ts'
import { Progress } from './progress.ts'
import { ReportFile } from './report-file.ts'
import { type Format, formatOf, readRows } from './rows.ts'

const importExamples = `
  $ kindred users import users.ndjson
  $ kindred users import users.csv
  $ kindred users import auth0-export.json
  $ kindred users import auth0-passwords.json --existing update

Forms: Kinde's NDJSON and CSV; exports of Auth0 as NDJSON or array, and its file of password hashes. Hashes of passwords are
taken over as they are. Organizations are found by their external_id, or code; roles and permissions by their keys.

Stopped with Ctrl+C, or by a server that went away, it goes on where it was when the same command is given again. Rows that
are refused are in FILE.refused.ndjson, each with its reason; the others are imported, and the exit code is 6.`

const exportExamples = `
  $ kindred users export users.ndjson
  $ kindred users export users.csv --full

Kinde's forms, which kindred users import and Kinde take. --full adds which identities are verified, property values, roles
and permissions, with several requests for each user. Hashes of passwords are not in it: no API gives them out. Stopped, it
goes on where it was when the same command is given again.`

interface ImportOptions extends AccessOptions {
  format?: Format
  existing: Existing
  report?: string
  concurrency: string
  restart?: boolean
  json?: boolean
}

interface ExportOptions extends AccessOptions {
  format?: Format
  full?: boolean
  restart?: boolean
  json?: boolean
}

/** Adds `kindred users …`: many users at once. */
export function addUsers(program: Command, terminal: Terminal): void {
  const users = program.command('users').helpCommand(false).description('Import and export users.')

  const importing = users
    .command('import')
    .argument('<file>', 'users, as NDJSON, JSON array or CSV')
    .description('Import users from a file of Kinde or Auth0.')
    .addOption(new Option('--format <format>', 'the form (default: from the name)').choices(['csv', 'json']))
    .addOption(
      new Option('--existing <what>', 'what to do with users who are there already')
        .choices(['skip', 'update'])
        .default('skip'),
    )
    .option('--report <file>', 'where refused rows go (default: FILE.refused.ndjson)')
    .option('--concurrency <number>', 'how many users are sent at once', '32')
    .option('--restart', 'begin at the first row, although an earlier run got further')
    .option('--json', 'print the counts as JSON')
    .addHelpText('after', importExamples)
  addAccessOptions(importing).action((file: string) => runImport(terminal, file, importing.opts<ImportOptions>()))

  const exporting = users
    .command('export')
    .argument('<file>', 'where to; .ndjson or .csv')
    .description("Export all users in Kinde's form.")
    .addOption(new Option('--format <format>', 'the form (default: from the name)').choices(['csv', 'json']))
    .option('--full', 'with verification, property values, roles and permissions')
    .option('--restart', 'begin at the first user, although an earlier run got further')
    .option('--json', 'print the count as JSON')
    .addHelpText('after', exportExamples)
  addAccessOptions(exporting).action((file: string) => runExport(terminal, file, exporting.opts<ExportOptions>()))
}

async function runImport(terminal: Terminal, name: string, options: ImportOptions): Promise<void> {
  const file = resolve(terminal.folder, name)
  if (!existsSync(file)) throw new CommandError(`There is no file ${name}.`)
  const format = options.format ?? formatByName(name)
  const concurrency = Number(options.concurrency)
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 64) {
    throw new CommandError(`--concurrency ${options.concurrency}: give a whole number from 1 to 64.`)
  }
  const kindred = await connect(terminal, options)
  const { size, text } = await fingerprint(file)
  const checkpoint = new Checkpoint<ImportState>(`${file}.checkpoint.json`, { file: text, server: kindred.origin })
  const reportFile = options.report === undefined ? `${file}.refused.ndjson` : resolve(terminal.folder, options.report)
  const earlier = await startOf(checkpoint, options.restart)
  if (earlier !== undefined) terminal.stderr.write(`Going on after ${earlier.done} rows.\n`)
  else await rm(reportFile, { force: true })

  const progress = new Progress(terminal)
  const before = earlier?.done ?? 0
  const stream = createReadStream(file, { encoding: 'utf8' })
  const report = new ReportFile(reportFile, earlier !== undefined)
  const { state, isWhole } = await untilInterrupt((signal) =>
    importUsers(readRows(stream, format), new ImportTarget(kindred, options.existing), {
      ...{ checkpoint, concurrency, signal },
      report: (refusal) => report.add(refusal),
      onProgress(state) {
        progress.show(stream.bytesRead / Math.max(1, size), state.done - before, () => {
          const refused = state.refused > 0 ? `, ${state.refused} refused` : ''
          return `${state.done.toLocaleString('en')} rows${refused}`
        })
      },
    }),
  )
    .catch((error: Error) => {
      throw error instanceof RowError ? new CommandError(`${name}: ${error.message}`) : error
    })
    .finally(() => {
      progress.end()
      return report.close()
    })
  const { done, imported, updated, existing, refused } = state
  const refusedIn = refused > 0 ? reportFile : null
  if (options.json) {
    const counts = { rows: done, imported, updated, existing, refused, report: refusedIn, is_whole: isWhole }
    terminal.stdout.write(`${JSON.stringify(counts)}\n`)
  } else {
    const parts = [
      `${imported} imported`,
      updated > 0 && `${updated} updated`,
      existing > 0 && `${existing} there already`,
    ]
    terminal.stdout.write(
      `${done} ${done === 1 ? 'row' : 'rows'}: ${parts.filter(Boolean).join(', ')}, ${refused} refused.\n`,
    )
  }
  if (!isWhole) throw new CommandError('Stopped. The same command goes on from here.', exitCodes.partly)
  if (refused > 0)
    throw new CommandError(
      `${refused} ${refused === 1 ? 'row was' : 'rows were'} refused, in whole or in part. Reasons are in ${reportFile}`,
      exitCodes.partly,
    )
}

async function runExport(terminal: Terminal, name: string, options: ExportOptions): Promise<void> {
  const file = resolve(terminal.folder, name)
  const format = options.format ?? formatByName(name)
  const kindred = await connect(terminal, options)
  const isFull = options.full ?? false
  const checkpoint = new Checkpoint<ExportState>(`${file}.checkpoint.json`, {
    server: kindred.origin,
    form: `${format}${isFull ? ', full' : ''}`,
  })
  const earlier = await startOf(checkpoint, options.restart || !existsSync(file))
  if (earlier !== undefined) terminal.stderr.write(`Going on after ${earlier.count} users.\n`)
  const progress = new Progress(terminal)
  const before = earlier?.count ?? 0
  const { count, isWhole } = await untilInterrupt((signal) =>
    exportUsers(kindred, {
      ...{ file, format, isFull, checkpoint, signal },
      onProgress: (count) => progress.show(undefined, count - before, () => `${count.toLocaleString('en')} users`),
    }),
  ).finally(() => progress.end())
  terminal.stdout.write(
    options.json ? `${JSON.stringify({ users: count, is_whole: isWhole })}\n` : `${count} users in ${name}.\n`,
  )
  if (!isWhole) throw new CommandError('Stopped. The same command goes on from here.', exitCodes.partly)
}

function formatByName(name: string): Format {
  const format = formatOf(name)
  if (format !== undefined) return format
  throw new CommandError(
    `The name ${name} does not tell the form: end it with .ndjson, .json or .csv, or give --format.`,
  )
}
