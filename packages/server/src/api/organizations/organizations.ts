import { Type } from '@sinclair/typebox'
import { ApiError, invalid } from '../../errors.ts'
import { Choice, Nullable, named, ok, operation, type Recorder, Success, SuccessReply } from '../../operation.ts'
import { agreementEvents, createAgreement, createCustomer, defaultPlan } from '../../store/billing.ts'
import { setOrganizationFlags } from '../../store/feature-flags.ts'
import { emailValue } from '../../store/identity-values.ts'
import { logoUrls } from '../../store/logos.ts'
import {
  createOrganization as addOrganization,
  updateOrganization as changeOrganization,
  colorScheme,
  holdOrganization,
  organizationEventData,
  organizationSettings,
  deleteOrganization as removeOrganization,
  requireOrganization,
  shownBrand,
  suspendedOn,
  type ThemeCode,
  themeCodes,
} from '../../store/organizations.ts'
import { tokenPage, tokenPageParameters } from '../../store/page.ts'
import type { Db, OrganizationRow } from '../../store/tables.ts'
import { timestamp } from '../../time.ts'
import { pictureMembers, themeMembers } from '../branding.ts'

const longestName = 128

const code = Type.Optional(Type.String({ description: 'Code of the organization.' }))
const name = Type.Optional(Type.String({ description: 'Name of the organization.' }))
const handle = Type.Optional(
  Nullable(Type.String({ description: 'A word of its own, such as a subdomain, usable in callback URLs.' })),
)
const isDefault = Type.Optional(Type.Boolean({ description: 'Whether it is the default organization.' }))
const externalId = Type.Optional(
  Nullable(Type.String({ description: 'The id that your own system has for the organization.' })),
)
const isAutoMembership = Type.Optional(
  Type.Boolean({ description: 'Whether whoever signs in with its code becomes a member.' }),
)

export const getOrganization = operation({
  id: 'getOrganization',
  method: 'GET',
  path: '/api/v1/organization',
  scope: 'read:organizations',
  tag: 'Organizations',
  summary: 'Get an organization',
  description: 'One organization, by its code. The reply is the organization itself; its `code` is its own.',
  organizationIn: { query: 'code' },
  query: Type.Object({
    code: Type.Optional(Type.String({ description: 'Code of the organization.' })),
    expand: Type.Optional(Nullable(Type.String({ description: '`billing` adds the billing customer.' }))),
  }),
  example: { query: { code: 'org_1767f11ce62' } },
  responses: {
    200: named(
      'get_organization_response',
      Type.Object({
        code,
        name,
        handle,
        is_default: isDefault,
        external_id: externalId,
        is_auto_membership_enabled: isAutoMembership,
        ...pictureMembers,
        allowed_domains: Type.Optional(
          Type.Array(Type.String(), { description: 'Domains whose addresses may sign up; empty: any.' }),
        ),
        ...themeMembers,
        created_on: Type.Optional(Type.String({ description: 'When it was made, RFC 3339.' })),
        is_allow_registrations: Type.Optional(
          Nullable(Type.Boolean({ description: 'The older name of is_auto_membership_enabled.' })),
        ),
        sender_name: Type.Optional(Nullable(Type.String({ description: 'The name in which e-mails are sent.' }))),
        sender_email: Type.Optional(Nullable(Type.String({ description: 'The address from which e-mails are sent.' }))),
        is_suspended: Type.Optional(Type.Boolean({ description: 'Whether nobody may sign in to it.' })),
        suspended_on: Type.Optional(Nullable(Type.String({ description: 'When it was suspended, RFC 3339.' }))),
        billing: Type.Optional(
          Type.Object({
            billing_customer_id: Type.Optional(Type.String({ description: 'Id of the billing customer.' })),
            agreements: Type.Optional(
              Type.Array(
                Type.Object({
                  plan_code: Type.Optional(Type.String({ description: 'Code of the plan.' })),
                  agreement_id: Type.Optional(Type.String({ description: 'Id of the agreement.' })),
                }),
              ),
            ),
          }),
        ),
      }),
    ),
  },
  handler: async ({ query, db, environment: { baseUrl } }) => {
    if (!query.code) {
      throw invalid('code', 'The query parameter code is missing: name the organization.', 'ORGANIZATION_REQUIRED')
    }
    const row = await requireOrganization(db, query.code)
    const theme = row.theme_code as ThemeCode
    return {
      code: row.code,
      name: row.name,
      handle: row.handle,
      is_default: row.is_default,
      external_id: row.external_id,
      is_auto_membership_enabled: row.is_auto_membership_enabled,
      ...(await logoUrls(db, baseUrl, row.code)),
      favicon_svg: null,
      favicon_fallback: null,
      allowed_domains: JSON.parse(row.allowed_domains) as string[],
      ...shownBrand(row.brand),
      button_border_radius: null,
      card_border_radius: null,
      input_border_radius: null,
      theme_code: theme,
      color_scheme: colorScheme(theme),
      created_on: timestamp(row.created_at_ms),
      is_allow_registrations: row.is_auto_membership_enabled,
      sender_name: row.sender_name,
      sender_email: row.sender_email,
      is_suspended: row.is_suspended,
      suspended_on: suspendedOn(row),
      ...(query.expand?.split(',').includes('billing') ? await billingOf(db, row.code) : {}),
    }
  },
})

