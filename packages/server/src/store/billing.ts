import type { PaymentProvider } from '../billing-provider.ts'
import { ApiError, invalid, notFound, shown } from '../errors.ts'
import { dialectOf } from './dialect.ts'
import type { Ids } from './ids.ts'
import { reachOf } from './reach.ts'
import type { Db } from './tables.ts'

/** What a plan says of a feature. Amounts in cents; null where the plan says nothing. */
export interface PlanFeature {
  code: string
  name: string
  priceName?: string | null
  fixedCharge?: number | null
  unitAmount?: number | null
  limitMax?: number | null
  limitMin?: number | null
}

/** A plan as it is set up. */
export interface Plan {
  code: string
  name: string
  groupId?: string | null
  /** Whether new customers get it; of all plans one at most is the default. */
  isDefault?: boolean
  features: readonly PlanFeature[]
}

/** Adds or replaces a plan. Agreements that were made from it keep their terms. */
export async function putPlan(db: Db, plan: Plan, now: number): Promise<void> {
  const values = { name: plan.name, group_id: plan.groupId ?? null, is_default: plan.isDefault ?? false }
  if (values.is_default) await db.updateTable('billing_plans').set({ is_default: false }).execute()
  await db
    .insertInto('billing_plans')
    .values({ code: plan.code, ...values, created_at_ms: now })
    .onConflict((conflict) => conflict.column('code').doUpdateSet(values))
    .execute()
  await db.deleteFrom('billing_plan_features').where('plan_code', '=', plan.code).execute()
  if (plan.features.length === 0) return
  await db
    .insertInto('billing_plan_features')
    .values(
      plan.features.map((feature) => ({
        plan_code: plan.code,
        feature_code: feature.code,
        feature_name: feature.name,
        price_name: feature.priceName ?? null,
        fixed_charge: feature.fixedCharge ?? null,
        unit_amount: feature.unitAmount ?? null,
        limit_max: feature.limitMax ?? null,
        limit_min: feature.limitMin ?? null,
      })),
    )
    .execute()
}

/** The plans in the order of their making, each with its features in theirs. @param code of one of them; all when left out */
export async function listPlans(db: Db, code?: string): Promise<Required<Plan>[]> {
  let plans = db.selectFrom('billing_plans').selectAll().orderBy('seq')
  let features = db.selectFrom('billing_plan_features').selectAll().orderBy('seq')
  if (code !== undefined) {
    plans = plans.where('code', '=', code)
    features = features.where('plan_code', '=', code)
  }
  const byPlan = Map.groupBy(await features.execute(), (row) => row.plan_code)
  return (await plans.execute()).map((row) => ({
    code: row.code,
    name: row.name,
    groupId: row.group_id,
    isDefault: row.is_default,
    features: (byPlan.get(row.code) ?? []).map((feature) => ({
      code: feature.feature_code,
      name: feature.feature_name,
      priceName: feature.price_name,
      fixedCharge: feature.fixed_charge,
      unitAmount: feature.unit_amount,
      limitMax: feature.limit_max,
      limitMin: feature.limit_min,
    })),
  }))
}

/**
 * Deletes a plan from which no agreement was made.
 * @throws {ApiError} 404 BILLING_PLAN_NOT_FOUND; 400 BILLING_PLAN_IN_USE
 */
export async function deletePlan(db: Db, code: string): Promise<void> {
  const plan = await db
    .selectFrom('billing_plans')
    .select('code')
    .where('code', '=', code)
    .$if(dialectOf(db) === 'postgres', (query) => query.forUpdate())
    .executeTakeFirst()
  if (plan === undefined) throw notFound('billing_plan', code)
  const { agreements } = await reachOf(db, code, { agreements: 'billing_agreements.plan_code' })
  if (agreements > 0) {
    const message = `${agreements} agreements were made from the plan ${shown(code)}, ended ones included: it stays with them.`
    throw new ApiError(400, 'BILLING_PLAN_IN_USE', message)
  }
  await db.deleteFrom('billing_plans').where('code', '=', code).execute()
}

