import type { Kindred } from '@kindred/sdk'
import type { Seed } from '@kindred/server'
import { flagValue } from './read-access.ts'
import { readValues } from './read-applications.ts'

type SeedOrganization = NonNullable<Seed['organizations']>[number]
type SeedVariable = NonNullable<Seed['environment_variables']>[number]

/** Organizations with what is set for them, and without their members. */
export async function readOrganizations(
  kindred: Kindred,
  onRead: (count: number) => void,
): Promise<SeedOrganization[]> {
  const { feature_flags: flagsHere = {} } = await kindred.environment.featureFlags.getAll()
  const organizations: SeedOrganization[] = []
  for await (const { code = '' } of kindred.organizations.list()) {
    const organization = await kindred.organizations.get({ code })
    const flags = await kindred.organizations.featureFlags.getAll({ org_code: code })
    const overrides = Object.entries(flags.feature_flags ?? {})
      // Only what differs can be told from what holds everywhere.
      .filter(([key, { value }]) => value !== flagsHere[key]?.value)
      .map(([key, { type = 'str', value = '' }]) => [key, flagValue(type, value)] as const)
    const properties = await readValues(kindred.organizations.properties.list({ org_code: code }))
    const connections = await kindred.organizations.connections.list({ organization_code: code }).all()
    const { name, handle, external_id, sender_name, sender_email, theme_code } = organization
    organizations.push({
      ...(organization.is_default ? { is_default: true } : { code }),
      name,
      ...present({ handle, external_id, sender_name, sender_email, theme_code }),
      ...(organization.is_auto_membership_enabled === undefined
        ? {}
        : { is_auto_membership_enabled: organization.is_auto_membership_enabled }),
      ...present({
        background_color: organization.background_color?.raw,
        button_color: organization.button_color?.raw,
        button_text_color: organization.button_text_color?.raw,
        link_color: organization.link_color?.raw,
      }),
      ...(overrides.length === 0 ? {} : { feature_flags: Object.fromEntries(overrides) }),
      ...(Object.keys(properties).length === 0 ? {} : { properties }),
      ...(connections.length === 0
        ? {}
        : { connections: connections.map((listed) => (listed.connection ?? listed).name ?? '') }),
    })
    onRead(organizations.length)
  }
  return organizations
}

function present<Values extends Record<string, string | null | undefined>>(values: Values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value)) as { [Name in keyof Values]?: string }
}

/** Environment variables, and the keys of those whose values are not shown. */
export async function readVariables(kindred: Kindred): Promise<{ variables: SeedVariable[]; hidden: string[] }> {
  const variables: SeedVariable[] = []
  const hidden: string[] = []
  for await (const { key = '', value, is_secret: isSecret } of kindred.environmentVariables.list()) {
    if (isSecret || value === null || value === undefined) hidden.push(key)
    else variables.push({ key, value })
  }
  return { variables, hidden }
}

/** The business in the form that changes it, without what is not set. */
export async function readBusiness(kindred: Kindred): Promise<Record<string, unknown>> {
  const { business = {} } = await kindred.business.get()
  const { name, industry, timezone, email, phone, privacy_url, terms_url } = business
  // Both are shown by name and set by key.
  const industries = industry ? await kindred.industries.list().all() : []
  const timezones = timezone ? await kindred.timezones.list().all() : []
  return {
    ...present({
      ...{ business_name: name, email, phone, privacy_url, terms_url },
      industry_key: industries.find((one) => one.name === industry)?.key,
      timezone_key: timezones.find((one) => one.name === timezone)?.key,
    }),
    ...(business.has_clickwrap === undefined ? {} : { is_click_wrap: business.has_clickwrap }),
    ...(business.has_kinde_branding === undefined ? {} : { is_show_kinde_branding: business.has_kinde_branding }),
  }
}
