import { notFound } from '../errors.ts'
import { timestamp } from '../time.ts'
import type { Db } from './tables.ts'

/** Whose second factors are meant: those that an organization asked for, or, with null, the environment's. */
export interface FactorOwner {
  userId: string
  organizationCode: string | null
}

/**
 * The second factor that the user used last; of those never used, the newest.
 * @throws {ApiError} 404 MFA_NOT_FOUND when there is none
 */
export async function requireFactor(db: Db, owner: FactorOwner) {
  const row = await factorsOf(db, owner)
    .selectAll()
    .orderBy((select) => select.fn.coalesce('last_used_at_ms', select.lit(-1)), 'desc')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) throw notFound('mfa', owner.userId)
  return {
    id: row.id,
    type: row.type,
    created_on: timestamp(row.created_at_ms),
    name: row.name,
    is_verified: row.is_verified,
    usage_count: row.usage_count,
    last_used_on: row.last_used_at_ms === null ? undefined : timestamp(row.last_used_at_ms),
  }
}

/**
 * Removes second factors, so that the user sets them up again.
 * @param factorId one of them; null: all
 * @returns how many were removed
 * @throws {ApiError} 404 MFA_NOT_FOUND when there is nothing to remove
 */
export async function resetFactors(db: Db, owner: FactorOwner, factorId: string | null): Promise<number> {
  const { userId, organizationCode } = owner
  let factors = db.deleteFrom('mfa_factors').where('user_id', '=', userId)
  factors =
    organizationCode === null
      ? factors.where('organization_code', 'is', null)
      : factors.where('organization_code', '=', organizationCode)
  if (factorId !== null) factors = factors.where('id', '=', factorId)
  const { numDeletedRows } = await factors.executeTakeFirst()
  if (numDeletedRows === 0n) throw notFound('mfa', factorId ?? userId)
  return Number(numDeletedRows)
}

function factorsOf(db: Db, { userId, organizationCode }: FactorOwner) {
  const factors = db.selectFrom('mfa_factors').where('user_id', '=', userId)
  return organizationCode === null
    ? factors.where('organization_code', 'is', null)
    : factors.where('organization_code', '=', organizationCode)
}
