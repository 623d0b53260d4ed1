import { Type } from '@sinclair/typebox'
import { invalid, shown } from '../errors.ts'
import { Choice, Nullable, named, ok, operation, Success, SuccessReply } from '../operation.ts'
import { agreementEvents, billingPeriod, createAgreement, requireCustomer } from '../store/billing.ts'
import { cursorPage, pageSizeParameter } from '../store/page.ts'
import { timestamp } from '../time.ts'

const text = (description: string) => Type.Optional(Type.String({ description }))
const integer = (description: string) => Type.Optional(Type.Integer({ description }))
const moment = (description: string) => Type.Optional(Nullable(Type.String({ format: 'date-time', description })))

const cursors = (what: string) => ({
  page_size: pageSizeParameter,
  starting_after: Type.Optional(Nullable(Type.String({ description: `Id of the last ${what} of the page before.` }))),
  ending_before: Type.Optional(Nullable(Type.String({ description: `Id of the first ${what} of the page behind.` }))),
})
const customerId = Type.String({ description: 'Id of the billing customer.' })
const hasMore = Type.Optional(Type.Boolean({ description: 'Whether another page follows.' }))

export const getBillingEntitlements = operation({
  id: 'getBillingEntitlements',
  method: 'GET',
  path: '/api/v1/billing/entitlements',
  scope: 'read:billing_entitlements',
  tag: 'Billing Entitlements',
  summary: 'List entitlements',
  description: 'What the customer may use under the agreements that hold at the moment.',
  query: Type.Object({
    ...cursors('entitlement'),
    customer_id: customerId,
    max_value: Type.Optional(
      Nullable(Type.String({ maxLength: 20, description: 'The maximum to show where there is none: a whole number.' })),
    ),
    expand: Type.Optional(Nullable(Choice(['plans'], { description: '`plans` adds the plans of the agreements.' }))),
  }),
  responses: {
    200: named(
      'get_billing_entitlements_response',
      Success({
        has_more: hasMore,
        entitlements: Type.Optional(
          Type.Array(
            Type.Object({
              id: text('Id of the entitlement.'),
              fixed_charge: integer('Fixed price, cents.'),
              price_name: text('Name of the price.'),
              unit_amount: integer('Price of a unit, cents.'),
              feature_code: text('Code of the feature.'),
              feature_name: text('Name of the feature.'),
              entitlement_limit_max: integer('How many units at most; left out where there is no limit.'),
              entitlement_limit_min: integer('How many units at least.'),
            }),
          ),
        ),
        plans: Type.Optional(
          Type.Array(
            Type.Object({
              code: text('Code of the plan.'),
              subscribed_on: Type.Optional(Type.String({ format: 'date-time', description: 'Since when, RFC 3339.' })),
            }),
          ),
        ),
      }),
    ),
  },
  handler: async ({ query, db }) => {
    const customer = await requireCustomer(db, query.customer_id)
    const standIn = standInLimit(query.max_value)
    const agreements = db
      .selectFrom('billing_agreements')
      .where('customer_id', '=', customer.id)
      .where('expired_at_ms', 'is', null)
    const entitlements = db
      .selectFrom('billing_entitlements')
      .where('billing_entitlements.agreement_id', 'in', agreements.select('id'))
    const page = await cursorPage(entitlements.selectAll(), query, {
      table: 'billing_entitlements',
      seqOf: async (id) => (await entitlements.select('seq').where('id', '=', id).executeTakeFirst())?.seq,
    })
    const plans = await agreements.select(['plan_code', 'started_at_ms']).orderBy('seq').execute()
    return {
      ...ok,
      has_more: page.hasMore,
      entitlements: page.rows.map((row) => ({
        id: row.id,
        fixed_charge: row.fixed_charge ?? undefined,
        price_name: row.price_name ?? undefined,
        unit_amount: row.unit_amount ?? undefined,
        feature_code: row.feature_code,
        feature_name: row.feature_name,
        entitlement_limit_max: row.limit_max ?? standIn,
        entitlement_limit_min: row.limit_min ?? undefined,
      })),
      ...(query.expand === 'plans'
        ? { plans: plans.map((row) => ({ code: row.plan_code, subscribed_on: timestamp(row.started_at_ms) })) }
        : {}),
    }
  },
})

