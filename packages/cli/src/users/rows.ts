import { readCsv } from './csv.ts'
import { type ImportedUser, RowError, userOfCsv, userOfJson } from './imported-user.ts'
import { readJsonObjects } from './json-objects.ts'

// Runs in the console's page too: nothing of Node may be imported here.

export type Format = 'csv' | 'json'

/** One user of the file, or why there is none. */
export interface FileRow {
  /** Counted from 1; rows of one user that follow each other are one. */
  number: number
  /** Where it begins in the file, counted from 1. */
  line: number
  user?: ImportedUser
  error?: RowError
}

/**
 * The users of a file, read as they are asked for.
 * @param chunks its text, cut anywhere
 * @throws {RowError} when the file as a whole cannot be read: a head without the columns that are needed, say
 */
export async function* readRows(chunks: AsyncIterable<string>, format: Format): AsyncGenerator<FileRow> {
  const users = format === 'csv' ? joined(csvUsers(chunks)) : jsonUsers(chunks)
  let number = 0
  for await (const row of users) {
    number += 1
    yield { number, ...row }
  }
}

type Row = Omit<FileRow, 'number'>

async function* jsonUsers(chunks: AsyncIterable<string>): AsyncGenerator<Row> {
  for await (const { line, text } of readJsonObjects(chunks)) yield read(line, () => userOfJson(parse(text)))
}

async function* csvUsers(chunks: AsyncIterable<string>): AsyncGenerator<Row> {
  let columns: string[] | undefined
  for await (const { line, fields } of readCsv(chunks)) {
    if (columns === undefined) {
      columns = fields.map((field) => field.trim().toLowerCase())
      const known = ['email', 'phone', 'username']
      if (!columns.some((column) => known.includes(column))) {
        throw new RowError(
          `The first line must name the columns, with ${known.join(' or ')} among them. It has: ${columns.join(', ')}.`,
        )
      }
      continue
    }
    const names = columns
    yield read(line, () => {
      if (fields.length > names.length) {
        throw new RowError(
          `The row has ${fields.length} fields, and the head ${names.length}: put fields with commas into quotes.`,
        )
      }
      return userOfCsv(Object.fromEntries(names.map((name, at) => [name, (fields[at] ?? '').trim()])))
    })
  }
}

/** Rows of one user that follow each other, one for each organization, as Kinde's CSV has them. */
async function* joined(rows: AsyncIterable<Row>): AsyncGenerator<Row> {
  let held: Row | undefined
  for await (const row of rows) {
    if (held?.user !== undefined && row.user !== undefined && isSame(held.user, row.user)) {
      held.user.organizations.push(...row.user.organizations)
      continue
    }
    if (held !== undefined) yield held
    held = row
  }
  if (held !== undefined) yield held
}

function isSame(one: ImportedUser, other: ImportedUser): boolean {
  if (other.organizations.length === 0) return false
  const key = ({ providedId, identities }: ImportedUser) =>
    JSON.stringify([providedId, identities.map(({ type, value }) => [type, value.toLowerCase()])])
  return key(one) === key(other)
}

function read(line: number, work: () => ImportedUser): Row {
  try {
    return { line, user: work() }
  } catch (error) {
    if (error instanceof RowError) return { line, error }
    throw error
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new RowError(`The row is no JSON (${(error as Error).message}).`)
  }
}

/** The form of a file by the ending of its name; undefined where that tells nothing. */
export function formatOf(name: string): Format | undefined {
  if (/\.csv$/i.test(name)) return 'csv'
  return /\.(ndjson|jsonl|json)$/i.test(name) ? 'json' : undefined
}