/**
 * @param options `isHeld`: another request that changes what the customer has waits until the transaction ends
 * @throws {ApiError} 400 CUSTOMER_NOT_FOUND: a query or a body names it
 */
export async function requireCustomer(db: Db, id: string, { isHeld = false } = {}) {
  const row = await db
    .selectFrom('billing_customers')
    .selectAll()
    .where('id', '=', id)
    .$if(isHeld && dialectOf(db) === 'postgres', (query) => query.forNoKeyUpdate())
    .executeTakeFirst()
  if (row === undefined) {
    throw invalid('customer_id', `There is no billing customer ${shown(id)}.`, 'CUSTOMER_NOT_FOUND')
  }
  return row
}

/**
 * Makes a user or an organization a billing customer.
 * @returns the customer's id
 * @throws {ApiError} 400 BILLING_CUSTOMER_EXISTS
 */
export async function createCustomer(
  db: Db,
  customer: { userId: string | null; organizationCode: string | null; email: string },
  { ids, now }: { ids: Ids; now: number },
): Promise<string> {
  const existing = await db
    .selectFrom('billing_customers')
    .select('id')
    .where((where) =>
      where.or([where('user_id', '=', customer.userId), where('organization_code', '=', customer.organizationCode)]),
    )
    .executeTakeFirst()
  if (existing !== undefined) {
    throw new ApiError(400, 'BILLING_CUSTOMER_EXISTS', `The billing customer ${existing.id} exists already.`)
  }
  const id = ids.timed('customer', now)
  await db
    .insertInto('billing_customers')
    .values({
      id,
      user_id: customer.userId,
      organization_code: customer.organizationCode,
      email: customer.email,
      created_at_ms: now,
    })
    .execute()
  return id
}

/** The plan that new customers get; undefined where none is the default. */
export async function defaultPlan(db: Db): Promise<string | undefined> {
  const row = await db.selectFrom('billing_plans').select('code').where('is_default', '=', true).executeTakeFirst()
  return row?.code
}

/**
 * Makes an agreement from a plan, with the plan's present terms as its entitlements, and ends the customer's others.
 * @returns the agreement, and what it took the place of
 * @throws {ApiError} 400 CUSTOMER_NOT_FOUND, PLAN_NOT_FOUND
 */
export async function createAgreement(
  db: Db,
  wanted: { customerId: string; planCode: string; invoiceNow: boolean; prorate: boolean },
  { ids, now, provider }: { ids: Ids; now: number; provider: PaymentProvider },
): Promise<{ id: string; previous: { id: string; plan_code: string }[] }> {
  // Held, so that of two requests the second one ends the agreement of the first.
  const customer = await requireCustomer(db, wanted.customerId, { isHeld: true })
  const plan = await db
    .selectFrom('billing_plans')
    .select('code')
    .where('code', '=', wanted.planCode)
    .executeTakeFirst()
  if (plan === undefined) {
    throw invalid('plan_code', `There is no plan with the code ${shown(wanted.planCode)}.`, 'PLAN_NOT_FOUND')
  }
  const previous = await db
    .selectFrom('billing_agreements')
    .select(['id', 'plan_code'])
    .where('customer_id', '=', customer.id)
    .where('expired_at_ms', 'is', null)
    .orderBy('seq')
    .execute()
  await db
    .updateTable('billing_agreements')
    .set({ expired_at_ms: now })
    .where('customer_id', '=', customer.id)
    .where('expired_at_ms', 'is', null)
    .execute()
  const id = ids.timed('agreement', now)
  await db
    .insertInto('billing_agreements')
    .values({ id, customer_id: customer.id, plan_code: plan.code, started_at_ms: now })
    .execute()
  const features = await db
    .selectFrom('billing_plan_features')
    .selectAll()
    .where('plan_code', '=', plan.code)
    .orderBy('seq')
    .execute()
  for (const { seq: _seq, plan_code: _plan, ...terms } of features) {
    await db
      .insertInto('billing_entitlements')
      .values({ ...terms, id: ids.timed('entitlement', now), agreement_id: id })
      .execute()
  }
  await provider.agreementChanged({
    customerId: customer.id,
    email: customer.email,
    previousPlan: previous.at(-1)?.plan_code ?? null,
    plan: plan.code,
    invoiceNow: wanted.invoiceNow,
    prorate: wanted.prorate,
  })
  return { id, previous }
}

