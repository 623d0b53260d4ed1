import type { Selectable } from 'kysely'
import { ApiError, invalid, notFound, shown } from '../errors.ts'
import { dialectOf, violatedUnique } from './dialect.ts'
import type { Ids } from './ids.ts'
import { oneOf } from './one-of.ts'
import { reachOf } from './reach.ts'
import type { Database, Db } from './tables.ts'

/** What a property belongs to: users, organizations or applications. */
export const propertyContexts = ['org', 'usr', 'app'] as const
export type PropertyContext = (typeof propertyContexts)[number]

/** The types that the API makes. Among the properties that Kinde provides are `boolean` ones. */
export const propertyTypes = ['single_line_text', 'multi_line_text'] as const

export type PropertyRow = Selectable<Database['properties']>
export type CategoryRow = Selectable<Database['property_categories']>

/** The longest value of a property, in characters. */
export const longestPropertyValue = 4096
/** How many values one request can set. */
const mostValues = 100

/**
 * The property, held until the transaction ends: another request that changes it waits.
 * @throws {ApiError} 404 PROPERTY_NOT_FOUND; 400 KINDE_PROPERTY_IS_FIXED for one that Kinde provides
 */
export async function holdOwnProperty(db: Db, id: string): Promise<PropertyRow> {
  const row = await db
    .selectFrom('properties')
    .selectAll()
    .where('id', '=', id)
    .$if(dialectOf(db) === 'postgres', (query) => query.forNoKeyUpdate())
    .executeTakeFirst()
  if (row === undefined) throw notFound('property', id)
  if (row.is_kinde_property) {
    throw new ApiError(
      400,
      'KINDE_PROPERTY_IS_FIXED',
      `The property ${row.key} comes with every environment and cannot be changed or deleted; its values can.`,
    )
  }
  return row
}

/**
 * @returns the property's id
 * @throws {ApiError} 400 PROPERTY_KEY_EXISTS
 */
export async function createProperty(
  db: Db,
  values: Pick<PropertyRow, 'key' | 'name' | 'description' | 'context' | 'type' | 'is_private' | 'category_id'>,
  { ids, now }: { ids: Ids; now: number },
): Promise<string> {
  const row = { id: ids.timed('prop', now), ...values, is_kinde_property: false, created_at_ms: now }
  try {
    await db.insertInto('properties').values(row).execute()
  } catch (error) {
    if (violatedUnique(error) === null) throw error
    throw invalid('key', `Another property has the key ${shown(values.key)}.`, 'PROPERTY_KEY_EXISTS')
  }
  return row.id
}

/** Deletes a property with all its values. @returns how far that reached: also applications with it in their tokens */
export async function deleteProperty(db: Db, id: string) {
  const reach = await reachOf(db, id, {
    values: 'property_values.property_id',
    applications: 'application_token_properties.property_id',
  })
  await db.deleteFrom('properties').where('id', '=', id).execute()
  return reach
}

/** @throws {ApiError} 400 CATEGORY_NOT_FOUND, INVALID_CATEGORY for one of another context */
export async function requireCategoryOf(db: Db, context: string, id: string): Promise<void> {
  const row = await db.selectFrom('property_categories').select('context').where('id', '=', id).executeTakeFirst()
  if (row === undefined) {
    throw invalid('category_id', `There is no property category with the id ${shown(id)}.`, 'CATEGORY_NOT_FOUND')
  }
  if (row.context !== context) {
    const message = `The category ${id} is for properties of the context ${row.context}, not ${context}.`
    throw invalid('category_id', message, 'INVALID_CATEGORY')
  }
}

/** Whose values: the id of a user or application, the code of an organization. Who it is must be known to exist. */
export interface PropertyOwner {
  context: PropertyContext
  id: string
}

/** Every property of the owner's context, in the order of their making, with the owner's value; null for none. */
export async function propertyValues(db: Db, owner: PropertyOwner) {
  return db
    .selectFrom('properties')
    .leftJoin('property_values', (join) =>
      join.onRef('property_values.property_id', '=', 'properties.id').on('property_values.owner_id', '=', owner.id),
    )
    .select(['id', 'name', 'description', 'key', 'value'])
    .where('context', '=', owner.context)
    .orderBy('seq')
    .execute()
}

/** Values before and after, by the keys of the properties; null for none. */
export interface ValuesChange {
  before: Record<string, string | null>
  after: Record<string, string | null>
}

/**
 * Sets the value of one property, which the path of a request names.
 * @returns undefined when it was just this
 * @throws {ApiError} 404 PROPERTY_NOT_FOUND; 400 INVALID_PROPERTY_VALUE
 */
export async function setPropertyValue(
  db: Db,
  owner: PropertyOwner,
  key: string,
  given: string | boolean,
): Promise<ValuesChange | undefined> {
  const [property] = await keepProperties(db, owner.context, [key])
  if (property === undefined) throw unknownProperty(404, owner.context, key)
  const value = propertyValue(property, given, 'value')
  const before = await valuesBefore(db, owner, [property])
  const written = await writeValues(db, owner, [{ property_id: property.id, value }])
  return written > 0 ? { before, after: { [key]: value } } : undefined
}