function standInLimit(given: string | null | undefined): number | undefined {
  if (given === null || given === undefined || given === '') return undefined
  const limit = Number(given)
  if (/^\d+$/.test(given) && Number.isSafeInteger(limit)) return limit
  throw invalid('max_value', `max_value must be a whole number; ${shown(given)} was sent.`, 'INVALID_MAX_VALUE')
}

export const getBillingAgreements = operation({
  id: 'getBillingAgreements',
  method: 'GET',
  path: '/api/v1/billing/agreements',
  scope: 'read:billing_agreements',
  tag: 'Billing Agreements',
  summary: 'List agreements',
  description: "The customer's agreements, those that have ended too, in the order in which they were made.",
  query: Type.Object({
    ...cursors('agreement'),
    customer_id: customerId,
    feature_code: Type.Optional(Nullable(Type.String({ description: 'Only agreements that give this feature.' }))),
  }),
  responses: {
    200: named(
      'get_billing_agreements_response',
      Success({
        has_more: hasMore,
        agreements: Type.Optional(
          Type.Array(
            Type.Object({
              id: text('Id of the agreement.'),
              plan_code: text('Code of the plan.'),
              expires_on: moment('When it ended, RFC 3339; null while it holds.'),
              billing_group_id: Type.Optional(
                Nullable(Type.String({ description: 'Id of the group that the plan is part of.' })),
              ),
              current_period_start: moment('Begin of the present billing period, RFC 3339; null once it has ended.'),
              current_period_end: moment('End of the present billing period, RFC 3339; null once it has ended.'),
              entitlements: Type.Optional(
                Type.Array(
                  Type.Object({
                    feature_code: text('Code of the feature.'),
                    entitlement_id: text('Id of the entitlement.'),
                  }),
                ),
              ),
            }),
          ),
        ),
      }),
    ),
  },
  handler: async ({ query, db, now }) => {
    const customer = await requireCustomer(db, query.customer_id)
    const { feature_code: featureCode } = query
    let agreements = db
      .selectFrom('billing_agreements')
      .innerJoin('billing_plans', 'billing_plans.code', 'billing_agreements.plan_code')
      .where('billing_agreements.customer_id', '=', customer.id)
    if (featureCode) {
      agreements = agreements.where('billing_agreements.id', 'in', (select) =>
        select.selectFrom('billing_entitlements').select('agreement_id').where('feature_code', '=', featureCode),
      )
    }
    const page = await cursorPage(agreements.selectAll('billing_agreements').select('billing_plans.group_id'), query, {
      table: 'billing_agreements',
      seqOf: async (id) =>
        (await agreements.select('billing_agreements.seq').where('billing_agreements.id', '=', id).executeTakeFirst())
          ?.seq,
    })
    const ids = page.rows.map((row) => row.id)
    const entitlements =
      ids.length === 0
        ? []
        : await db
            .selectFrom('billing_entitlements')
            .selectAll()
            .where('agreement_id', 'in', ids)
            .orderBy('seq')
            .execute()
    const byAgreement = Map.groupBy(entitlements, (row) => row.agreement_id)
    return {
      ...ok,
      has_more: page.hasMore,
      agreements: page.rows.map((row) => {
        const period = row.expired_at_ms === null ? billingPeriod(row.started_at_ms, now) : null
        return {
          id: row.id,
          plan_code: row.plan_code,
          expires_on: row.expired_at_ms === null ? null : timestamp(row.expired_at_ms),
          billing_group_id: row.group_id,
          current_period_start: period && timestamp(period.start),
          current_period_end: period && timestamp(period.end),
          entitlements: (byAgreement.get(row.id) ?? []).map((entitlement) => ({
            feature_code: entitlement.feature_code,
            entitlement_id: entitlement.id,
          })),
        }
      }),
    }
  },
})

