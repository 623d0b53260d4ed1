import { type Static, Type } from '@sinclair/typebox'
import { invalid, shown } from '../errors.ts'
import { Nullable, named, ok, operation, Success } from '../operation.ts'
import { deletePlan, listPlans, type Plan, putPlan } from '../store/billing.ts'

const mostFeatures = 100

const code = (what: string) => Type.String({ minLength: 1, maxLength: 128, description: `Code of the ${what}.` })
const text = (description: string) => Type.Optional(Nullable(Type.String({ maxLength: 128, description })))
const amount = (description: string) => Type.Optional(Nullable(Type.Integer({ minimum: 0, description })))

const Feature = Type.Object({
  code: code('feature'),
  name: Type.String({ minLength: 1, maxLength: 128, description: 'Name of the feature.' }),
  price_name: text('Name of its price.'),
  fixed_charge: amount('Fixed price, cents.'),
  unit_amount: amount('Price of a unit, cents.'),
  limit_max: amount('How many units at most; null: no limit.'),
  limit_min: amount('How many units at least.'),
})

const planMembers = {
  name: Type.String({ minLength: 1, maxLength: 128, description: 'Name of the plan.' }),
  group_id: text('The group of plans that it is one of.'),
  is_default: Type.Optional(
    Type.Boolean({
      description: 'Whether a new customer gets it where none is named. One plan at most is the default.',
    }),
  ),
  features: Type.Array(Feature, { maxItems: mostFeatures, description: 'What the plan gives, and on which terms.' }),
}

const PlanShape = named('billing_plan', Type.Object({ code: code('plan'), ...planMembers }))

export const getBillingPlans = operation({
  id: 'getBillingPlans',
  method: 'GET',
  path: '/admin/api/billing/plans',
  scope: 'read:billing_agreements',
  role: 'read_only',
  tag: 'Billing',
  summary: 'List plans',
  description: 'The plans from which agreements are made, in the order of their making.',
  responses: { 200: named('billing_plans_response', Success({ plans: Type.Array(PlanShape) })) },
  handler: async ({ db }) => ({ ...ok, plans: (await listPlans(db)).map(shownPlan) }),
})

export const putBillingPlan = operation({
  id: 'putBillingPlan',
  method: 'PUT',
  path: '/admin/api/billing/plans/{plan_code}',
  scope: 'update:businesses',
  role: 'administrator',
  tag: 'Billing',
  summary: 'Set up a plan',
  description:
    'Makes the plan, or puts these terms in the place of those that it has. Agreements that were made from it keep ' +
    'the terms of their day.',
  body: Type.Object(planMembers),
  bodyRequired: true,
  responses: { 200: named('billing_plan_response', Success({ plan: PlanShape })) },
  handler: async ({ params, body, db, now, record }) => {
    if (!/^[\w.:-]{1,128}$/.test(params.plan_code)) {
      const message = `${shown(params.plan_code)} is no code of a plan: 1 to 128 letters, digits, _, ., : and -.`
      throw invalid('plan_code', message, 'INVALID_PLAN_CODE')
    }
    const codes = body.features.map((feature) => feature.code)
    const twice = codes.find((one, index) => codes.indexOf(one) !== index)
    if (twice !== undefined) {
      throw invalid('features', `The feature ${shown(twice)} stands there twice.`, 'FEATURE_GIVEN_TWICE')
    }
    const [before] = await listPlans(db, params.plan_code)
    await putPlan(db, planOf(params.plan_code, body), now)
    const [plan] = (await listPlans(db, params.plan_code)).map(shownPlan)
    const data = { billing_plan: { code: plan!.code, name: plan!.name } }
    if (before === undefined) record('billing_plan.created', data)
    else if (JSON.stringify(shownPlan(before)) !== JSON.stringify(plan)) {
      record('billing_plan.updated', data, { before: shownPlan(before), after: plan! })
    }
    return { ...ok, plan: plan! }
  },
})

export const deleteBillingPlan = operation({
  id: 'deleteBillingPlan',
  method: 'DELETE',
  path: '/admin/api/billing/plans/{plan_code}',
  scope: 'update:businesses',
  role: 'administrator',
  tag: 'Billing',
  summary: 'Delete a plan',
  description: 'Removes a plan from which no agreement was made.',
  responses: { 200: named('delete_billing_plan_response', Success({})) },
  handler: async ({ params, db, record }) => {
    await deletePlan(db, params.plan_code)
    record('billing_plan.deleted', { billing_plan: { code: params.plan_code } })
    return ok
  },
})

function planOf(planCode: string, body: Static<ReturnType<typeof Type.Object<typeof planMembers>>>): Plan {
  return {
    code: planCode,
    name: body.name,
    groupId: body.group_id ?? null,
    isDefault: body.is_default ?? false,
    features: body.features.map((feature) => ({
      code: feature.code,
      name: feature.name,
      priceName: feature.price_name ?? null,
      fixedCharge: feature.fixed_charge ?? null,
      unitAmount: feature.unit_amount ?? null,
      limitMax: feature.limit_max ?? null,
      limitMin: feature.limit_min ?? null,
    })),
  }
}

function shownPlan(plan: Required<Plan>): Static<typeof PlanShape> {
  return {
    code: plan.code,
    name: plan.name,
    group_id: plan.groupId,
    is_default: plan.isDefault,
    features: plan.features.map((feature) => ({
      code: feature.code,
      name: feature.name,
      price_name: feature.priceName ?? null,
      fixed_charge: feature.fixedCharge ?? null,
      unit_amount: feature.unitAmount ?? null,
      limit_max: feature.limitMax ?? null,
      limit_min: feature.limitMin ?? null,
    })),
  }
}
