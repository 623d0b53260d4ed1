import type { Kindred } from '@kindred/sdk'
import {
  categoryKey,
  type Ids,
  managementApiName,
  propertyKey,
  type SeedApi,
  type SeedCategory,
  type SeedFlag,
  type SeedPermission,
  type SeedProperty,
  type SeedRole,
  scopeKey,
} from './configuration.ts'

const contexts = ['usr', 'org', 'app'] as const

/** Categories and properties, without those that come with every environment. */
export async function readProperties(kindred: Kindred, ids: Ids) {
  const categories = await readCategories(kindred, ids)
  const nameOf = new Map(categories.map(({ id, name }) => [id, name]))
  const properties: SeedProperty[] = []
  for (const context of contexts) {
    for await (const property of kindred.properties.list({ context })) {
      if (property.is_kinde_property) continue
      const { key = '', name, description = '', is_private, type } = property
      const category = nameOf.get(property.category_id ?? '')
      const entry: SeedProperty = {
        ...{ key, context, name, description },
        ...(type === undefined ? {} : { type }),
        ...{ is_private },
        ...(category === undefined ? {} : { category }),
      }
      ids.set('property', propertyKey(entry), property.id ?? '')
      properties.push(entry)
    }
  }
  return {
    property_categories: categories.map(({ name, context }): SeedCategory => ({ name, context })),
    properties,
  }
}

/** Kinde lists the categories of applications among all others, and has no parameter for them. */
async function readCategories(kindred: Kindred, ids: Ids) {
  const found = new Map<string, SeedCategory & { id: string }>()
  for (const context of ['usr', 'org'] as const) {
    for await (const { id = '', name = '' } of kindred.propertyCategories.list({ context })) {
      found.set(id, { id, name, context })
    }
  }
  for await (const { id = '', name = '' } of kindred.propertyCategories.list()) {
    if (!found.has(id)) found.set(id, { id, name, context: 'app' })
  }
  for (const category of found.values()) {
    // Of two with one name properties are put into the first.
    if (ids.find('category', categoryKey(category)) === undefined)
      ids.set('category', categoryKey(category), category.id)
  }
  return [...found.values()]
}

/** Flags as they are defined; where the server tells only what they are worth, that is their default. */
export async function readFlags(kindred: Kindred): Promise<SeedFlag[]> {
  const { feature_flags: flags = {} } = await kindred.environment.featureFlags.getAll()
  return Object.entries(flags).map(([key, { type = 'str', value = '', ...defined }]) => {
    const byDefault = defined.default_value ?? value
    return {
      key,
      ...(defined.name === undefined ? {} : { name: defined.name, description: defined.description ?? '' }),
      type,
      default_value: flagValue(type, byDefault),
      ...(defined.allow_override_level === undefined
        ? {}
        : { allow_override_level: defined.allow_override_level ?? ('none' as const) }),
      ...(value === byDefault ? {} : { value: flagValue(type, value) }),
    }
  })
}

/** The value in the type of its flag; lists have all values as text. */
export function flagValue(type: string, text: string): string | number | boolean {
  if (type === 'bool') return text === 'true'
  return type === 'int' ? Number(text) : text
}

export async function readPermissions(kindred: Kindred, ids: Ids): Promise<SeedPermission[]> {
  const permissions: SeedPermission[] = []
  for await (const { id = '', key = '', name, description } of kindred.permissions.list()) {
    ids.set('permission', key, id)
    permissions.push({ key, name, description: description ?? '', id })
  }
  return permissions
}

/** What an application is authorized for: an API, and its scopes, undefined where the server does not tell them. */
export interface Grant {
  audience: string
  scopes: string[] | undefined
}

/** By client id and by the name that a seed has for the API. */
export type Grants = Map<string, Map<string, Grant>>

/** APIs but the Management API, what applications are authorized for by client id, and how a seed names each API. */
export async function readApis(
  kindred: Kindred,
  ids: Ids,
): Promise<{ apis: SeedApi[]; grants: Grants; references: Map<string, string> }> {
  const apis: SeedApi[] = []
  const grants: Grants = new Map()
  const references = new Map<string, string>()
  for await (const { id = '' } of kindred.apis.list()) {
    const { api = {} } = await kindred.apis.get({ api_id: id })
    const { name = '', audience = '', is_management_api: isManagementApi } = api
    const reference = isManagementApi ? managementApiName : audience
    references.set(id, reference)
    ids.set('api', reference, id)
    const scopes: { key: string; description: string }[] = []
    for await (const { id: scopeId = '', key = '', description = '' } of kindred.apis.scopes.list({ api_id: id })) {
      ids.set('scope', scopeKey(reference, key), scopeId)
      scopes.push({ key, description })
    }
    for (const { id: applicationId = '', is_active: isActive, scopes: granted } of api.applications ?? []) {
      if (!isActive) continue
      if (!grants.has(applicationId)) grants.set(applicationId, new Map())
      grants.get(applicationId)!.set(reference, { audience, scopes: granted })
    }
    if (!isManagementApi) apis.push({ name, audience, id, scopes })
  }
  return { apis, grants, references }
}

/** @param references how a seed refers to an API, by its id */
export async function readRoles(
  kindred: Kindred,
  ids: Ids,
  references: ReadonlyMap<string, string>,
): Promise<SeedRole[]> {
  const roles: SeedRole[] = []
  for await (const { id = '', key = '', name, description, is_default_role } of kindred.roles.list()) {
    ids.set('role', key, id)
    const permissions: string[] = []
    for await (const permission of kindred.roles.permissions.list({ role_id: id }))
      permissions.push(permission.key ?? '')
    const scopes = await kindred.roles.scopes.list({ role_id: id }).all()
    const apis: Record<string, string[]> = {}
    for (const scope of scopes) {
      const api = references.get(scope.api_id ?? '') ?? scope.api_id ?? ''
      apis[api] = [...(apis[api] ?? []), scope.key ?? '']
    }
    roles.push({ key, name, description: description ?? '', is_default_role, permissions, apis, id })
  }
  return roles
}