/** The billing customer of an organization, with the agreements that hold; nothing where it is none. */
async function billingOf(db: Db, organizationCode: string) {
  const customer = await db
    .selectFrom('billing_customers')
    .select('id')
    .where('organization_code', '=', organizationCode)
    .executeTakeFirst()
  if (customer === undefined) return {}
  const agreements = await db
    .selectFrom('billing_agreements')
    .select(['plan_code', 'id as agreement_id'])
    .where('customer_id', '=', customer.id)
    .where('expired_at_ms', 'is', null)
    .orderBy('seq')
    .execute()
  return { billing: { billing_customer_id: customer.id, agreements } }
}

export const getOrganizations = operation({
  id: 'getOrganizations',
  method: 'GET',
  path: '/api/v1/organizations',
  scope: 'read:organizations',
  tag: 'Organizations',
  summary: 'List organizations',
  description: 'Organizations in the order in which they were made, or sorted, a page at a time.',
  organizationAware: true,
  query: Type.Object({
    sort: Type.Optional(
      Nullable(
        Choice(['name_asc', 'name_desc', 'email_asc', 'email_desc'], {
          description: 'Order of the list. An organization has no address of its own, so `email` sorts by name too.',
        }),
      ),
    ),
    ...tokenPageParameters,
  }),
  responses: {
    200: named(
      'get_organizations_response',
      Success({
        organizations: Type.Optional(
          Type.Array(
            named(
              'organization_item_schema',
              Type.Object({
                code,
                name,
                handle,
                is_default: isDefault,
                external_id: externalId,
                is_auto_membership_enabled: isAutoMembership,
              }),
            ),
          ),
        ),
        next_token: Type.Optional(Type.String({ description: 'Gives the next page; left out on the last one.' })),
      }),
    ),
  },
  handler: async ({ query, db, caller, environment }) => {
    let rows = db
      .selectFrom('organizations')
      .select(['seq', 'code', 'name', 'name_sort', 'handle', 'is_default', 'external_id', 'is_auto_membership_enabled'])
    if (caller.orgCode !== null) rows = rows.where('code', '=', caller.orgCode)
    const page = await tokenPage(rows, query, {
      list: 'organizations',
      tokens: environment.pageTokens,
      table: 'organizations',
      sorts: {
        name_asc: { column: 'name_sort', direction: 'asc' },
        name_desc: { column: 'name_sort', direction: 'desc' },
        email_asc: { column: 'name_sort', direction: 'asc' },
        email_desc: { column: 'name_sort', direction: 'desc' },
      },
    })
    return { ...ok, organizations: page.rows, next_token: page.nextToken }
  },
})

const brandColor = (where: string) =>
  Type.Optional(Type.String({ maxLength: 64, description: `Colour of ${where}: #rrggbb or hsl(h, s%, l%).` }))

const settingMembers = {
  external_id: Type.Optional(
    Type.String({ maxLength: 256, description: 'The id that your own system has for the organization; unique.' }),
  ),
  background_color: brandColor('the background'),
  button_color: brandColor('buttons'),
  button_text_color: brandColor("buttons' text"),
  link_color: brandColor('links'),
  background_color_dark: brandColor('the background in dark mode'),
  button_color_dark: brandColor('buttons in dark mode'),
  button_text_color_dark: brandColor("buttons' text in dark mode"),
  link_color_dark: brandColor('links in dark mode'),
  theme_code: Type.Optional(Choice(themeCodes, { description: 'Light, dark, or as the user prefers.' })),
  handle: Type.Optional(
    Type.String({ maxLength: 63, description: 'A word of its own, usable in callback URLs; unique.' }),
  ),
  is_allow_registrations: Type.Optional(
    Type.Boolean({ description: 'The older name of is_auto_membership_enabled, which wins.' }),
  ),
  is_auto_membership_enabled: Type.Optional(
    Type.Boolean({ description: 'Whether whoever signs in with its code becomes a member.' }),
  ),
  sender_name: Type.Optional(
    Nullable(Type.String({ maxLength: 128, description: 'The name in which e-mails are sent.' })),
  ),
  sender_email: Type.Optional(
    Nullable(Type.String({ maxLength: 254, description: 'The address from which e-mails are sent.' })),
  ),
}

