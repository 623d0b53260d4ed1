import type { Seed } from '@kindred/server'
import {
  categoryKey,
  managementApiName,
  numbered,
  propertyKey,
  type SeedApi,
  type SeedApplication,
  type SeedCategory,
  type SeedConnection,
  type SeedFlag,
  type SeedPermission,
  type SeedProperty,
  type SeedRole,
  type SeedWebhook,
} from './configuration.ts'
import { applicationSwitches } from './read-applications.ts'

/** The members of a thing that are compared. One that is undefined is unknown, and left as it is. */
export interface Members {
  values: Record<string, unknown>
  /** Members that hold several things by name; those of the target that are not named go where all are named. */
  parts: Record<string, { isWhole: boolean; values: Record<string, unknown> } | undefined>
}

/** A kind of thing that a plan is made of. */
export interface Kind {
  list: PlannedList
  /** What one is called. */
  noun: string
  /** Members that cannot be changed. */
  final: readonly string[]
  /** No operation deletes one. */
  isKept?: boolean
  /** Entries by what makes a thing the same in two environments. */
  entries: (seed: Seed) => Map<string, Members> | undefined
}

export type PlannedList =
  | 'property_categories'
  | 'properties'
  | 'feature_flags'
  | 'permissions'
  | 'apis'
  | 'roles'
  | 'connections'
  | 'applications'
  | 'webhooks'

/** Before those that refer to them. */
export const kinds: readonly Kind[] = [
  kind('property_categories', 'category', {
    isKept: true,
    key: categoryKey,
    members: (_: SeedCategory) => valuesAlone({}),
  }),
  kind('properties', 'property', {
    final: ['type'],
    key: propertyKey,
    members: ({ name, description, type, is_private, category }: SeedProperty) =>
      valuesAlone({ name, description, type, is_private, category }),
  }),
  kind('feature_flags', 'feature flag', {
    final: ['type', 'allow_override_level'],
    key: ({ key }) => key,
    members: ({ name, description, type, default_value, allow_override_level, value }: SeedFlag) =>
      valuesAlone({
        ...{ name, description, type, allow_override_level },
        default_value: String(default_value),
        // A flag without a value is worth its default.
        value: String(value ?? default_value),
      }),
  }),
  kind('permissions', 'permission', {
    key: ({ key }) => key,
    members: ({ name, description }: SeedPermission) => valuesAlone({ name, description }),
  }),
  kind('apis', 'API', {
    final: ['name'],
    key: ({ audience }) => audience,
    members: ({ name, scopes }: SeedApi) => ({
      values: { name },
      parts: {
        scopes: whole(
          scopes?.map((scope) => (typeof scope === 'string' ? [scope, ''] : [scope.key, scope.description ?? ''])),
        ),
      },
    }),
  }),
  kind('roles', 'role', {
    key: ({ key }: SeedRole) => key,
    members: ({ name, description, is_default_role, permissions, apis }: SeedRole, seed) => ({
      values: { name, description, is_default_role, permissions: permissions },
      parts: { apis: whole(grants(apis, seed)) },
    }),
  }),
  kind('connections', 'connection', {
    final: ['strategy'],
    key: ({ name }) => name,
    members: ({ display_name, strategy }: SeedConnection) => valuesAlone({ display_name, strategy }),
  }),
  kind('applications', 'application', {
    final: ['type'],
    key: ({ name }: SeedApplication) => name,
    members: (application: SeedApplication, seed) => ({
      values: {
        type: application.type,
        login_uri: application.login_uri,
        homepage_uri: application.homepage_uri,
        access_token_lifetime: application.access_token_lifetime,
        redirect_uris: application.redirect_uris,
        logout_uris: application.logout_uris,
        connections: application.connections,
        access_roles: application.access_roles,
        ...Object.fromEntries(applicationSwitches.map((name) => [name, application[name]])),
      },
      parts: { apis: applicationGrants(application, seed), properties: propertyValues(application) },
    }),
  }),
  kind('webhooks', 'webhook', {
    key: ({ endpoint }) => endpoint,
    members: ({ name, description, event_types, is_enabled }: SeedWebhook) =>
      valuesAlone({ name, description, event_types: event_types, is_enabled }),
  }),
]

interface KindOptions<Entry> {
  final?: readonly string[]
  isKept?: boolean
  key: (entry: Entry) => string
  members: (entry: Entry, seed: Seed) => Members
}

function kind<Entry>(list: PlannedList, noun: string, options: KindOptions<Entry>): Kind {
  const { final = [], isKept = false, key, members } = options
  return {
    ...{ list, noun, final, isKept },
    entries(seed) {
      const given = seed[list]
      if (given === undefined) return undefined
      // The lists of a seed hold what its schema says; a name alone stands for what has it as its key.
      const entries = given.map((entry) => (typeof entry === 'string' ? { key: entry } : entry)) as Entry[]
      const byKey = numbered(entries, key)
      return new Map([...byKey].map(([name, entry]) => [name, members(entry, seed)]))
    },
  }
}

function valuesAlone(values: Record<string, unknown>): Members {
  return { values, parts: {} }
}

function whole(entries: [string, unknown][] | undefined) {
  return entries === undefined ? undefined : { isWhole: true, values: Object.fromEntries(entries) }
}

/** Scopes by API, named by its audience whichever way the file names it. */
function grants(apis: Record<string, string[]> | undefined, seed: Seed): [string, unknown][] | undefined {
  if (apis === undefined) return undefined
  return Object.entries(apis).map(([reference, scopes]) => {
    const named = (seed.apis ?? []).find(({ name, audience }) => name === reference || audience === reference)
    return [named?.audience ?? reference, scopes]
  })
}

/** With `apis` an application names all that it is authorized for; with `scopes` alone, what it may do here. */
function applicationGrants({ apis, scopes }: SeedApplication, seed: Seed) {
  if (apis === undefined && scopes === undefined) return undefined
  const management: [string, unknown][] = scopes === undefined ? [] : [[managementApiName, scopes]]
  return { isWhole: apis !== undefined, values: Object.fromEntries([...(grants(apis, seed) ?? []), ...management]) }
}

/** A value that is set stays until another one is. */
function propertyValues({ properties }: SeedApplication) {
  if (properties === undefined) return undefined
  const values = Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, String(value)]))
  return { isWhole: false, values }
}
