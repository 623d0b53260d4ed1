import type { Environment } from '../environment.ts'
import { recordEvents } from '../journal/record.ts'
import { applyAccess } from './access.ts'
import { SeedCalls } from './call.ts'
import { SeedNames } from './names.ts'
import { applyPeople } from './people.ts'
import type { Seed, Seeded } from './seed.ts'

/** What the parts of a seed work with. */
export interface Planting {
  seed: Seed
  calls: SeedCalls
  names: SeedNames
  seeded: Seeded
}

/**
 * Makes what a seed names, through the operations of the Management API, in one transaction: all of it or nothing.
 * @param seed in the form that `readSeed` has checked
 * @throws {SeedError} naming the place in the seed
 */
export async function applySeed(environment: Environment, seed: Seed): Promise<Seeded> {
  if (Object.keys(seed).length === 0) return nothing()
  let isQueued = false
  const seeded = await environment.store.write(async (db) => {
    const now = environment.now()
    const calls = new SeedCalls(db, environment, now)
    const planting: Planting = { seed, calls, names: new SeedNames(db), seeded: nothing() }
    await applyDefinitions(planting)
    await applyAccess(planting)
    await applyPeople(planting)
    await applyEndings(planting)
    const actor = { source: 'admin', applicationId: null, requestId: null } as const
    isQueued = await recordEvents(db, calls.events, { actor, ids: environment.ids, now })
    return planting.seeded
  })
  if (isQueued) environment.webhooks.wake()
  return seeded
}

function nothing(): Seeded {
  return {
    applications: {},
    apis: {},
    organizations: {},
    roles: {},
    permissions: {},
    users: {},
    connections: {},
    webhooks: {},
  }
}

/** What others refer to and itself refers to nothing. */
async function applyDefinitions({ seed, calls, names }: Planting): Promise<void> {
  if (seed.business !== undefined) await calls.call('updateBusiness', { body: seed.business, at: 'business' })
  for (const [index, body] of (seed.property_categories ?? []).entries()) {
    // Every environment begins with some, which a copy of another one names again.
    if (await names.hasCategory(body.context, body.name)) continue
    await calls.call('CreateCategory', { body, at: `property_categories[${index}]` })
  }
  for (const [index, { category, ...property }] of (seed.properties ?? []).entries()) {
    const at = `properties[${index}]`
    const body = {
      name: property.key,
      type: 'single_line_text',
      is_private: false,
      ...property,
      category_id: await names.category(property.context, category, `${at}.category`),
    }
    await calls.call('CreateProperty', { body, at, names: { category_id: 'category' } })
  }
  for (const [index, { value, allow_override_level: level = 'usr', ...flag }] of (seed.feature_flags ?? []).entries()) {
    const at = `feature_flags[${index}]`
    const type =
      typeof flag.default_value === 'boolean' ? 'bool' : typeof flag.default_value === 'number' ? 'int' : 'str'
    await calls.call('CreateFeatureFlag', {
      body: { name: flag.key, type, ...(level === 'none' ? {} : { allow_override_level: level }), ...flag },
      at,
    })
    if (value === undefined) continue
    const params = { feature_flag_key: flag.key }
    await calls.call('UpdateEnvironementFeatureFlagOverride', { params, body: { value }, at })
  }
}

/** What others do not refer to. Webhooks come last: the seed itself is no news. */
async function applyEndings({ seed, calls, seeded }: Planting): Promise<void> {
  for (const [index, body] of (seed.environment_variables ?? []).entries()) {
    await calls.call('createEnvironmentVariable', { body, at: `environment_variables[${index}]` })
  }
  for (const [index, { is_enabled: isEnabled = true, ...body }] of (seed.webhooks ?? []).entries()) {
    const at = `webhooks[${index}]`
    const reply = await calls.call('CreateWebHook', { body, at })
    const { id } = reply.webhook as { id: string }
    seeded.webhooks[body.name] = id
    if (!isEnabled) await calls.call('UpdateWebHook', { params: { webhook_id: id }, body: { is_enabled: false }, at })
  }
}
