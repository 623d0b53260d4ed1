import { Type } from '@sinclair/typebox'
import { invalid, notFound, shown } from '../errors.ts'
import { Nullable, named, ok, operation, Success } from '../operation.ts'
import {
  agreementEvents,
  billingPeriod,
  createAgreement,
  createCustomer,
  defaultPlan,
  usageOf,
} from '../store/billing.ts'
import { emailValue } from '../store/identity-values.ts'
import { tokenPage, tokenPageParameters } from '../store/page.ts'
import { fullName } from '../store/subscribers.ts'
import type { Db } from '../store/tables.ts'
import { Moment, moment, momentOrNull } from './shapes.ts'

const CustomerShape = named(
  'billing_customer',
  Type.Object({
    id: Type.String({ description: 'Id of the billing customer.' }),
    user_id: Nullable(Type.String({ description: 'The user that it is, or null.' })),
    org_code: Nullable(Type.String({ description: 'The organization that it is, or null.' })),
    email: Type.String({ description: 'The address to which bills go.' }),
    created_at: Moment('When it was made.'),
    agreements: Type.Array(
      Type.Object({
        id: Type.String({ description: 'Id of the agreement.' }),
        plan_code: Type.String({ description: 'The plan from which it was made.' }),
        started_at: Moment('When it began.'),
        ended_at: Nullable(Moment('When another one took its place; null while it holds.')),
        usage: Type.Array(
          Type.Object({
            feature_code: Type.String({ description: 'Code of the feature.' }),
            used: Type.String({ description: 'How much, as a decimal number.' }),
          }),
          { description: 'What was used of each feature in its last month.' },
        ),
      }),
      { description: 'In the order of their making.' },
    ),
  }),
)

const CustomerReply = named('billing_customer_response', Success({ customer: CustomerShape }))

export const listBillingCustomers = operation({
  id: 'listBillingCustomers',
  method: 'GET',
  path: '/admin/api/billing/customers',
  scope: 'read:billing_agreements',
  role: 'read_only',
  tag: 'Billing',
  summary: 'List billing customers',
  description: 'The last one made comes first, a page at a time; of one user or one organization where it is named.',
  query: Type.Object({
    user_id: Type.Optional(Nullable(Type.String({ description: 'Only the customer that is this user.' }))),
    org_code: Type.Optional(Nullable(Type.String({ description: 'Only the customer that is this organization.' }))),
    ...tokenPageParameters,
  }),
  responses: {
    200: named(
      'billing_customers_response',
      Success({
        customers: Type.Array(
          Type.Object({
            id: Type.String({ description: 'Id of the billing customer.' }),
            user_id: Nullable(Type.String({ description: 'The user that it is, or null.' })),
            org_code: Nullable(Type.String({ description: 'The organization that it is, or null.' })),
            name: Type.String({ description: 'Name of that user or organization; may be empty.' }),
            email: Type.String({ description: 'The address to which bills go.' }),
            plan_codes: Type.Array(Type.String(), { description: 'The plans of the agreements that hold.' }),
            created_at: Moment('When it was made.'),
          }),
        ),
        next_token: Nullable(Type.String({ description: 'Gives the next page; null on the last one.' })),
      }),
    ),
  },
  handler: async ({ query, db, environment }) => {
    const { rows, nextToken } = await tokenPage(
      db
        .selectFrom('billing_customers as customer')
        .leftJoin('organizations', 'organizations.code', 'customer.organization_code')
        .leftJoin('users', 'users.id', 'customer.user_id')
        .select(['customer.seq', 'customer.id', 'customer.user_id', 'customer.organization_code', 'customer.email'])
        .select(['customer.created_at_ms', 'organizations.name', 'users.first_name', 'users.last_name'])
        .$if(Boolean(query.user_id), (rows) => rows.where('customer.user_id', '=', query.user_id!))
        .$if(Boolean(query.org_code), (rows) => rows.where('customer.organization_code', '=', query.org_code!)),
      { ...query, sort: 'newest' },
      {
        list: `billing customers of ${JSON.stringify([query.user_id || '', query.org_code || ''])}`,
        tokens: environment.pageTokens,
        table: 'customer',
        sorts: { newest: { column: 'seq', direction: 'desc' } },
      },
    )
    const agreements =
      rows.length === 0
        ? []
        : await db
            .selectFrom('billing_agreements')
            .select(['customer_id', 'plan_code'])
            .where(
              'customer_id',
              'in',
              rows.map(({ id }) => id),
            )
            .where('expired_at_ms', 'is', null)
            .orderBy('seq')
            .execute()
    const byCustomer = Map.groupBy(agreements, (agreement) => agreement.customer_id)
    return {
      ...ok,
      customers: rows.map((row) => ({
        id: row.id,
        user_id: row.user_id,
        org_code: row.organization_code,
        name: row.name ?? fullName(row.first_name ?? '', row.last_name ?? ''),
        email: row.email,
        plan_codes: (byCustomer.get(row.id) ?? []).map(({ plan_code }) => plan_code),
        created_at: moment(row.created_at_ms),
      })),
      next_token: nextToken ?? null,
    }
  },
})