export const createOrganization = operation({
  id: 'createOrganization',
  method: 'POST',
  path: '/api/v1/organization',
  scope: 'create:organizations',
  tag: 'Organizations',
  summary: 'Create an organization',
  description: 'Makes an organization, a tenant of your product. Everything but its name can be set later too.',
  body: Type.Object({
    name: Type.String({ minLength: 1, maxLength: longestName, description: 'Name of the organization.' }),
    ...settingMembers,
    theme_code: Type.Optional(Type.String({ maxLength: 32, description: 'light, dark or user_preference.' })),
    feature_flags: Type.Optional(
      // Kinde's document lists the types of flags as their values, by mistake.
      Type.Unsafe<Record<string, string | number | boolean>>({
        type: 'object',
        additionalProperties: { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }] },
        description: 'Values of feature flags in the organization, by the keys of the flags; 100 at most.',
      }),
    ),
    is_create_billing_customer: Type.Optional(
      Type.Boolean({ description: 'Whether it becomes a billing customer at once; needs billing_email.' }),
    ),
    billing_email: Type.Optional(Type.String({ maxLength: 254, description: 'The address to which bills go.' })),
    billing_plan_code: Type.Optional(
      Type.String({ maxLength: 128, description: 'Code of the first plan; the default plan when left out.' }),
    ),
  }),
  bodyRequired: true,
  example: {
    body: {
      name: 'Aviary',
      handle: 'aviary',
      external_id: 'aviary_7',
      is_allow_registrations: true,
      sender_name: 'The aviary',
      sender_email: 'aviary@zoo.example',
      theme_code: 'dark',
      background_color: '#fdfcf7',
      button_color: '#336699',
    },
  },
  responses: {
    200: named(
      'create_organization_response',
      Success({
        organization: Type.Optional(
          Type.Object({
            code,
            billing_customer_id: Type.Optional(
              Type.String({ description: 'Id of the billing customer, where one was asked for.' }),
            ),
          }),
        ),
      }),
    ),
  },
  handler: async ({ body, db, now, environment, record }) => {
    const { ids } = environment
    const created = await addOrganization(db, { ...settingsOf(body), name: requireName(body.name) }, { ids, now })
    record('organization.created', organizationEventData(await requireOrganization(db, created)))
    for (const flag of await setOrganizationFlags(db, created, body.feature_flags ?? {}, 'feature_flags')) {
      record('organization.feature_flag_overridden', { organization: { code: created }, feature_flag: flag })
    }
    if (!body.is_create_billing_customer) return { ...ok, organization: { code: created } }
    if (!body.billing_email) {
      throw invalid('billing_email', 'A billing customer needs billing_email.', 'BILLING_EMAIL_REQUIRED')
    }
    const { value: email } = emailValue(body.billing_email, 'billing_email')
    const customerId = await createCustomer(db, { userId: null, organizationCode: created, email }, { ids, now })
    const planCode = body.billing_plan_code ?? (await defaultPlan(db))
    if (planCode !== undefined) {
      const wanted = { customerId, planCode, invoiceNow: false, prorate: false }
      const agreement = await createAgreement(db, wanted, { ids, now, provider: environment.paymentProvider })
      for (const { type, data } of agreementEvents(customerId, planCode, agreement)) record(type, data)
    }
    return { ...ok, organization: { code: created, billing_customer_id: customerId } }
  },
})

/** The settings in a body, with the older name of one of them understood. */
function settingsOf<Body extends { is_allow_registrations?: boolean; is_auto_membership_enabled?: boolean }>(
  body: Body & { sender_email?: string | null },
) {
  if (body.sender_email) emailValue(body.sender_email, 'sender_email')
  return { ...body, is_auto_membership_enabled: body.is_auto_membership_enabled ?? body.is_allow_registrations }
}

