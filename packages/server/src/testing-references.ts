import { sql } from 'kysely'
import { openStore } from './store/open.ts'
import type { Db } from './store/tables.ts'
import { rowsOf, tablesOf } from './testing-content.ts'

/** A column that holds the key of a row of another table. */
export interface ForeignKey {
  table: string
  column: string
  /** The table and column that it refers to. */
  to: string
  /** Whether an index begins with the column, or with another one of the same reference. */
  isIndexed: boolean
}

/** References that no foreign key holds, because the owner may be one of several tables, or may be nobody. */
const byValue: Omit<ForeignKey, 'isIndexed'>[] = [
  { table: 'logos', column: 'organization_code', to: 'organizations.code' },
  { table: 'identities', column: 'connection_id', to: 'connections.id' },
  { table: 'sessions', column: 'connection_id', to: 'connections.id' },
]

/** Every reference from a table to another one. Both databases have the same; SQLite tells of them more readily. */
export async function foreignKeys(): Promise<ForeignKey[]> {
  const store = await openStore('memory:')
  try {
    const { rows } = await sql<{ table: string; column: string; to: string; isIndexed: number }>`
      select t.name as "table", f."from" as "column", f."table" || '.' || f."to" as "to",
        exists (select 1 from pragma_index_list(t.name) as i join pragma_index_info(i.name) as c on c.seqno = 0
          join pragma_foreign_key_list(t.name) as part on part."from" = c.name and part.id = f.id) as "isIndexed"
      from pragma_table_list as t join pragma_foreign_key_list(t.name) as f
      where t.schema = 'main' and t.type = 'table' order by t.name`.execute(store.read)
    const keys = rows.map((row) => ({ ...row, isIndexed: row.isIndexed === 1 }))
    return [...keys, ...byValue.map((key) => ({ ...key, isIndexed: true }))]
  } finally {
    await store.close()
  }
}

/** The value of each key: `roles.id` → the id of one role. */
export type Keys = Map<string, string>

let texts = 0

/**
 * Adds a row to every table that refers to another one, so that it refers to what the keys name. Rows that are there
 * already stay.
 * @param keys of what was made before; those of the added rows are put in
 */
export async function attachEverything(db: Db, keys: Keys): Promise<void> {
  const references = await foreignKeys()
  const tables = await tablesOf(db)
  const left = new Set(references.map(({ table }) => table))
  // What nothing made, and what refers to nothing itself.
  for (const { to } of references) if (!keys.has(to)) left.add(to.split('.')[0]!)
  while (left.size > 0) {
    const next = [...left].find((name) =>
      references.every(({ table, to }) => table !== name || keys.has(to) || !left.has(to.split('.')[0]!)),
    )
    if (next === undefined) throw new Error(`These refer to each other: ${[...left].join(', ')}`)
    left.delete(next)
    const columns = tables.find(({ name }) => name === next)!.columns
    const values: Record<string, unknown> = {}
    for (const { name, dataType, isNullable, isAutoIncrementing } of columns) {
      const reference = references.find(({ table, column }) => table === next && column === name)
      if (reference !== undefined) values[name] = keys.get(reference.to)
      else if (isNullable || isAutoIncrementing || name === 'seq') continue
      else if (/bool/i.test(dataType)) values[name] = true
      else if (/int/i.test(dataType)) values[name] = 1
      else {
        texts += 1
        values[name] = `attached-${texts}`
      }
    }
    const unset = Object.keys(values).filter((name) => values[name] === undefined)
    if (unset.length > 0) throw new Error(`Nothing to put into ${next}: ${unset.join(', ')}`)
    const row = sql`insert into ${sql.table(next)} (${sql.join(Object.keys(values).map((name) => sql.ref(name)))})
      values (${sql.join(Object.values(values))}) on conflict do nothing returning *`
    const { rows } = await row.execute(db)
    for (const [name, value] of Object.entries((rows[0] ?? values) as Record<string, unknown>)) {
      const key = `${next}.${name}`
      if (typeof value === 'string' && !keys.has(key)) keys.set(key, value)
    }
  }
}

/**
 * What is stored, one entry for each text of each row; without the journal, which tells of what was, and without what
 * is noted of the use of secrets some time after it.
 */
export interface Stored {
  table: string
  column: string
  value: string
}

export async function storedValues(db: Db): Promise<Stored[]> {
  const journal = new Set(['events', 'webhook_attempts', 'application_token_counts', 'migrations'])
  const stored: Stored[] = []
  const names = (await tablesOf(db)).map(({ name }) => name)
  const looked = names.filter((name) => !journal.has(name) && !name.startsWith('users_search'))
  for (const [name, rows] of await rowsOf(db, looked)) {
    for (const row of rows) {
      for (const [column, value] of Object.entries(row)) {
        if (typeof value === 'string' && column !== 'last_used_address') stored.push({ table: name, column, value })
      }
    }
  }
  return stored
}
