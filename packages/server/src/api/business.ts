import { Type } from '@sinclair/typebox'
import { invalid, shown } from '../errors.ts'
import { Nullable, named, ok, operation, Success, SuccessReply } from '../operation.ts'
import { industryName } from './industries.ts'
import { isTimezoneKey, timezoneNames } from './timezone-names.ts'

/** A member that may be left out, or be null, which empties it where a business can be without. */
const clearable = (description: string, maxLength: number) =>
  Type.Optional(Nullable(Type.String({ description: `${description} Null empties it.`, maxLength })))

export const getBusiness = operation({
  id: 'getBusiness',
  method: 'GET',
  path: '/api/v1/business',
  scope: 'read:businesses',
  tag: 'Business',
  summary: 'Get the business',
  description: 'The business that runs this environment. Industry and time zone are shown by their names.',
  responses: {
    200: named(
      'get_business_response',
      Success({
        business: Type.Optional(
          Type.Object({
            code: Type.Optional(Type.String({ description: 'Code of the business.' })),
            name: Type.Optional(Type.String({ description: 'Name of the business.' })),
            phone: Type.Optional(Nullable(Type.String({ description: 'Phone number, as it was given.' }))),
            email: Type.Optional(Nullable(Type.String({ description: 'E-mail address.' }))),
            industry: Type.Optional(Nullable(Type.String({ description: 'Name of the industry.' }))),
            timezone: Type.Optional(Nullable(Type.String({ description: 'Name of the time zone.' }))),
            privacy_url: Type.Optional(Nullable(Type.String({ description: 'Address of the privacy policy.' }))),
            terms_url: Type.Optional(Nullable(Type.String({ description: 'Address of the terms and conditions.' }))),
            has_clickwrap: Type.Optional(
              Type.Boolean({ description: 'Whether people agree to the terms by a tick when they sign up.' }),
            ),
            has_kinde_branding: Type.Optional(
              Type.Boolean({ description: 'Whether pages for signing in show whose software they are.' }),
            ),
            created_on: Type.Optional(Type.String({ description: 'When the business was made, ISO 8601.' })),
          }),
        ),
      }),
    ),
  },
  handler: async ({ db, now }) => {
    const row = await db.selectFrom('business').selectAll().executeTakeFirstOrThrow()
    const { code, name, phone, email, privacy_url, terms_url, has_clickwrap, has_kinde_branding } = row
    return {
      ...ok,
      business: {
        code,
        name,
        phone,
        email,
        industry: industryName(row.industry_key ?? '') ?? null,
        timezone: timezoneNames(now).get(row.timezone_key ?? '') ?? null,
        privacy_url,
        terms_url,
        has_clickwrap,
        has_kinde_branding,
        created_on: new Date(row.created_at_ms).toISOString(),
      },
    }
  },
})

