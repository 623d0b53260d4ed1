import type { Ids } from './ids.ts'
import { oneOf } from './one-of.ts'
import type { Db } from './tables.ts'

/** Key without its prefix, name, type where it is not a line of text. */
type Definition = readonly [key: string, name: string, type?: 'boolean']

const ofUsers: readonly Definition[] = [
  ['salutation', 'Salutation'],
  ['middle_name', 'Middle name'],
  ['last_name', 'Last name'],
  ['job_title', 'Job title'],
  ['industry', 'Industry'],
  ['street_address', 'Street address'],
  ['street_address_2', 'Street address, second line'],
  ['city', 'City'],
  ['state_region', 'State or region'],
  ['postcode', 'Postcode'],
]

const ofOrganizations: readonly Definition[] = [
  ['industry', 'Industry'],
  ['street_address', 'Street address'],
  ['street_address_2', 'Street address, second line'],
  ['city', 'City'],
  ['state_region', 'State or region'],
  ['postcode', 'Postcode'],
]

const utmTags: readonly Definition[] = [
  ['utm_source', 'UTM source'],
  ['utm_medium', 'UTM medium'],
  ['utm_campaign', 'UTM campaign'],
  ['utm_content', 'UTM content'],
  ['utm_term', 'UTM term'],
]

const googleAds: readonly Definition[] = [
  ['hsa_acc', 'HSA account'],
  ['hsa_cam', 'HSA campaign'],
  ['hsa_grp', 'HSA group'],
  ['hsa_ad', 'HSA ad'],
  ['hsa_src', 'HSA source'],
  ['hsa_tgt', 'HSA target'],
  ['hsa_kw', 'HSA keyword'],
  ['hsa_mt', 'HSA match type'],
  ['hsa_net', 'HSA network'],
  ['hsa_ver', 'HSA version'],
  ['match_type', 'Match type'],
  ['keyword', 'Keyword'],
  ['device', 'Device'],
  ['ad_group_id', 'Ad group id'],
  ['campaign_id', 'Campaign id'],
  ['creative', 'Creative'],
  ['network', 'Network'],
  ['ad_position', 'Ad position'],
]

const marketing: readonly Definition[] = [
  ['gclid', 'Google click id'],
  ['click_id', 'Click id'],
  ['fbclid', 'Facebook click id'],
  ['li_fat_id', 'LinkedIn ad tracking id'],
  ['msclkid', 'Microsoft click id'],
  ['twclid', 'Twitter click id'],
  ['ttclid', 'TikTok click id'],
]

/** The categories that every environment begins with, and the properties in them. */
const provided: readonly { context: 'usr' | 'org' | 'app'; category: string; properties: readonly Definition[] }[] = [
  { context: 'usr', category: 'General', properties: ofUsers },
  { context: 'org', category: 'General', properties: ofOrganizations },
  { context: 'app', category: 'General', properties: [] },
  {
    context: 'usr',
    category: 'Marketing',
    properties: [['is_marketing_opt_in', 'Marketing opt-in', 'boolean'], ...marketing],
  },
  { context: 'org', category: 'Marketing', properties: marketing },
  { context: 'usr', category: 'UTM tags', properties: utmTags },
  { context: 'org', category: 'UTM tags', properties: utmTags },
  { context: 'usr', category: 'Google Ads smart campaign tracking', properties: googleAds },
  { context: 'org', category: 'Google Ads smart campaign tracking', properties: googleAds },
]

const definitions = provided.flatMap(({ context, category, properties }) =>
  properties.map(([key, name, type = 'single_line_text']) => ({
    key: `kp_${context}_${key}`,
    name,
    type,
    context,
    category,
  })),
)

/**
 * Puts the properties in place that Kinde provides, with the categories that they are in: what is missing, in one
 * statement each. A key that someone has taken before is left to them, and a category that was renamed comes back only
 * together with a property.
 */
export async function ensureKindeProperties(db: Db, { ids, now }: { ids: Ids; now: number }): Promise<void> {
  const keys = definitions.map(({ key }) => key)
  const rows = await db
    .selectFrom('properties')
    .select('key')
    .where(oneOf(db, 'key', keys))
    .execute()
  if (rows.length === definitions.length) return
  const known = new Set(rows.map(({ key }) => key))
  const categoryId = await ensureCategories(db, { ids, now })
  const missing = definitions
    .filter(({ key }) => !known.has(key))
    .map(({ category, ...property }) => ({
      ...property,
      id: ids.timed('prop', now),
      category_id: categoryId(property.context, category),
      is_private: false,
      is_kinde_property: true,
      created_at_ms: now,
    }))
  await db.insertInto('properties').values(missing).execute()
}

async function ensureCategories(db: Db, { ids, now }: { ids: Ids; now: number }) {
  const rows = await db.selectFrom('property_categories').select(['id', 'context', 'name']).orderBy('seq').execute()
  const missing = provided
    .filter(({ context, category }) => !rows.some((row) => row.context === context && row.name === category))
    .map(({ context, category }) => ({
      id: ids.timed('category', now),
      name: category,
      context,
      created_at_ms: now,
    }))
  if (missing.length > 0) await db.insertInto('property_categories').values(missing).execute()
  const all = [...rows, ...missing]
  return (context: string, name: string) => all.find((row) => row.context === context && row.name === name)!.id
}
