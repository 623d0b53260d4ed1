import { once } from 'node:events'
import { DatabaseSync } from 'node:sqlite'
import postgres from 'postgres'
import { searchIndexUpdate } from '../packages/server/src/store/user-search-index.ts'
import { type Person, person } from './people.ts'

/** How many users share a transaction on SQLite, and a piece of text on PostgreSQL. */
const batch = 20_000

/** The columns that are filled, by table; the others have their defaults. */
const columns: Record<string, (person: Person, organization: string) => Record<string, string | number | boolean>> = {
  users: ({ user }) => ({
    id: user.id,
    first_name: user.first_name!,
    last_name: user.last_name!,
    is_suspended: false,
    is_password_reset_requested: false,
    email: user.email,
    created_at_ms: user.created_at_ms,
    search_text: user.search_text,
    document: user.document,
    name_sort: user.name_sort,
    email_sort: user.email_sort,
  }),
  identities: ({ user, identityId }) => ({
    id: identityId,
    user_id: user.id,
    type: 'email',
    value: user.email,
    value_key: user.email,
    is_confirmed: false,
    is_primary: true,
    created_at_ms: user.created_at_ms,
  }),
  organization_users: ({ user }, organization) => ({
    organization_code: organization,
    user_id: user.id,
    joined_at_ms: user.created_at_ms,
  }),
}

/** Fills a SQLite database, which a server has made and none has open, with users. */
export function seedSqlite(file: string, people: number): void {
  const database = new DatabaseSync(file)
  database.exec('pragma synchronous = off; pragma foreign_keys = off; pragma cache_size = -1000000')
  const { code } = database.prepare('select code from organizations where is_default').get() as { code: string }
  const tables = Object.entries(columns).map(([table, columnsOf]) => {
    const names = Object.keys(columnsOf(person(0), code))
    const places = names.map(() => '?').join(', ')
    return { columnsOf, insert: database.prepare(`insert into ${table} (${names.join(', ')}) values (${places})`) }
  })
  // An index over everything is made faster than it is filled.
  const ofTables = `tbl_name in (${Object.keys(columns).map((name) => `'${name}'`)})`
  const indexes = database
    .prepare(`select name, sql from sqlite_schema where type = 'index' and sql is not null and ${ofTables}`)
    .all() as { name: string; sql: string }[]
  for (const { name } of indexes) database.exec(`drop index ${name}`)
  database.exec(gather(64 * defaultGathered))
  const updateIndex = searchIndexUpdate(database)
  for (let from = 0; from < people; from += batch) {
    database.exec('begin')
    for (let index = from; index < Math.min(from + batch, people); index += 1) {
      const one = person(index)
      for (const { columnsOf, insert } of tables) insert.run(...Object.values(columnsOf(one, code)).map(toSqlite))
    }
    updateIndex()
    database.exec('commit')
  }
  database.exec(gather(defaultGathered))
  database.exec(placeMembers)
  for (const { sql } of indexes) database.exec(sql)
  database.exec('pragma wal_checkpoint(truncate)')
  database.close()
}

/** Members are listed by the `seq` that the database has given their users. */
const placeMembers = 'update organization_users set user_seq = (select seq from users where users.id = user_id)'

const defaultGathered = 1_048_576

/** How many bytes of its index FTS5 gathers in memory before it writes them. */
function gather(bytes: number): string {
  return `insert into users_search (users_search, rank) values ('hashsize', ${bytes})`
}

function toSqlite(value: string | number | boolean): string | number {
  return typeof value === 'boolean' ? Number(value) : value
}

/** Fills a schema of PostgreSQL, which a server has made, with users. */
export async function seedPostgres(url: string, schema: string, people: number): Promise<void> {
  const tables = Object.entries(columns)
  const sql = postgres(url, {
    max: tables.length,
    onnotice: () => {},
    // `replica`: without the checks of foreign keys, row by row.
    connection: {
      search_path: `${schema}, public`,
      session_replication_role: 'replica',
      maintenance_work_mem: '512MB',
    },
  })
  const [organization] = await sql<{ code: string }[]>`select code from organizations where is_default`
  const indexes = await sql<{ indexname: string; indexdef: string }[]>`
    select indexname, indexdef from pg_indexes where schemaname = ${schema} and tablename in ${sql(Object.keys(columns))}
      and indexname not in (select conname from pg_constraint)`
  for (const { indexname } of indexes) await sql`drop index ${sql(indexname)}`
  const streams = await Promise.all(
    tables.map(([table]) => {
      const names = Object.keys(columns[table]!(person(0), ''))
      return sql.unsafe(`copy ${table} (${names.join(', ')}) from stdin`).writable()
    }),
  )
  const finished = streams.map((stream) => once(stream, 'finish'))
  for (let from = 0; from < people; from += batch) {
    const some = Array.from({ length: Math.min(batch, people - from) }, (_, offset) => person(from + offset))
    for (const [place, [, columnsOf]] of tables.entries()) {
      const text = some.map((one) => copyLine(columnsOf(one, organization!.code))).join('')
      if (!streams[place]!.write(text)) await once(streams[place]!, 'drain')
    }
  }
  for (const stream of streams) stream.end()
  await Promise.all(finished)
  await sql.unsafe(placeMembers)
  await Promise.all(indexes.map(({ indexdef }) => sql.unsafe(indexdef)))
  await Promise.all(tables.map(([table]) => sql.unsafe(`vacuum analyze ${table}`)))
  await sql.end()
}

/** A row in the text format of COPY. */
function copyLine(row: Record<string, string | number | boolean>): string {
  return `${Object.values(row).join('\t').replaceAll('\\', '\\\\')}\n`
}