function requireName(given: string): string {
  const trimmed = given.trim()
  if (trimmed === '') throw invalid('name', 'The name of an organization is not blank.', 'NAME_REQUIRED')
  return trimmed
}

export const updateOrganization = operation({
  id: 'updateOrganization',
  method: 'PATCH',
  path: '/api/v1/organization/{org_code}',
  scope: 'update:organizations',
  tag: 'Organizations',
  summary: 'Update an organization',
  description:
    'Changes the members that are sent; the others stay as they are. Suspending ends all sessions in the organization, ' +
    'and its applications get no tokens until it is no longer suspended.',
  query: Type.Object({
    expand: Type.Optional(Nullable(Choice(['billing'], { description: 'Taken and ignored: the reply is short.' }))),
  }),
  body: Type.Object({
    name: Type.Optional(
      Type.String({ minLength: 1, maxLength: longestName, description: 'Name of the organization.' }),
    ),
    ...settingMembers,
    is_auto_join_domain_list: Type.Optional(
      Type.Boolean({ description: 'Whether whoever signs up with an address of an allowed domain joins.' }),
    ),
    allowed_domains: Type.Optional(
      Type.Array(Type.String({ maxLength: 253 }), {
        maxItems: 100,
        description: 'Domains whose addresses may sign up, such as example.com.',
      }),
    ),
    is_enable_advanced_orgs: Type.Optional(Type.Boolean({ description: 'Kept; everything is unlocked anyway.' })),
    is_enforce_mfa: Type.Optional(Type.Boolean({ description: 'Whether members must use a second factor.' })),
    is_suspended: Type.Optional(Type.Boolean({ description: 'True suspends the organization, false ends that.' })),
  }),
  example: {
    body: {
      name: 'Great aviary',
      sender_name: 'The great aviary',
      is_allow_registrations: false,
      allowed_domains: ['zoo.example'],
    },
  },
  responses: { 200: SuccessReply },
  handler: async ({ params, body, db, now, record }) => {
    const row = await holdOrganization(db, params.org_code)
    const domains = body.allowed_domains?.map((domain) => requireDomain(domain))
    const name = body.name === undefined ? undefined : requireName(body.name)
    const changed = await changeOrganization(db, row, { ...settingsOf(body), name, allowed_domains: domains }, now)
    if (changed) await recordUpdate(db, row, record)
    return ok
  },
})

function requireDomain(given: string): string {
  const domain = given.trim().toLowerCase().replace(/^@/, '')
  if (/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}$/.test(domain)) return domain
  throw invalid('allowed_domains', `${JSON.stringify(given)} is no domain such as example.com.`, 'INVALID_DOMAIN')
}

async function recordUpdate(db: Db, before: OrganizationRow, record: Recorder): Promise<void> {
  const after = await requireOrganization(db, before.code)
  const { organization } = organizationEventData(after)
  record(
    'organization.updated',
    { organization: { ...organization, is_allow_registrations: after.is_auto_membership_enabled } },
    { before: organizationSettings(before), after: organizationSettings(after) },
  )
}

export const deleteOrganization = operation({
  id: 'deleteOrganization',
  method: 'DELETE',
  path: '/api/v1/organization/{org_code}',
  scope: 'delete:organizations',
  tag: 'Organizations',
  summary: 'Delete an organization',
  description:
    'Removes the organization with its memberships, settings, property values, flag overrides and M2M applications. ' +
    'Its users stay.',
  notFoundAsObject: true,
  responses: { 200: SuccessReply },
  handler: async ({ params, db, now, record }) => {
    const row = await requireOrganization(db, params.org_code)
    if (row.is_default) {
      throw new ApiError(
        400,
        'DEFAULT_ORGANIZATION_CANNOT_BE_DELETED',
        'The default organization stays: users without another one belong to it.',
      )
    }
    const reach = await removeOrganization(db, row.code, now)
    record('organization.deleted', { organization: { code: row.code }, reach })
    return ok
  },
})

export const deleteOrganizationHandle = operation({
  id: 'DeleteOrganizationHandle',
  method: 'DELETE',
  path: '/api/v1/organization/{org_code}/handle',
  scope: 'delete:organization_handles',
  tag: 'Organizations',
  summary: "Delete an organization's handle",
  description: 'Takes the handle away, so that another organization may have it.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, now, record }) => {
    const row = await holdOrganization(db, params.org_code)
    if (await changeOrganization(db, row, { handle: null }, now)) await recordUpdate(db, row, record)
    return ok
  },
})