/** The events that a new agreement means. */
export function agreementEvents(
  customerId: string,
  planCode: string,
  { id, previous }: { id: string; previous: { id: string; plan_code: string }[] },
) {
  const customer = { id: customerId }
  const agreement = { id, plan_code: planCode }
  return [
    ...previous.map((ended) => ({
      type: 'customer.agreement_cancelled' as const,
      data: { customer, agreement: ended },
    })),
    { type: 'customer.agreement_created' as const, data: { customer, agreement } },
    {
      type: previous.length === 0 ? ('customer.plan_assigned' as const) : ('customer.plan_changed' as const),
      data: { customer, agreement },
    },
  ]
}

/**
 * The monthly period of an agreement that a moment falls into: it begins on the day of the month on which the agreement
 * began, or on the month's last day where there is no such day.
 */
export function billingPeriod(startedAtMs: number, now: number): { start: number; end: number } {
  const started = new Date(startedAtMs)
  const at = (months: number) => {
    const day = started.getUTCDate()
    const first = new Date(startedAtMs)
    first.setUTCDate(1)
    first.setUTCMonth(first.getUTCMonth() + months)
    const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
    first.setUTCDate(Math.min(day, last))
    return first.getTime()
  }
  const current = new Date(now)
  let months =
    (current.getUTCFullYear() - started.getUTCFullYear()) * 12 + current.getUTCMonth() - started.getUTCMonth()
  if (at(months) > now) months -= 1
  return { start: at(Math.max(0, months)), end: at(Math.max(0, months) + 1) }
}

const fraction = 9
const scale = 10n ** BigInt(fraction)

/**
 * What has been used of a feature in a period: the last absolute report, and what was added since. A report that came
 * when its period was over counts for the one in which it came, as with Kinde; what was used before the agreement began
 * counts for none.
 * @param period one of the agreement's, see {@link billingPeriod}
 * @returns a decimal number as text
 */
export async function usageOf(
  db: Db,
  agreementId: string,
  featureCode: string,
  period: { start: number; end: number },
): Promise<string> {
  const rows = await db
    .selectFrom('billing_usage')
    .innerJoin('billing_agreements', 'billing_agreements.id', 'billing_usage.agreement_id')
    .select(['kind', 'amount'])
    .where('agreement_id', '=', agreementId)
    .where('feature_code', '=', featureCode)
    .whereRef('used_at_ms', '>=', 'billing_agreements.started_at_ms')
    .where('used_at_ms', '<', period.end)
    .where('billing_usage.created_at_ms', '<', period.end)
    .where((where) =>
      where.or([where('used_at_ms', '>=', period.start), where('billing_usage.created_at_ms', '>=', period.start)]),
    )
    .orderBy('used_at_ms')
    .orderBy('billing_usage.seq')
    .execute()
  let total = 0n
  for (const { kind, amount } of rows) total = kind === 'absolute' ? units(amount) : total + units(amount)
  const whole = total / scale
  const rest = (total % scale).toString().padStart(fraction, '0').replace(/0+$/, '')
  return rest === '' ? `${whole}` : `${whole}.${rest}`
}

/** A decimal number in units of 10⁻⁹, so that sums are exact. */
function units(amount: string): bigint {
  const [whole, rest = ''] = amount.split('.')
  return BigInt(whole!) * scale + BigInt(rest.padEnd(fraction, '0'))
}
