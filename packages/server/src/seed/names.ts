import { shown } from '../errors.ts'
import { managementApiName } from '../management-api.ts'
import { identityKey } from '../store/identity-values.ts'
import type { Database, Db } from '../store/tables.ts'
import { SeedError } from './seed.ts'

/** Where a kind of thing lies: its table, its id, and the columns that people name it by. */
const kinds = {
  api: { table: 'apis', id: 'id', by: ['name', 'audience', 'id'] },
  application: { table: 'applications', id: 'id', by: ['name', 'id'] },
  connection: { table: 'connections', id: 'id', by: ['name', 'id'] },
  organization: { table: 'organizations', id: 'code', by: ['handle', 'code', 'external_id', 'name'] },
  permission: { table: 'permissions', id: 'id', by: ['key', 'id'] },
  role: { table: 'roles', id: 'id', by: ['key', 'id'] },
  user: { table: 'users', id: 'id', by: ['provided_id', 'id'] },
} as const satisfies Record<string, { table: keyof Database; id: string; by: readonly string[] }>

/** What a seed is told whose id belongs to something else. */
export const takenId = 'Its id is taken already. Give another one, or leave it out.'

export type Kind = keyof typeof kinds

/** Finds the ids of what a seed names, whether the seed made it or it was there before. */
export class SeedNames {
  readonly #db: Db
  readonly #known = new Map<string, string>()

  constructor(db: Db) {
    this.#db = db
  }

  /** @param at the place in the seed @throws {SeedError} when nothing, or more than one thing, has this name */
  async find(kind: Kind, name: string, at: string): Promise<string> {
    const key = `${kind} ${name}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const { table, id, by } = kinds[kind]
    const person = kind === 'user' ? await this.#userWith(name) : undefined
    if (person !== undefined) {
      this.#known.set(key, person)
      return person
    }
    for (const column of by) {
      const rows = await this.#db
        .selectFrom(table as 'apis')
        .select(id as 'id')
        .where(column as 'id', '=', name)
        .limit(2)
        .execute()
      if (rows.length > 1) {
        throw new SeedError(at, `More than one ${kind} has the ${column} ${shown(name)}. Refer to it by its ${id}.`)
      }
      const found = rows[0] as Record<string, string> | undefined
      if (found === undefined) continue
      this.#known.set(key, found[id]!)
      return found[id]!
    }
    const columns = kind === 'user' ? ['e-mail address', 'username', 'phone number', ...by] : by
    throw new SeedError(
      at,
      `There is no ${kind} with the ${words(columns)} ${shown(name)}, here or in the environment.`,
    )
  }

  /** The user with an address, a number or a username, which are compared without regard to case. */
  async #userWith(name: string): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom('identities')
      .select('user_id')
      .where('type', 'in', ['email', 'username', 'phone'])
      .where('value_key', '=', identityKey('email', name))
      .executeTakeFirst()
    return row?.user_id
  }

  /** Asked before: afterwards PostgreSQL does not tell an id that is taken from an address. @throws {SeedError} */
  async requireFreeUserId(id: string, at: string): Promise<void> {
    const row = await this.#db.selectFrom('users').select('id').where('id', '=', id).executeTakeFirst()
    if (row !== undefined) throw new SeedError(at, takenId)
  }

  /** Id of a scope. @throws {SeedError} */
  async scope(apiId: string, key: string, at: string): Promise<string> {
    const row = await this.#db
      .selectFrom('api_scopes')
      .select('id')
      .where('api_id', '=', apiId)
      .where('key', '=', key)
      .executeTakeFirst()
    if (row !== undefined) return row.id
    throw new SeedError(at, `The API has no scope ${shown(key)}.`)
  }

  /** Id of a category of properties; of the first one where none is named. @throws {SeedError} */
  async category(context: string, name: string | undefined, at: string): Promise<string> {
    let categories = this.#db
      .selectFrom('property_categories')
      .select('id')
      .where('context', '=', context as 'usr')
    if (name !== undefined) categories = categories.where('name', '=', name)
    const row = await categories.orderBy('id').executeTakeFirst()
    if (row !== undefined) return row.id
    throw new SeedError(at, `There is no category ${name === undefined ? '' : `${shown(name)} `}for ${context}.`)
  }

  async hasCategory(context: 'usr' | 'org' | 'app', name: string): Promise<boolean> {
    const category = this.#db.selectFrom('property_categories').select('id')
    const row = await category.where('context', '=', context).where('name', '=', name).executeTakeFirst()
    return row !== undefined
  }

  managementApi(at: string): Promise<string> {
    return this.find('api', managementApiName, at)
  }

  async defaultOrganization(): Promise<string> {
    const row = await this.#db
      .selectFrom('organizations')
      .select('code')
      .where('is_default', '=', true)
      .executeTakeFirstOrThrow()
    return row.code
  }
}

function words(columns: readonly string[]): string {
  return `${columns.slice(0, -1).join(', ')} or ${columns.at(-1)}`.replaceAll('_', ' ')
}
