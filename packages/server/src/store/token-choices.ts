import { invalid, shown } from '../errors.ts'
import { dialectOf } from './dialect.ts'
import { type FlagType, resolveFlags } from './feature-flags.ts'
import { oneOf } from './one-of.ts'
import type { ApplicationRow, Db } from './tables.ts'

/** What the M2M tokens of an application carry beyond what every token has. */
export interface TokenChoices {
  /** Keys of feature flags. */
  feature_flags: string[]
  /** Keys of properties of applications. */
  properties: string[]
  /** The granted scopes, as a list in `permissions` too. */
  has_permissions_claim: boolean
}

/** Types of application that get tokens with their own credentials. */
export const m2mTokenTypes: ReadonlySet<string> = new Set(['m2m', 'reg'])

/** How many flags, and how many properties, a token carries at most: it must fit into a header. */
export const mostTokenChoices = 50

/** What has been chosen for an application, keys in alphabetical order. */
export async function tokenChoices(
  db: Db,
  application: Pick<ApplicationRow, 'id' | 'has_permissions_claim'>,
): Promise<TokenChoices> {
  const flags = await db
    .selectFrom('application_token_flags')
    .innerJoin('feature_flags', 'feature_flags.id', 'flag_id')
    .select('key')
    .where('application_id', '=', application.id)
    .orderBy('key')
    .execute()
  const properties = await db
    .selectFrom('application_token_properties')
    .innerJoin('properties', 'properties.id', 'property_id')
    .select('key')
    .where('application_id', '=', application.id)
    .orderBy('key')
    .execute()
  return {
    feature_flags: flags.map(({ key }) => key),
    properties: properties.map(({ key }) => key),
    has_permissions_claim: application.has_permissions_claim,
  }
}

/**
 * Chooses what the M2M tokens of an application carry. What is left out stays; a list replaces the one that there was.
 * @param application held until the transaction ends
 * @returns the choices before and after; undefined when they are the same
 * @throws {ApiError} 400 TOKEN_CUSTOMIZATION_NOT_SUPPORTED, FEATURE_FLAG_NOT_FOUND, PROPERTY_NOT_FOUND,
 *   PROPERTY_IS_PRIVATE
 */
