import assert from 'node:assert/strict'
import { sql, type TableMetadata } from 'kysely'
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
  const content: Record<string, unknown[]> = {}
  for (const name of names) {
    if (name === 'events' || name === 'application_token_counts') continue
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(name)}`.execute(db)
    content[name] = rows
      .map((row) => JSON.stringify({ ...row, last_used_at_ms: undefined, last_used_address: undefined }))
      .sort()
  }
  return JSON.stringify(content)
}

/** The tables of a database; on PostgreSQL those of its schema, and not of others beside it. */
export async function tablesOf(db: Db): Promise<TableMetadata[]> {
  const tables = await db.introspection.getTables()
  if (dialectOf(db) === 'sqlite') return tables
  const { rows } = await sql<{ schema: string }>`select current_schema() as schema`.execute(db)
  return tables.filter(({ schema }) => schema === rows[0]!.schema)
}
