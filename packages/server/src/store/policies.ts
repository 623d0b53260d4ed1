import { dialectOf } from './dialect.ts'
import type { Db, OrganizationRow } from './tables.ts'

export const mfaPolicies = ['required', 'off', 'optional'] as const
export const mfaFactors = ['mfa:email', 'mfa:sms', 'mfa:authenticator_app'] as const
export const passkeyPolicies = ['off', 'optional', 'mandatory'] as const
export type PasskeyPolicy = (typeof passkeyPolicies)[number]

/** Second factors as an organization may have them for itself. */
export interface MfaFactors {
  enabled_factors: (typeof mfaFactors)[number][]
  is_recovery_codes_enabled: boolean
}

/** Second factors of the environment. */
export interface Mfa extends MfaFactors {
  policy: (typeof mfaPolicies)[number]
}

/** How long sessions in an organization last, as far as it differs from what its applications say. */
export interface SessionPolicy {
  is_use_org_sso_session_policy: boolean
  sso_session_persistence_mode: 'persistent' | 'non_persistent'
  is_use_org_authenticated_session_lifetime: boolean
  /** Seconds; null until it is set. */
  authenticated_session_lifetime: number | null
}

/** What an environment begins with. */
const noMfa: Mfa = { policy: 'off', enabled_factors: [], is_recovery_codes_enabled: true }
const noSessionPolicy: SessionPolicy = {
  is_use_org_sso_session_policy: false,
  sso_session_persistence_mode: 'persistent',
  is_use_org_authenticated_session_lifetime: false,
  authenticated_session_lifetime: null,
}

/** Gives the environment its name and policies, where it has none yet. */
export async function ensureEnvironmentRow(db: Db, { now }: { now: number }): Promise<void> {
  const existing = await db.selectFrom('environment').select('code').executeTakeFirst()
  if (existing !== undefined) return
  await db
    .insertInto('environment')
    .values({
      code: 'production',
      name: 'Production',
      mfa: JSON.stringify(noMfa),
      passkey_policy: 'off',
      created_at_ms: now,
    })
    .execute()
}

/** What holds in the environment. */
export async function environmentPolicies(db: Db): Promise<{ mfa: Mfa; passkeyPolicy: PasskeyPolicy }> {
  const row = await db.selectFrom('environment').select(['mfa', 'passkey_policy']).executeTakeFirstOrThrow()
  return { mfa: JSON.parse(row.mfa) as Mfa, passkeyPolicy: row.passkey_policy as PasskeyPolicy }
}

/** The same, held until the transaction ends: another request that changes it waits. */
export async function holdEnvironmentPolicies(db: Db): Promise<{ mfa: Mfa; passkeyPolicy: PasskeyPolicy }> {
  if (dialectOf(db) === 'postgres') await db.selectFrom('environment').select('code').forNoKeyUpdate().execute()
  return environmentPolicies(db)
}

/** The second factors that members of an organization may or must use: its own, else the environment's. */
export function mfaIn(organization: Pick<OrganizationRow, 'mfa' | 'is_enforce_mfa'>, environment: Mfa): Mfa {
  const own = organization.mfa === null ? undefined : (JSON.parse(organization.mfa) as MfaFactors)
  const policy = organization.is_enforce_mfa ? 'required' : environment.policy
  // Where a factor is required there must be one to use.
  if (own === undefined || (own.enabled_factors.length === 0 && policy === 'required')) {
    return { ...environment, policy }
  }
  return { ...own, policy }
}

/** The passkey policy that holds for members of an organization: its own, else the environment's. */
export function passkeyPolicyIn(
  organization: Pick<OrganizationRow, 'passkey_policy'>,
  environment: PasskeyPolicy,
): PasskeyPolicy {
  return (organization.passkey_policy as PasskeyPolicy | null) ?? environment
}

/** An organization's own session policy. */
export function sessionPolicyOf({ session_policy: text }: Pick<OrganizationRow, 'session_policy'>): SessionPolicy {
  return text === null ? noSessionPolicy : (JSON.parse(text) as SessionPolicy)
}
