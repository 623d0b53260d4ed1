import { type Selectable, sql } from 'kysely'
import { ApiError, invalid, shown } from '../errors.ts'
import { dialectOf, violatedUnique } from './dialect.ts'
import type { Ids } from './ids.ts'
import { reachOf } from './reach.ts'
import type { Database, Db } from './tables.ts'

export const flagTypes = ['str', 'int', 'bool'] as const
export type FlagType = (typeof flagTypes)[number]

/** Where the value of a flag may be overridden, the widest level first. A flag allows one level and those before it. */
export const overrideLevels = ['env', 'org', 'usr'] as const
export type OverrideLevel = (typeof overrideLevels)[number]

export type FlagRow = Selectable<Database['feature_flags']>

/** Whose override: of the environment (`id` is empty), of an organization (its code), of a user. */
export interface FlagOwner {
  level: OverrideLevel
  id: string
}
export const theEnvironment: FlagOwner = { level: 'env', id: '' }

/** The longest text that a flag may have as its value. */
export const longestFlagValue = 2048

/**
 * The flag, held until the transaction ends: another request that changes it waits.
 * @throws {ApiError} 404 FEATURE_FLAG_NOT_FOUND
 */
export async function holdFlag(db: Db, key: string): Promise<FlagRow> {
  const row = await db
    .selectFrom('feature_flags')
    .selectAll()
    .where('key', '=', key)
    .$if(dialectOf(db) === 'postgres', (query) => query.forNoKeyUpdate())
    .executeTakeFirst()
  if (row === undefined) throw flagNotFound(key)
  return row
}

/**
 * The flag, kept from being deleted until the transaction ends. Overrides may be set at the same moment.
 * @throws {ApiError} 404 FEATURE_FLAG_NOT_FOUND
 */
export async function keepFlag(db: Db, key: string): Promise<FlagRow> {
  const row = await findKeptFlag(db, key)
  if (row === undefined) throw flagNotFound(key)
  return row
}

function findKeptFlag(db: Db, key: string): Promise<FlagRow | undefined> {
  return db
    .selectFrom('feature_flags')
    .selectAll()
    .where('key', '=', key)
    .$if(dialectOf(db) === 'postgres', (query) => query.forKeyShare())
    .executeTakeFirst()
}

function flagNotFound(key: string): ApiError {
  return new ApiError(404, 'FEATURE_FLAG_NOT_FOUND', `There is no feature flag with the key ${shown(key)}.`)
}

/** @throws {ApiError} 400 FEATURE_FLAG_KEY_EXISTS */
export async function createFlag(
  db: Db,
  values: Pick<FlagRow, 'key' | 'name' | 'description' | 'default_value'> & {
    type: FlagType
    allow_override_level: OverrideLevel | null
  },
  { ids, now }: { ids: Ids; now: number },
): Promise<void> {
  const row = { id: ids.timed('flag', now), ...values, created_at_ms: now }
  try {
    await db.insertInto('feature_flags').values(row).execute()
  } catch (error) {
    if (violatedUnique(error) === null) throw error
    throw invalid('key', `Another feature flag has the key ${shown(values.key)}.`, 'FEATURE_FLAG_KEY_EXISTS')
  }
}

/** Deletes a flag with its overrides at every level. @returns how far that reached: also applications with it in their tokens */
export async function deleteFlag(db: Db, id: string) {
  const reach = await reachOf(db, id, {
    overrides: 'feature_flag_overrides.flag_id',
    applications: 'application_token_flags.flag_id',
  })
  await db.deleteFrom('feature_flags').where('id', '=', id).execute()
  return reach
}

const leastInt = -2_147_483_648
const greatestInt = 2_147_483_647

/**
 * A value of a flag in the form in which it is stored: text. Numbers and booleans may come as JSON has them, decimals
 * lose what is behind the point.
 * @param field the member or parameter that gave it
 * @throws {ApiError} 400 INVALID_FLAG_VALUE
 */
export function flagValue(type: FlagType, given: unknown, field: string): string {
  const refuse = (rule: string) => {
    const what = typeof given === 'object' ? 'something else' : shown(String(given))
    return invalid(field, `A feature flag of the type ${type} has ${rule} as its value; ${what} was sent.`, code)
  }
  const code = 'INVALID_FLAG_VALUE'
  if (given === null || typeof given === 'object') throw refuse('a single value')
  const text = String(given)
  if (type === 'bool') {
    if (text !== 'true' && text !== 'false') throw refuse('true or false')
    return text
  }
  if (type === 'int') {
    if (typeof given === 'boolean' || !/^-?\d{1,32}(\.\d{0,32})?$/.test(text.trim())) throw refuse('a whole number')
    const whole = Math.trunc(Number(text))
    if (whole < leastInt || whole > greatestInt) throw refuse(`a number from ${leastInt} to ${greatestInt}`)
    return String(whole)
  }
  if (text.length > longestFlagValue) throw refuse(`a text of up to ${longestFlagValue} characters`)
  return text
}

/**
 * Sets what a flag is worth for its owner and everyone below. Who owns it must be known to exist.
 * @returns the value as it is stored, and the one before, null for none; undefined when it was just this
 * @throws {ApiError} 400 FLAG_OVERRIDE_NOT_ALLOWED, INVALID_FLAG_VALUE
 */
