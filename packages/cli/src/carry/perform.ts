import type { Seed } from '@kindred/server'
import {
  categoryKey,
  type IdKind,
  numbered,
  propertyKey,
  type SeedConnection,
  type SeedFlag,
  type SeedProperty,
  scopeKey,
} from './configuration.ts'
import type { PlannedList } from './kinds.ts'
import { performApplication } from './perform-application.ts'
import { performRole } from './perform-role.ts'
import type { Change } from './plan.ts'
import type { LiveSide } from './sides.ts'

/** What a change is carried out with. */
export interface Performing {
  source: Seed
  target: LiveSide
}

/** The new values of a change: members by name, and parts such as `apis` with what changes in them. */
export interface Wanted {
  values: Record<string, unknown>
  /** Entries that come or change; undefined where one goes. */
  part: (name: string) => [string, unknown][]
}

type Perform = (change: Change, wanted: Wanted, performing: Performing) => Promise<void>

/**
 * Carries out one change. Ids of what is made are remembered for those that come after it.
 * @throws the errors of @kindred/sdk
 */
export async function perform(change: Change, performing: Performing): Promise<void> {
  if (change.action === 'delete') return remove(change, performing.target)
  const values = change.members.filter(({ member }) => !partOf(member)).map(({ member, to }) => [member, to])
  const part = (name: string) =>
    change.members
      .filter(({ member }) => partOf(member) === name)
      .map(({ member, to }): [string, unknown] => [member.slice(name.length + 1), to])
  await performers[change.list](change, { values: Object.fromEntries(values), part }, performing)
}

function partOf(member: string): string | undefined {
  return /^(scopes|apis|properties)\./.exec(member)?.[1]
}