export async function chooseForTokens(
  db: Db,
  application: Pick<ApplicationRow, 'id' | 'type' | 'has_permissions_claim'>,
  wanted: Partial<TokenChoices>,
): Promise<{ before: TokenChoices; after: TokenChoices } | undefined> {
  if (!m2mTokenTypes.has(application.type)) {
    const message = `Only applications of the types m2m and reg get M2M tokens; this one is of the type ${application.type}.`
    throw invalid('m2m_token', message, 'TOKEN_CUSTOMIZATION_NOT_SUPPORTED')
  }
  const before = await tokenChoices(db, application)
  const after = {
    feature_flags: sorted(wanted.feature_flags ?? before.feature_flags),
    properties: sorted(wanted.properties ?? before.properties),
    has_permissions_claim: wanted.has_permissions_claim ?? before.has_permissions_claim,
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return undefined
  const of = { application_id: application.id }
  if (after.feature_flags.join() !== before.feature_flags.join()) {
    const ids = await flagIds(db, after.feature_flags)
    await db.deleteFrom('application_token_flags').where('application_id', '=', application.id).execute()
    const rows = ids.map((id) => ({ ...of, flag_id: id }))
    if (rows.length > 0) await db.insertInto('application_token_flags').values(rows).execute()
  }
  if (after.properties.join() !== before.properties.join()) {
    const ids = await propertyIds(db, after.properties)
    await db.deleteFrom('application_token_properties').where('application_id', '=', application.id).execute()
    const rows = ids.map((id) => ({ ...of, property_id: id }))
    if (rows.length > 0) await db.insertInto('application_token_properties').values(rows).execute()
  }
  if (after.has_permissions_claim !== before.has_permissions_claim) {
    const { has_permissions_claim } = after
    await db.updateTable('applications').set({ has_permissions_claim }).where('id', '=', application.id).execute()
  }
  return { before, after }
}

function sorted(keys: readonly string[]): string[] {
  return [...new Set(keys)].sort((left, right) => (left < right ? -1 : 1))
}

async function flagIds(db: Db, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return []
  const rows = await db
    .selectFrom('feature_flags')
    .select(['id', 'key'])
    .where(oneOf(db, 'key', keys))
    .$if(dialectOf(db) === 'postgres', (query) => query.forKeyShare())
    .execute()
  const unknown = keys.find((key) => !rows.some((row) => row.key === key))
  if (unknown === undefined) return rows.map(({ id }) => id)
  const message = `There is no feature flag with the key ${shown(unknown)}.`
  throw invalid('m2m_token.feature_flags', message, 'FEATURE_FLAG_NOT_FOUND')
}

async function propertyIds(db: Db, keys: readonly string[]): Promise<string[]> {
  const field = 'm2m_token.properties'
  if (keys.length === 0) return []
  const rows = await db
    .selectFrom('properties')
    .select(['id', 'key', 'is_private'])
    .where(oneOf(db, 'key', keys))
    .where('context', '=', 'app')
    .$if(dialectOf(db) === 'postgres', (query) => query.forKeyShare())
    .execute()
  const unknown = keys.find((key) => !rows.some((row) => row.key === key))
  if (unknown !== undefined) {
    throw invalid(field, `Applications have no property with the key ${shown(unknown)}.`, 'PROPERTY_NOT_FOUND')
  }
  const hidden = rows.find((row) => row.is_private)
  if (hidden === undefined) return rows.map(({ id }) => id)
  const message = `The property ${hidden.key} is private: no token may carry it. Set is_private to false first.`
  throw invalid(field, message, 'PROPERTY_IS_PRIVATE')
}

/** Claims that come of the choices for an application, under Kinde's names and in its form. */
export interface ChosenClaims {
  /** A property without a value is an empty object. */
  application_properties?: Record<string, { v?: string }>
  /** `t`: `b`oolean, `i`nteger or `s`tring. */
  feature_flags?: Record<string, { t: 'b' | 'i' | 's'; v: boolean | number | string }>
}

/**
 * The claims of an application at this moment. A flag has the value of the organization that the application is held to,
 * else the environment's. A property that has become private is left out.
 * @see https://docs.kinde.com/build/tokens/token-customization/
 */
export async function chosenClaims(
  db: Db,
  { id, orgCode }: { id: string; orgCode: string | null },
): Promise<ChosenClaims> {
  const chosen = await db
    .selectFrom('application_token_flags')
    .innerJoin('feature_flags', 'feature_flags.id', 'flag_id')
    .select('key')
    .where('application_id', '=', id)
    .execute()
  const properties = await db
    .selectFrom('application_token_properties as chosen')
    .innerJoin('properties', 'properties.id', 'chosen.property_id')
    .leftJoin('property_values', (join) =>
      join.onRef('property_values.property_id', '=', 'properties.id').on('property_values.owner_id', '=', id),
    )
    .select(['key', 'value'])
    .where('application_id', '=', id)
    .where('is_private', '=', false)
    .orderBy('key')
    .execute()
  const claims: ChosenClaims = {}
  if (properties.length > 0) {
    claims.application_properties = Object.fromEntries(
      properties.map(({ key, value }) => [key, value === null ? {} : { v: value }]),
    )
  }
  if (chosen.length > 0) {
    const keys = new Set(chosen.map(({ key }) => key))
    const flags = await resolveFlags(db, orgCode === null ? {} : { organizationCode: orgCode })
    claims.feature_flags = Object.fromEntries(
      flags.filter(({ key }) => keys.has(key)).map(({ key, type, value }) => [key, flagClaim(type, value)]),
    )
  }
  return claims
}

function flagClaim(type: FlagType, value: string): { t: 'b' | 'i' | 's'; v: boolean | number | string } {
  if (type === 'bool') return { t: 'b', v: value === 'true' }
  if (type === 'int') return { t: 'i', v: Number(value) }
  return { t: 's', v: value }
}
