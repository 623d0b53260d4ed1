import { type RawBuilder, sql } from 'kysely'
import { dialectOf } from './dialect.ts'
import type { Db } from './tables.ts'

/**
 * The condition that a text column holds one of some values. They travel as one parameter, so that the statement is
 * the same for any number of them and stays prepared.
 * @param column such as `identities.value_key`
 */
export function oneOf(db: Db, column: string, values: readonly string[]): RawBuilder<boolean> {
  return sql<boolean>`${sql.ref(column)} ${inSet(db, valuesOf(db, values))}`
}

/** A query of some texts, as rows of one column. */
export function valuesOf(db: Db, values: readonly string[]): RawBuilder<unknown> {
  const list = JSON.stringify(values)
  return dialectOf(db) === 'sqlite'
    ? sql`select value from json_each(${list})`
    : sql`select json_array_elements_text(${list}::text::json)`
}

/**
 * `in (query)`, in the form with which the database looks up each value of the query in an index: PostgreSQL would
 * otherwise be free to walk through the table and ask for each row whether the query has it.
 */
export function inSet(db: Db, query: RawBuilder<unknown>): RawBuilder<unknown> {
  return dialectOf(db) === 'sqlite' ? sql`in (${query})` : sql`= any(array(${query}))`
}