export const createBillingAgreement = operation({
  id: 'createBillingAgreement',
  method: 'POST',
  path: '/api/v1/billing/agreements',
  scope: 'create:billing_agreements',
  tag: 'Billing Agreements',
  summary: 'Create an agreement',
  description: 'Puts the customer on a plan. Agreements that held until now end with it.',
  body: Type.Object({
    customer_id: Type.String({ maxLength: 128, description: 'Id of the billing customer.' }),
    plan_code: Type.String({ maxLength: 128, description: 'Code of the plan.' }),
    is_invoice_now: Type.Optional(Type.Boolean({ description: 'Invoice metered usage of the old plan now.' })),
    is_prorate: Type.Optional(Type.Boolean({ description: 'Credit what is left of the old period.' })),
  }),
  bodyRequired: true,
  responses: { 200: SuccessReply },
  handler: async ({ body, db, now, environment, record }) => {
    const made = await createAgreement(
      db,
      {
        customerId: body.customer_id,
        planCode: body.plan_code,
        invoiceNow: body.is_invoice_now ?? false,
        prorate: body.is_prorate ?? false,
      },
      { ids: environment.ids, now, provider: environment.paymentProvider },
    )
    for (const { type, data } of agreementEvents(body.customer_id, body.plan_code, made)) record(type, data)
    return ok
  },
})

export const createMeterUsageRecord = operation({
  id: 'createMeterUsageRecord',
  method: 'POST',
  path: '/api/v1/billing/meter_usage',
  scope: 'create:meter_usage',
  tag: 'Billing Meter Usage',
  summary: 'Report usage',
  description: 'Notes how much of a metered feature was used under an agreement.',
  body: Type.Object({
    customer_agreement_id: Type.String({ maxLength: 128, description: 'Id of the agreement.' }),
    billing_feature_code: Type.String({ maxLength: 128, description: 'Code of a feature of the agreement.' }),
    meter_value: Type.Unsafe<string | number>({
      anyOf: [
        { type: 'string', maxLength: 32 },
        { type: 'number', minimum: 0 },
      ],
      description: 'How much, as a decimal number of up to 15 digits and 9 decimals.',
    }),
    meter_usage_timestamp: Type.Optional(
      Type.String({
        format: 'date-time',
        maxLength: 64,
        description: 'When it was used, ISO 8601; now when left out.',
      }),
    ),
    meter_type_code: Type.Optional(
      Choice(['absolute', 'delta'], {
        description: '`absolute` replaces what was reported so far in the period, `delta` adds to it (the default).',
      }),
    ),
  }),
  bodyRequired: true,
  responses: { 200: named('create_meter_usage_record_response', Success({})) },
  handler: async ({ body, db, now, record }) => {
    const amount = String(body.meter_value).trim()
    if (!/^\d{1,15}(\.\d{1,9})?$/.test(amount)) {
      throw invalid('meter_value', `${shown(amount)} is no decimal number such as 12.5.`, 'INVALID_METER_VALUE')
    }
    const entitlement = await db
      .selectFrom('billing_agreements')
      .leftJoin('billing_entitlements', (join) =>
        join
          .onRef('billing_entitlements.agreement_id', '=', 'billing_agreements.id')
          .on('billing_entitlements.feature_code', '=', body.billing_feature_code),
      )
      .select(['billing_agreements.customer_id', 'billing_entitlements.id'])
      .where('billing_agreements.id', '=', body.customer_agreement_id)
      .executeTakeFirst()
    if (entitlement === undefined) {
      const message = `There is no agreement ${shown(body.customer_agreement_id)}.`
      throw invalid('customer_agreement_id', message, 'AGREEMENT_NOT_FOUND')
    }
    if (entitlement.id === null) {
      const message = `The agreement gives no feature ${shown(body.billing_feature_code)}.`
      throw invalid('billing_feature_code', message, 'FEATURE_NOT_FOUND')
    }
    const usedAtMs = body.meter_usage_timestamp === undefined ? now : Date.parse(body.meter_usage_timestamp)
    if (Number.isNaN(usedAtMs)) {
      throw invalid('meter_usage_timestamp', 'meter_usage_timestamp must be a date and time in ISO 8601.')
    }
    const kind = body.meter_type_code ?? 'delta'
    await db
      .insertInto('billing_usage')
      .values({
        agreement_id: body.customer_agreement_id,
        feature_code: body.billing_feature_code,
        kind,
        amount,
        used_at_ms: usedAtMs,
        created_at_ms: now,
      })
      .execute()
    record('customer.meter_usage_updated', {
      customer: { id: entitlement.customer_id },
      agreement: { id: body.customer_agreement_id },
      usage: { feature_code: body.billing_feature_code, type: kind, value: amount, timestamp: timestamp(usedAtMs) },
    })
    return ok
  },
})