/**
 * Sets or, with null, takes away the values of some properties, by their keys; the others stay.
 * @returns undefined when nothing changed
 * @throws {ApiError} 400 TOO_MANY_OBJECTS, PROPERTY_NOT_FOUND, INVALID_PROPERTY_VALUE
 */
export async function setPropertyValues(
  db: Db,
  owner: PropertyOwner,
  values: Record<string, unknown>,
): Promise<ValuesChange | undefined> {
  const keys = Object.keys(values)
  if (keys.length > mostValues) {
    throw invalid('properties', `${keys.length} values were sent; ${mostValues} are possible.`, 'TOO_MANY_OBJECTS')
  }
  const properties = await keepProperties(db, owner.context, keys)
  const byKey = new Map(properties.map((property) => [property.key, property]))
  const set: { property_id: string; value: string }[] = []
  const unset: string[] = []
  const after: ValuesChange['after'] = {}
  for (const key of keys) {
    const property = byKey.get(key)
    if (property === undefined) throw unknownProperty(400, owner.context, key)
    const given = values[key]
    after[key] = given === null ? null : propertyValue(property, given, 'properties')
    if (after[key] === null) unset.push(property.id)
    else set.push({ property_id: property.id, value: after[key] })
  }
  const before = await valuesBefore(db, owner, properties)
  const written = await writeValues(db, owner, set)
  const removed = await removeValues(db, owner, unset)
  return written + removed > 0 ? { before, after } : undefined
}

/** The owner's values of these properties, by their keys; null for none. */
async function valuesBefore(
  db: Db,
  { id }: PropertyOwner,
  properties: readonly Pick<PropertyRow, 'id' | 'key'>[],
): Promise<ValuesChange['before']> {
  if (properties.length === 0) return {}
  const ids = properties.map((property) => property.id)
  const rows = await db
    .selectFrom('property_values')
    .select(['property_id', 'value'])
    .where('owner_id', '=', id)
    .where(oneOf(db, 'property_id', ids))
    .execute()
  const values = new Map(rows.map((row) => [row.property_id, row.value]))
  return Object.fromEntries(properties.map((property) => [property.key, values.get(property.id) ?? null]))
}

/** The properties with these keys, kept from being deleted until the transaction ends. */
async function keepProperties(db: Db, context: PropertyContext, keys: readonly string[]) {
  if (keys.length === 0) return []
  return db
    .selectFrom('properties')
    .select(['id', 'key', 'type'])
    .where(oneOf(db, 'key', keys))
    .where('context', '=', context)
    .$if(dialectOf(db) === 'postgres', (query) => query.forKeyShare())
    .execute()
}

const contextNames: Record<PropertyContext, string> = { usr: 'Users', org: 'Organizations', app: 'Applications' }

function unknownProperty(status: 400 | 404, context: PropertyContext, key: string): ApiError {
  const message = `${contextNames[context]} have no property with the key ${shown(key)}.`
  return new ApiError(status, 'PROPERTY_NOT_FOUND', message, status === 400 ? { field: 'properties' } : {})
}

/** A value of a property as it is stored: text. @throws {ApiError} 400 INVALID_PROPERTY_VALUE */
function propertyValue({ key, type }: Pick<PropertyRow, 'key' | 'type'>, given: unknown, field: string): string {
  const refuse = (rule: string) =>
    invalid(field, `The property ${key} takes ${rule} as its value.`, 'INVALID_PROPERTY_VALUE')
  if (given === null || typeof given === 'object') throw refuse('a single value')
  const text = String(given)
  if (type === 'boolean') {
    if (text !== 'true' && text !== 'false') throw refuse('true or false')
    return text
  }
  if (text.length > longestPropertyValue) throw refuse(`up to ${longestPropertyValue} characters`)
  if (type === 'single_line_text' && /[\n\r\u2028\u2029]/.test(text)) throw refuse('a single line')
  return text
}

/** @returns how many values are other ones now */
async function writeValues(
  db: Db,
  { id }: PropertyOwner,
  values: readonly { property_id: string; value: string }[],
): Promise<number> {
  if (values.length === 0) return 0
  const written = await db
    .insertInto('property_values')
    .values(values.map((value) => ({ ...value, owner_id: id })))
    .onConflict((conflict) =>
      conflict
        .columns(['owner_id', 'property_id'])
        .doUpdateSet((set) => ({ value: set.ref('excluded.value') }))
        .whereRef('property_values.value', '<>', 'excluded.value'),
    )
    .returning('property_id')
    .execute()
  return written.length
}

/** @returns how many values there were */
async function removeValues(db: Db, { id }: PropertyOwner, propertyIds: readonly string[]): Promise<number> {
  if (propertyIds.length === 0) return 0
  const { numDeletedRows } = await db
    .deleteFrom('property_values')
    .where('owner_id', '=', id)
    .where(oneOf(db, 'property_id', propertyIds))
    .executeTakeFirst()
  return Number(numDeletedRows)
}