const performers: Record<PlannedList, Perform> = {
  async property_categories({ name }, _, { source, target: { kindred, ids } }) {
    const entry = (source.property_categories ?? []).find((one) => categoryKey(one) === name)!
    const { category } = await kindred.propertyCategories.create(entry)
    ids.set('category', name, category?.id ?? '')
  },

  async properties({ action, name }, _, { source, target }) {
    const { kindred, ids, seed } = target
    const wanted = (source.properties ?? []).find((one) => propertyKey(one) === name)!
    const there = (seed.properties ?? []).find((one) => propertyKey(one) === name)
    const property = { ...there, ...given(wanted) } as SeedProperty
    const { context, key, description, type = 'single_line_text', is_private = false } = property
    const first = (seed.property_categories ?? []).find((one) => one.context === context)?.name ?? 'General'
    const categoryId = ids.get('category', categoryKey({ context, name: property.category ?? first }))
    const settings = { name: property.name ?? key, description, is_private, category_id: categoryId }
    if (action === 'change') {
      await kindred.properties.update({ property_id: ids.get('property', name), ...settings })
      return
    }
    const made = await kindred.properties.create({ key, context, type, ...settings })
    ids.set('property', name, made.property?.id ?? '')
  },

  async feature_flags({ action, name, members }, { values }, { source, target }) {
    const wanted = (source.feature_flags ?? []).find(({ key }) => key === name)!
    const there = (target.seed.feature_flags ?? []).find(({ key }) => key === name)
    const flag = { ...there, ...given(wanted) } as SeedFlag
    const { default_value: byDefault, description = '', value } = flag
    const type = flag.type ?? (typeof byDefault === 'boolean' ? 'bool' : typeof byDefault === 'number' ? 'int' : 'str')
    const level = flag.allow_override_level ?? 'usr'
    const { kindred } = target
    const title = flag.name ?? name
    if (action === 'create') {
      const allowed = level === 'none' ? {} : { allow_override_level: level }
      await kindred.featureFlags.create({
        key: name,
        name: title,
        description,
        type,
        default_value: byDefault,
        ...allowed,
      })
    } else if (members.some(({ member }) => member !== 'value')) {
      await kindred.featureFlags.update({
        ...{ feature_flag_key: name, name: title, description, type, default_value: String(byDefault) },
        // Kinde's operation knows these two alone; which one it is matters for flags that have one of them.
        allow_override_level: level === 'env' ? 'env' : 'org',
      })
    }
    if (values.value === undefined) return
    const params = { feature_flag_key: name }
    if (wanted.value !== undefined)
      await kindred.environment.featureFlags.update({ ...params, value: wanted.value ?? value })
    else if (there?.value !== undefined) await kindred.environment.featureFlags.delete(params)
  },

  async permissions({ action, name }, { values }, { target: { kindred, ids } }) {
    if (action === 'change') {
      await kindred.permissions.update({ permission_id: ids.get('permission', name), ...values })
      return
    }
    const { permission } = await kindred.permissions.create({ name, ...values, key: name })
    ids.set('permission', name, permission?.id ?? '')
  },

  async apis({ action, name }, { values, part }, { target: { kindred, ids } }) {
    if (action === 'create') {
      const { api } = await kindred.apis.create({ audience: name, name: String(values.name) })
      ids.set('api', name, api?.id ?? '')
    }
    const api = { api_id: ids.get('api', name) }
    for (const [key, description] of part('scopes')) {
      const id = ids.find('scope', scopeKey(name, key))
      if (description === undefined) {
        await kindred.apis.scopes.delete({ ...api, scope_id: id ?? '' })
        ids.delete('scope', scopeKey(name, key))
      } else if (id === undefined) {
        const { scope } = await kindred.apis.scopes.create({ ...api, key, description: String(description) })
        ids.set('scope', scopeKey(name, key), scope?.id ?? '')
      } else {
        await kindred.apis.scopes.update({ ...api, scope_id: id, description: String(description) })
      }
    }
  },

  roles: performRole,

  async connections({ action, name }, { values }, { source, target: { kindred, ids } }) {
    if (action === 'change') {
      await kindred.connections.update({ connection_id: ids.get('connection', name), ...values })
      return
    }
    const entry = numbered(source.connections ?? [], (one) => one.name).get(name)!
    const { organization: _, ...body } = entry as SeedConnection
    const { connection } = await kindred.connections.create({ display_name: name, ...body })
    ids.set('connection', name, connection?.id ?? '')
  },

  applications: performApplication,

  async webhooks({ action, name }, { values }, { source, target: { kindred, ids } }) {
    if (action === 'change') {
      await kindred.webhooks.update({ webhook_id: ids.get('webhook', name), ...values })
      return
    }
    const entry = numbered(source.webhooks ?? [], ({ endpoint }) => endpoint).get(name)!
    const { is_enabled: isEnabled = true, ...body } = entry
    const { webhook } = await kindred.webhooks.create(body)
    ids.set('webhook', name, webhook?.id ?? '')
    if (!isEnabled) await kindred.webhooks.update({ webhook_id: webhook?.id ?? '', is_enabled: false })
  },
}

/** The members that are said. */
function given(entry: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined))
}

async function remove({ list, name }: Change, { kindred, ids }: LiveSide): Promise<void> {
  const id = (kind: IdKind) => ids.get(kind, name)
  if (list === 'properties') await kindred.properties.delete({ property_id: id('property') })
  if (list === 'feature_flags') await kindred.featureFlags.delete({ feature_flag_key: name })
  if (list === 'permissions') await kindred.permissions.delete({ permission_id: id('permission') })
  if (list === 'apis') await kindred.apis.delete({ api_id: id('api') })
  if (list === 'roles') await kindred.roles.delete({ role_id: id('role') })
  if (list === 'connections') await kindred.connections.delete({ connection_id: id('connection') })
  if (list === 'applications') await kindred.applications.delete({ application_id: id('application') })
  if (list === 'webhooks') await kindred.webhooks.delete({ webhook_id: id('webhook') })
}
