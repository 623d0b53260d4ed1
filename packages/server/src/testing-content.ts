import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { dialectOf } from './store/dialect.ts'
import type { Db } from './store/tables.ts'

/** Everything that is stored, as one text; without the journal, and without what is counted beside the requests. */
export async function contentOf(db: Db): Promise<string> {
  const tables =
    dialectOf(db) === 'postgres'
      ? sql<{ name: string }>`select tablename as name from pg_tables where schemaname = current_schema()`
      : sql<{ name: string }>`select name from pragma_table_list where schema = 'main' and type = 'table'`
  const names = (await tables.execute(db)).rows.map(({ name }) => name).sort()
  assert.ok(names.includes('users'))
  const looked = names.filter((name) => name !== 'events' && name !== 'application_token_counts')
  const content: Record<string, unknown[]> = {}
  for (const [name, rows] of await rowsOf(db, looked)) {
    content[name] = rows
      .map((row) => JSON.stringify({ ...row, last_used_at_ms: undefined, last_used_address: undefined }))
      .sort()
  }
  return JSON.stringify(content)
}

/** All rows of some tables, in the order of the names. */
export async function rowsOf(db: Db, names: readonly string[]): Promise<[name: string, rows: object[]][]> {
  if (dialectOf(db) === 'sqlite') {
    const select = async (name: string) => (await sql<object>`select * from ${sql.table(name)}`.execute(db)).rows
    return Promise.all(names.map(async (name): Promise<[string, object[]]> => [name, await select(name)]))
  }
  // In one statement: seventy of them take longer than most that a test does.
  const selects = names.map(
    (name) => sql`select ${sql.lit(name)} as name, json_agg(to_json(${sql.ref(name)})) as rows from ${sql.table(name)}`,
  )
  const { rows } = await sql<{ name: string; rows: object[] | null }>`${sql.join(selects, sql` union all `)}`.execute(
    db,
  )
  const found = new Map(rows.map((row) => [row.name, row.rows ?? []]))
  return names.map((name) => [name, found.get(name)!])
}

/** A table and what a test must know of its columns. */
export interface Table {
  name: string
  columns: { name: string; dataType: string; isNullable: boolean; isAutoIncrementing: boolean }[]
}

/** The tables of a database; on PostgreSQL those of its schema alone, since others beside it come and go. */
export async function tablesOf(db: Db): Promise<Table[]> {
  if (dialectOf(db) === 'sqlite') return db.introspection.getTables()
  const { rows } = await sql<Table>`
    select relname as name,
      json_agg(json_build_object(
        'name', attname,
        'dataType', typname,
        'isNullable', not attnotnull,
        'isAutoIncrementing', attidentity <> ''
      )) as columns
    from pg_class
      join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
      join pg_type on pg_type.oid = atttypid
    where relnamespace = current_schema()::regnamespace and relkind = 'r'
    group by relname
  `.execute(db)
  return rows
}
