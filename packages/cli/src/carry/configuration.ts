import type { Seed } from '@kindred/server'

type Entry<Name extends keyof Seed> = NonNullable<Seed[Name]> extends (infer One)[] ? Exclude<One, string> : never

export type SeedCategory = Entry<'property_categories'>
export type SeedProperty = Entry<'properties'>
export type SeedFlag = Entry<'feature_flags'>
export type SeedPermission = Entry<'permissions'>
export type SeedApi = Entry<'apis'>
export type SeedRole = Entry<'roles'>
export type SeedConnection = Entry<'connections'>
export type SeedApplication = Entry<'applications'>
export type SeedWebhook = Entry<'webhooks'>

/** The name by which a seed refers to the Management API, whose audience differs from server to server. */
export const managementApiName = 'Kinde Management API'

/** Kinds of things with ids of their own at a server. */
export type IdKind =
  | 'category'
  | 'property'
  | 'permission'
  | 'api'
  | 'scope'
  | 'role'
  | 'connection'
  | 'application'
  | 'webhook'

/** Ids at one server, by what makes a thing the same elsewhere: {@link categoryKey}, the audience of an API … */
export class Ids {
  readonly #ids = new Map<string, string>()

  set(kind: IdKind, key: string, id: string): void {
    this.#ids.set(`${kind} ${key}`, id)
  }

  delete(kind: IdKind, key: string): void {
    this.#ids.delete(`${kind} ${key}`)
  }

  find(kind: IdKind, key: string): string | undefined {
    return this.#ids.get(`${kind} ${key}`)
  }

  /** @throws {Error} when it is unknown: the plan puts what others refer to before them */
  get(kind: IdKind, key: string): string {
    const id = this.find(kind, key)
    if (id === undefined) throw new MissingReference(kind, key)
    return id
  }
}

/** Something refers to a thing that the server does not have. */
export class MissingReference extends Error {
  override readonly name = 'KindredError'
  readonly code = 'MISSING_REFERENCE'

  constructor(kind: IdKind, key: string) {
    super(
      `There is no ${kind} ${JSON.stringify(key)} at the target. Add it to what is applied, or take it out of there.`,
    )
  }
}

export function categoryKey({ context, name }: SeedCategory): string {
  return `${context} ${name}`
}

export function propertyKey({ context, key }: SeedProperty): string {
  return `${context} ${key}`
}

/** Where scopes are found in {@link Ids}. */
export function scopeKey(api: string, key: string): string {
  return `${api} ${key}`
}

/**
 * Gives each entry its natural key. Of several with one name the second is `name (2)`: two copies of an environment have
 * them in the same order.
 */
export function numbered<One>(entries: readonly One[], nameOf: (entry: One) => string): Map<string, One> {
  const byKey = new Map<string, One>()
  for (const entry of entries) {
    const name = nameOf(entry)
    let key = name
    for (let number = 2; byKey.has(key); number += 1) key = `${name} (${number})`
    byKey.set(key, entry)
  }
  return byKey
}
