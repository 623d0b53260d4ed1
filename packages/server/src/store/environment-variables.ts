import type { Selectable, Updateable } from 'kysely'
import { ApiError, invalid, notFound, shown } from '../errors.ts'
import type { Cipher } from './cipher.ts'
import { dialectOf, violatedUnique } from './dialect.ts'
import type { Ids } from './ids.ts'
import type { Database, Db } from './tables.ts'

export const longestVariableKey = 128
export const longestVariableValue = 2048

export type VariableRow = Selectable<Database['environment_variables']>

/** @throws {ApiError} 404 ENVIRONMENT_VARIABLE_NOT_FOUND */
export async function requireVariable(db: Db, id: string): Promise<VariableRow> {
  const row = await db.selectFrom('environment_variables').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw notFound('environment_variable', id)
  return row
}

/**
 * The variable, held until the transaction ends: another request that changes it waits.
 * @throws {ApiError} 404 ENVIRONMENT_VARIABLE_NOT_FOUND
 */
export async function holdVariable(db: Db, id: string): Promise<VariableRow> {
  const row = await db
    .selectFrom('environment_variables')
    .selectAll()
    .where('id', '=', id)
    .$if(dialectOf(db) === 'postgres', (query) => query.forNoKeyUpdate())
    .executeTakeFirst()
  if (row === undefined) throw notFound('environment_variable', id)
  return row
}

/**
 * Adds a variable. A secret one is only kept sealed.
 * @returns its id
 * @throws {ApiError} 400 INVALID_KEY, ENVIRONMENT_VARIABLE_KEY_EXISTS
 */
export async function createVariable(
  db: Db,
  { key, value, isSecret }: { key: string; value: string; isSecret: boolean },
  { ids, now, cipher }: { ids: Ids; now: number; cipher: Cipher },
): Promise<string> {
  const id = ids.timed('env_var', now)
  const row = {
    id,
    key: checkedKey(key),
    is_secret: isSecret,
    created_at_ms: now,
    ...stored(id, value, isSecret, cipher),
  }
  await withOwnKey(key, () => db.insertInto('environment_variables').values(row).execute())
  return id
}

/**
 * Changes a variable that is held. What is undefined stays.
 * @returns the names of what changed, in the words of the API
 * @throws {ApiError} 400 INVALID_KEY, ENVIRONMENT_VARIABLE_KEY_EXISTS; SECRET_VALUE_REQUIRED when a secret one is to be
 *   readable without a new value
 */
export async function changeVariable(
  db: Db,
  before: VariableRow,
  wanted: { key?: string | undefined; value?: string | undefined; isSecret?: boolean | undefined },
  cipher: Cipher,
): Promise<string[]> {
  const key = wanted.key === undefined ? before.key : checkedKey(wanted.key)
  const isSecret = wanted.isSecret ?? before.is_secret
  const oldValue = variableValue(before, cipher)
  if (before.is_secret && !isSecret && wanted.value === undefined) {
    throw new ApiError(
      400,
      'SECRET_VALUE_REQUIRED',
      'A secret value is never shown again: send a new value to make the variable readable.',
      { field: 'value' },
    )
  }
  const value = wanted.value ?? oldValue
  const changed = [
    ...(key === before.key ? [] : ['key']),
    ...(value === oldValue ? [] : ['value']),
    ...(isSecret === before.is_secret ? [] : ['is_secret']),
  ]
  if (changed.length === 0) return changed
  const set: Updateable<Database['environment_variables']> = {
    key,
    is_secret: isSecret,
    ...stored(before.id, value, isSecret, cipher),
  }
  await withOwnKey(key, () => db.updateTable('environment_variables').set(set).where('id', '=', before.id).execute())
  return changed
}

/** The value of a variable, secret or not: for those who use it, not for those who look at it. */
export function variableValue({ id, value, value_sealed: sealed }: VariableRow, cipher: Cipher): string {
  return sealed === null ? value! : cipher.open(sealed, place(id))
}

function stored(id: string, value: string, isSecret: boolean, cipher: Cipher) {
  return isSecret ? { value: null, value_sealed: cipher.seal(value, place(id)) } : { value, value_sealed: null }
}

const place = (id: string) => `environment_variables:${id}`

function checkedKey(key: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(key)) return key
  const message = `${shown(key)} is no name of a variable: a letter or _ first, then letters, digits, _, . and -.`
  throw invalid('key', message, 'INVALID_KEY')
}

async function withOwnKey(key: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write()
  } catch (error) {
    if (violatedUnique(error) === null) throw error
    throw invalid('key', `Another variable has the name ${shown(key)}.`, 'ENVIRONMENT_VARIABLE_KEY_EXISTS')
  }
}