export const getBillingCustomer = operation({
  id: 'getBillingCustomer',
  method: 'GET',
  path: '/admin/api/billing/customers/{customer_id}',
  scope: 'read:billing_agreements',
  role: 'read_only',
  tag: 'Billing',
  summary: 'Get a billing customer',
  description: 'Whose customer it is, its agreements, and what was used under them.',
  responses: { 200: CustomerReply },
  handler: async ({ params, db, now }) => ({ ...ok, customer: await shownCustomer(db, params.customer_id, now) }),
})

export const createBillingCustomer = operation({
  id: 'createBillingCustomer',
  method: 'POST',
  path: '/admin/api/billing/customers',
  scope: 'create:billing_agreements',
  role: 'administrator',
  tag: 'Billing',
  summary: 'Make a billing customer',
  description: 'Makes a user or an organization a customer, on a plan or on the default one, if there is one.',
  body: Type.Object({
    user_id: Type.Optional(Nullable(Type.String({ maxLength: 128, description: 'The user; else org_code.' }))),
    org_code: Type.Optional(Nullable(Type.String({ maxLength: 128, description: 'The organization; else user_id.' }))),
    email: Type.String({ maxLength: 254, description: 'The address to which bills go.' }),
    plan_code: Type.Optional(
      Nullable(Type.String({ maxLength: 128, description: 'Code of the first plan; the default plan when left out.' })),
    ),
  }),
  bodyRequired: true,
  responses: { 200: CustomerReply },
  handler: async ({ body, db, now, environment, record }) => {
    const owner = await requireOwner(db, body.user_id || null, body.org_code || null)
    const { value: email } = emailValue(body.email, 'email')
    const { ids, paymentProvider: provider } = environment
    const id = await createCustomer(db, { ...owner, email }, { ids, now })
    record('billing_customer.created', {
      billing_customer: { id, user_id: owner.userId, organization_code: owner.organizationCode },
    })
    const planCode = body.plan_code || (await defaultPlan(db))
    if (planCode !== undefined) {
      const wanted = { customerId: id, planCode, invoiceNow: false, prorate: false }
      const agreement = await createAgreement(db, wanted, { ids, now, provider })
      for (const { type, data } of agreementEvents(id, planCode, agreement)) record(type, data)
    }
    return { ...ok, customer: await shownCustomer(db, id, now) }
  },
})

/** @throws {ApiError} 400 CUSTOMER_OWNER_REQUIRED, USER_NOT_FOUND, ORGANIZATION_NOT_FOUND */
async function requireOwner(db: Db, userId: string | null, organizationCode: string | null) {
  if ((userId === null) === (organizationCode === null)) {
    throw invalid('user_id', 'Say whose customer it is: either user_id or org_code.', 'CUSTOMER_OWNER_REQUIRED')
  }
  const found =
    userId !== null
      ? await db.selectFrom('users').select('id').where('id', '=', userId).executeTakeFirst()
      : await db.selectFrom('organizations').select('code').where('code', '=', organizationCode).executeTakeFirst()
  if (found !== undefined) return { userId, organizationCode }
  if (userId !== null) throw invalid('user_id', `There is no user with the id ${shown(userId)}.`, 'USER_NOT_FOUND')
  const message = `There is no organization with the code ${shown(organizationCode!)}.`
  throw invalid('org_code', message, 'ORGANIZATION_NOT_FOUND')
}

/** @throws {ApiError} 404 BILLING_CUSTOMER_NOT_FOUND */
async function shownCustomer(db: Db, id: string, now: number) {
  const row = await db.selectFrom('billing_customers').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw notFound('billing_customer', id)
  const agreements = await db
    .selectFrom('billing_agreements')
    .selectAll()
    .where('customer_id', '=', id)
    .orderBy('seq')
    .execute()
  const shownAgreements = []
  for (const agreement of agreements) {
    const features = await db
      .selectFrom('billing_entitlements')
      .select('feature_code')
      .where('agreement_id', '=', agreement.id)
      .orderBy('seq')
      .execute()
    const period = billingPeriod(agreement.started_at_ms, agreement.expired_at_ms ?? now)
    const usage = []
    for (const { feature_code } of features) {
      usage.push({ feature_code, used: await usageOf(db, agreement.id, feature_code, period) })
    }
    shownAgreements.push({
      id: agreement.id,
      plan_code: agreement.plan_code,
      started_at: moment(agreement.started_at_ms),
      ended_at: momentOrNull(agreement.expired_at_ms),
      usage,
    })
  }
  return {
    id: row.id,
    user_id: row.user_id,
    org_code: row.organization_code,
    email: row.email,
    created_at: moment(row.created_at_ms),
    agreements: shownAgreements,
  }
}
