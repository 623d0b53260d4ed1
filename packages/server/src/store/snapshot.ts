import { sql } from 'kysely'
import { dialectOf } from './dialect.ts'
import type { Store } from './store.ts'
import type { Db } from './tables.ts'
import { updateSearchIndex } from './user-search-index.ts'

type Row = Record<string, unknown>

/** All rows of an environment at one moment, held in memory. */
export interface StoreSnapshot {
  /** Parents before those that refer to them. */
  tables: { name: string; rows: Row[] }[]
  /** Where the numbering of rows stands, by table. */
  sequences: Record<string, number>
}

/** What follows from other tables, or belongs to the schema. */
const leftOut = ['migrations', 'users_search_queue']
/** Values in one statement at most: SQLite takes 32,766, PostgreSQL 65,535. */
const mostValues = 30_000

/** Reads every row. The cost grows with the data: this is for tests and small environments. */
export function takeSnapshot(store: Store): Promise<StoreSnapshot> {
  return store.write(async (db) => {
    const tables: StoreSnapshot['tables'] = []
    for (const name of await tableNames(db)) {
      tables.push({
        name,
        rows: await db
          .selectFrom(name as never)
          .selectAll()
          .execute(),
      })
    }
    return { tables, sequences: await readSequences(db) }
  })
}

/**
 * Puts every row back as it was, in one transaction; what was added since is gone. Everything that this process or
 * another one remembers of the tables is dropped, as after any other change.
 */
export async function restoreSnapshot(store: Store, snapshot: StoreSnapshot): Promise<void> {
  await store.write(async (db) => {
    for (const { name } of snapshot.tables.toReversed()) await db.deleteFrom(name as never).execute()
    if (dialectOf(db) === 'sqlite') {
      // The index has users noted as gone: it lets go of them before they come back under the same numbers.
      await updateSearchIndex(db)
    }
    for (const { name, rows } of snapshot.tables) {
      if (rows.length === 0) continue
      const size = Math.max(1, Math.floor(mostValues / Object.keys(rows[0]!).length))
      for (let from = 0; from < rows.length; from += size) {
        await db
          .insertInto(name as never)
          .values(rows.slice(from, from + size) as never)
          .execute()
      }
    }
    await writeSequences(db, snapshot.sequences)
  })
}

/** Tables in an order in which each one follows those that it refers to. */
async function tableNames(db: Db): Promise<string[]> {
  const { rows } =
    dialectOf(db) === 'sqlite'
      ? await sql<{ name: string; parent: string | null }>`
          select tables.name, keys."table" as parent from sqlite_schema as tables
          left join pragma_foreign_key_list(tables.name) as keys
          where tables.type = 'table' and tables.name not like 'sqlite_%' and tables.name not like 'users_search%'
          order by tables.name`.execute(db)
      : await sql<{ name: string; parent: string | null }>`
          select tables.relname as name, parents.relname as parent from pg_class as tables
          left join pg_constraint as keys on keys.conrelid = tables.oid and keys.contype = 'f'
          left join pg_class as parents on parents.oid = keys.confrelid
          where tables.relkind = 'r' and tables.relnamespace = current_schema()::regnamespace
          order by tables.relname collate "C"`.execute(db)
  const parents = new Map<string, Set<string>>()
  for (const { name, parent } of rows) {
    if (leftOut.includes(name)) continue
    const known = parents.get(name) ?? new Set()
    parents.set(name, known)
    if (parent !== null && parent !== name) known.add(parent)
  }
  const ordered: string[] = []
  const visit = (name: string) => {
    if (ordered.includes(name)) return
    for (const parent of parents.get(name) ?? []) visit(parent)
    ordered.push(name)
  }
  for (const name of parents.keys()) visit(name)
  return ordered
}

async function readSequences(db: Db): Promise<Record<string, number>> {
  const { rows } =
    dialectOf(db) === 'sqlite'
      ? await sql<{ name: string; seq: number }>`select name, seq from sqlite_sequence`.execute(db)
      : await sql<{ name: string; seq: number }>`
          select sequencename as name, last_value as seq from pg_sequences
          where schemaname = current_schema() and last_value is not null`.execute(db)
  return Object.fromEntries(rows.map(({ name, seq }) => [name, seq]))
}

async function writeSequences(db: Db, sequences: Record<string, number>): Promise<void> {
  if (dialectOf(db) === 'sqlite') {
    await sql`delete from sqlite_sequence`.execute(db)
    for (const [name, seq] of Object.entries(sequences)) {
      await sql`insert into sqlite_sequence (name, seq) values (${name}, ${seq})`.execute(db)
    }
    return
  }
  const { rows } = await sql<{ name: string; start: number }>`
    select sequencename as name, start_value as start from pg_sequences where schemaname = current_schema()`.execute(db)
  for (const { name, start } of rows) {
    const last = sequences[name]
    await sql`select setval(format('%I.%I', current_schema(), ${name}::text)::regclass,
      ${last ?? start}::bigint, ${last !== undefined}::boolean)`.execute(db)
  }
}