export async function setOverride(
  db: Db,
  flag: FlagRow,
  owner: FlagOwner,
  given: unknown,
  field = 'value',
): Promise<{ value: string; before: string | null } | undefined> {
  requireLevel(flag, owner.level)
  const value = flagValue(flag.type as FlagType, given, field)
  const former = await db
    .selectFrom('feature_flag_overrides')
    .select('value')
    .where('level', '=', owner.level)
    .where('owner_id', '=', owner.id)
    .where('flag_id', '=', flag.id)
    .executeTakeFirst()
  const written = await db
    .insertInto('feature_flag_overrides')
    .values({ flag_id: flag.id, level: owner.level, owner_id: owner.id, value })
    .onConflict((conflict) =>
      conflict
        .columns(['level', 'owner_id', 'flag_id'])
        .doUpdateSet({ value })
        .where('feature_flag_overrides.value', '<>', value),
    )
    .returning('flag_id')
    .execute()
  return written.length > 0 ? { value, before: former?.value ?? null } : undefined
}

/** How many flags a new organization can be given values for. */
const mostAtOnce = 100

/**
 * Sets several flags of a new organization.
 * @param values by the keys of the flags
 * @param field the member that gave them
 * @returns the values as they are stored
 * @throws {ApiError} 400 TOO_MANY_OBJECTS, FEATURE_FLAG_NOT_FOUND, FLAG_OVERRIDE_NOT_ALLOWED, INVALID_FLAG_VALUE
 */
export async function setOrganizationFlags(
  db: Db,
  code: string,
  values: Record<string, unknown>,
  field: string,
): Promise<{ key: string; value: string }[]> {
  // In one order for everyone, so that no two transactions wait for each other.
  const keys = Object.keys(values).sort()
  if (keys.length > mostAtOnce) {
    throw invalid(field, `${keys.length} feature flags were sent; ${mostAtOnce} are possible.`, 'TOO_MANY_OBJECTS')
  }
  const set: { key: string; value: string }[] = []
  for (const key of keys) {
    const flag = await findKeptFlag(db, key)
    if (flag === undefined) {
      throw invalid(field, `There is no feature flag with the key ${shown(key)}.`, 'FEATURE_FLAG_NOT_FOUND')
    }
    const override = await setOverride(db, flag, { level: 'org', id: code }, values[key], field)
    if (override !== undefined) set.push({ key, value: override.value })
  }
  return set
}

const levelNames: Record<OverrideLevel, string> = { env: 'the environment', org: 'organizations', usr: 'users' }

function requireLevel({ key, allow_override_level: allowed }: FlagRow, level: OverrideLevel): void {
  const rank = allowed === null ? -1 : overrideLevels.indexOf(allowed as OverrideLevel)
  if (overrideLevels.indexOf(level) <= rank) return
  const reach = allowed === null ? 'nowhere' : `no further than for ${levelNames[allowed as OverrideLevel]}`
  throw new ApiError(
    400,
    'FLAG_OVERRIDE_NOT_ALLOWED',
    `The feature flag ${shown(key)} may be overridden ${reach}, so not for ${levelNames[level]}.`,
  )
}

/** Takes an owner's override of one flag away, or of all when none is named. @returns how many there were */
export async function removeOverrides(db: Db, owner: FlagOwner, flagId?: string): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('feature_flag_overrides')
    .where('level', '=', owner.level)
    .where('owner_id', '=', owner.id)
    .$if(flagId !== undefined, (query) => query.where('flag_id', '=', flagId!))
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/** What a flag is worth for someone, and where that was set; null: its default. */
export interface ResolvedFlag {
  key: string
  type: FlagType
  value: string
  level: OverrideLevel | null
  name: string
  description: string
  default_value: string
  allow_override_level: OverrideLevel | null
}

/**
 * Every flag with the value that holds: a user's, else the organization's, else the environment's, else the default.
 * @param viewer for whom; neither: for the environment
 * @returns in the order in which the flags were made
 */
export async function resolveFlags(
  db: Db,
  { organizationCode, userId }: { organizationCode?: string; userId?: string } = {},
): Promise<ResolvedFlag[]> {
  const owners = [theEnvironment]
  if (organizationCode !== undefined) owners.push({ level: 'org', id: organizationCode })
  if (userId !== undefined) owners.push({ level: 'usr', id: userId })
  const rows = await db
    .selectFrom('feature_flags')
    .leftJoin('feature_flag_overrides', (join) =>
      join
        .onRef('feature_flag_overrides.flag_id', '=', 'feature_flags.id')
        .on((on) => on.or(owners.map(({ level, id }) => on.and({ level, owner_id: id })))),
    )
    .select(['key', 'type', 'name', 'description', 'default_value', 'allow_override_level', 'level', 'value'])
    .orderBy('seq')
    // The narrowest level of a flag comes last, and so stays in the map.
    .orderBy(sql`case level when 'env' then 1 when 'org' then 2 when 'usr' then 3 else 0 end`)
    .execute()
  const flags = new Map<string, ResolvedFlag>()
  for (const { type, value, level, allow_override_level, ...flag } of rows) {
    flags.set(flag.key, {
      ...flag,
      type: type as FlagType,
      value: value ?? flag.default_value,
      level: level as OverrideLevel | null,
      allow_override_level: allow_override_level as OverrideLevel | null,
    })
  }
  return [...flags.values()]
}