export const updateBusiness = operation({
  id: 'updateBusiness',
  method: 'PATCH',
  path: '/api/v1/business',
  scope: 'update:businesses',
  tag: 'Business',
  summary: 'Update the business',
  description: 'Changes the members that are sent and leaves the others as they are.',
  body: Type.Object({
    business_name: Type.Optional(
      Nullable(
        Type.String({ description: 'Name of the business, 1 to 255 characters. Null leaves it.', maxLength: 255 }),
      ),
    ),
    email: clearable('E-mail address, at most 254 characters.', 254),
    industry_key: clearable('Key of the industry, from GET /api/v1/industries.', 64),
    is_click_wrap: Type.Optional(
      Nullable(
        Type.Boolean({ description: 'Whether people agree to the terms by a tick when they sign up. Null leaves it.' }),
      ),
    ),
    is_show_kinde_branding: Type.Optional(
      Nullable(
        Type.Boolean({ description: 'Whether pages for signing in show whose software they are. Null leaves it.' }),
      ),
    ),
    kinde_perk_code: clearable('A perk code: kept, without effect.', 64),
    phone: clearable('Phone number, 3 to 32 digits, spaces and the usual signs.', 32),
    privacy_url: clearable('Address of the privacy policy, http or https.', 2048),
    terms_url: clearable('Address of the terms and conditions, http or https.', 2048),
    timezone_key: clearable('Key of the time zone, from GET /api/v1/timezones.', 64),
  }),
  bodyRequired: true,
  example: {
    body: {
      business_name: 'The zoo',
      email: 'office@zoo.example',
      industry_key: 'construction',
      phone: '+441632960123',
    },
  },
  responses: { 200: SuccessReply },
  handler: async ({ body, db, record }) => {
    requireForms(body)
    const business = await db.selectFrom('business').selectAll().executeTakeFirstOrThrow()
    const asked = {
      // A business is never without these three, so null says nothing about them.
      name: body.business_name ?? undefined,
      has_clickwrap: body.is_click_wrap ?? undefined,
      has_kinde_branding: body.is_show_kinde_branding ?? undefined,
      // An emptied field of a form arrives as an empty text.
      email: body.email === '' ? null : body.email,
      phone: body.phone === '' ? null : body.phone,
      industry_key: body.industry_key === '' ? null : body.industry_key,
      timezone_key: body.timezone_key === '' ? null : body.timezone_key,
      privacy_url: body.privacy_url === '' ? null : body.privacy_url,
      terms_url: body.terms_url === '' ? null : body.terms_url,
      kinde_perk_code: body.kinde_perk_code === '' ? null : body.kinde_perk_code,
    }
    const names = (Object.keys(asked) as (keyof typeof asked)[]).filter(
      (name) => asked[name] !== undefined && asked[name] !== business[name],
    )
    if (names.length === 0) return ok
    const after = Object.fromEntries(names.map((name) => [name, asked[name]]))
    await db.updateTable('business').set(after).where('code', '=', business.code).execute()
    record('business.updated', { business: { code: business.code } }, { before: business, after })
    return ok
  },
})

/** @throws {ApiError} 400 for a name that is blank, or an address, number or key that is none */
function requireForms(body: {
  business_name?: string | null
  email?: string | null
  industry_key?: string | null
  phone?: string | null
  privacy_url?: string | null
  terms_url?: string | null
  timezone_key?: string | null
}): void {
  const { business_name: name, email, phone, industry_key: industry, timezone_key: timezone } = body
  if (name?.trim() === '') throw invalid('business_name', 'A business has a name of at least one character.')
  if (email && !/^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(email)) {
    throw invalid('email', `${shown(email)} is no e-mail address.`, 'INVALID_EMAIL')
  }
  if (phone && !/^(?=.*\d.*\d.*\d)\+?[\d ().\-/]+$/.test(phone)) {
    throw invalid('phone', `${shown(phone)} is no phone number.`, 'INVALID_PHONE')
  }
  for (const field of ['privacy_url', 'terms_url'] as const) {
    const url = body[field]
    if (url && !isWebAddress(url)) {
      throw invalid(field, `${shown(url)} is no address. Give one that begins with https://.`, 'INVALID_URL')
    }
  }
  if (industry && industryName(industry) === undefined) {
    const hint = 'GET /api/v1/industries lists the keys.'
    throw invalid('industry_key', `No industry has the key ${shown(industry)}. ${hint}`, 'INVALID_INDUSTRY')
  }
  if (timezone && !isTimezoneKey(timezone)) {
    const hint = 'GET /api/v1/timezones lists the keys.'
    throw invalid('timezone_key', `No time zone has the key ${shown(timezone)}. ${hint}`, 'INVALID_TIMEZONE')
  }
}

/** These become links on pages: any other scheme (`javascript:`) would run there. */
function isWebAddress(text: string): boolean {
  return /^https?:\/\/[^\s\\]+$/i.test(text) && URL.canParse(text)
}
