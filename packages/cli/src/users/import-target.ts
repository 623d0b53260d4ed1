import type { Kindred } from '@kindred/sdk'
import { type ImportedMembership, type ImportedUser, RowError } from './imported-user.ts'

/** What is done about a user who is there already. */
export type Existing = 'skip' | 'update'

/** A step of one row that was refused; the user is there all the same. */
export interface StepFault {
  step: string
  error: Error
}

export interface RowResult {
  outcome: 'imported' | 'updated' | 'existing'
  userId: string | undefined
  faults: StepFault[]
}

/** The server that users go to, and what is to be known of it. */
export class ImportTarget {
  readonly #kindred: Kindred
  readonly #existing: Existing
  /** Each is asked for once, when the first row needs it. */
  readonly #known = new Map<string, Promise<Map<string, string>>>()

  constructor(kindred: Kindred, existing: Existing) {
    this.#kindred = kindred
    this.#existing = existing
  }

  /**
   * Makes one user with all that the row holds.
   * @param key begins the idempotency keys of the row: doing it again makes nobody twice
   * @throws when the user could not be made, or nothing can be done at all: no connection, no scope
   */
  async import(user: ImportedUser, key: string): Promise<RowResult> {
    const codes = new Map<string, string>()
    for (const { externalId } of user.organizations) codes.set(externalId, await this.#organizationCode(externalId))
    const made = await this.#make(user, codes.values().next().value, key)
    if (made.outcome === 'existing' || made.id === undefined) {
      return { outcome: made.outcome, userId: made.id, faults: [] }
    }
    const faults = await this.#addDetails(user, { ...made, id: made.id, codes, key })
    return { outcome: made.outcome, userId: made.id, faults }
  }

  async #make(
    user: ImportedUser,
    organizationCode: string | undefined,
    key: string,
  ): Promise<{ outcome: RowResult['outcome']; id: string | undefined }> {
    try {
      const { id } = await this.#kindred.users.create(
        {
          profile: user.profile,
          ...(user.providedId === undefined ? {} : { provided_id: user.providedId }),
          // Otherwise the user would join the default organization as well.
          ...(organizationCode === undefined ? {} : { organization_code: organizationCode }),
          identities: user.identities.map(({ type, value, isVerified }) => ({
            type,
            is_verified: isVerified,
            details: { [type]: value },
          })),
        },
        { idempotencyKey: `${key}-create` },
      )
      return { outcome: 'imported', id }
    } catch (error) {
      if (!/EXIST/.test((error as { code?: string }).code ?? '')) throw error
      if (this.#existing === 'skip') return { outcome: 'existing', id: undefined }
      const id = await this.#find(user)
      if (id === undefined) throw error
      return { outcome: 'updated', id }
    }
  }

  async #find(user: ImportedUser): Promise<string | undefined> {
    for (const { type, value } of user.identities) {
      const { users = [] } = await this.#kindred.users.list({ [type]: value })
      if (users.length === 1) return users[0]!.id
    }
    return undefined
  }

  async #addDetails(
    user: ImportedUser,
    made: { outcome: RowResult['outcome']; id: string; codes: Map<string, string>; key: string },
  ): Promise<StepFault[]> {
    const { outcome, id, codes, key } = made
    const { users, organizations } = this.#kindred
    const faults: StepFault[] = []
    let steps = 0
    const step = async (name: string, work: (options: { idempotencyKey: string }) => Promise<unknown>) => {
      steps += 1
      try {
        await work({ idempotencyKey: `${key}-${steps}` })
      } catch (error) {
        if (!isOfRow(error)) throw error
        faults.push({ step: name, error: error as Error })
      }
    }
    if (user.password !== undefined) {
      await step('password', (options) => users.setPassword({ user_id: id, ...user.password! }, options))
    }
    for (const { strategy, value } of user.connected) {
      await step(`identity ${strategy}`, async (options) => {
        const connectionId = (await this.#once('connections', () => this.#connections())).get(strategy)
        if (connectionId === undefined) throw new RowError(`The server has no connection ${strategy}.`)
        const type = strategy.startsWith('oauth2:') ? 'social' : 'enterprise'
        return users.identities.create({ user_id: id, type, value, connection_id: connectionId }, options)
      })
    }
    if (Object.keys(user.properties).length > 0) {
      await step('properties', (options) =>
        users.properties.update({ user_id: id, properties: user.properties }, options),
      )
    }
    for (const { key: flag, value } of user.featureFlags) {
      await step(`feature flag ${flag}`, (options) =>
        users.featureFlags.update({ user_id: id, feature_flag_key: flag, value }, options),
      )
    }
    for (const membership of user.organizations) {
      const code = codes.get(membership.externalId)!
      await step(`organization ${membership.externalId}`, (options) =>
        organizations.users.add({ org_code: code, users: [memberOf(id, membership)] }, options),
      )
      // `add` leaves a member as it is: whoever was made in the organization, or was there before.
      if (outcome === 'updated' || code === codes.values().next().value) await this.#grant(code, id, membership, step)
      for (const { audience, scope } of membership.scopes) {
        await step(`scope ${scope}`, async (options) => {
          const found = (await this.#once('scopes', () => this.#scopes())).get(`${audience} ${scope}`)
          if (found === undefined) throw new RowError(`The server has no API ${audience} with the scope ${scope}.`)
          const [apiId, scopeId] = found.split(' ') as [string, string]
          return organizations.users.apiScopes.add(
            { org_code: code, user_id: id, api_id: apiId, scope_id: scopeId },
            options,
          )
        })
      }
    }
    if (user.isSuspended) await step('suspension', (options) => users.update({ id, is_suspended: true }, options))
    return faults
  }

  async #grant(
    code: string,
    userId: string,
    { roles, permissions }: ImportedMembership,
    step: (name: string, work: (options: { idempotencyKey: string }) => Promise<unknown>) => Promise<void>,
  ): Promise<void> {
    const { users } = this.#kindred.organizations
    const place = { org_code: code, user_id: userId }
    for (const role of roles) {
      await step(`role ${role}`, async (options) => {
        const id = (await this.#once('roles', () => this.#roles())).get(role)
        if (id === undefined) throw new RowError(`The server has no role ${role}.`)
        return users.roles.add({ ...place, role_id: id }, options)
      })
    }
    for (const permission of permissions) {
      await step(`permission ${permission}`, async (options) => {
        const id = (await this.#once('permissions', () => this.#permissions())).get(permission)
        if (id === undefined) throw new RowError(`The server has no permission ${permission}.`)
        return users.permissions.add({ ...place, permission_id: id }, options)
      })
    }
  }

  async #organizationCode(externalId: string): Promise<string> {
    const codes = await this.#once('organizations', () => this.#organizations())
    const code = codes.get(externalId)
    if (code !== undefined) return code
    throw new RowError(
      `The server has no organization with the external_id ${JSON.stringify(externalId)}. Make it first.`,
    )
  }

  #once(what: string, load: () => Promise<Map<string, string>>): Promise<Map<string, string>> {
    const known = this.#known.get(what) ?? load()
    this.#known.set(what, known)
    return known
  }

  async #organizations(): Promise<Map<string, string>> {
    const codes = new Map<string, string>()
    for await (const { code, external_id: externalId } of this.#kindred.organizations.list()) {
      codes.set(code!, code!)
      if (externalId) codes.set(externalId, code!)
    }
    return codes
  }

  async #roles(): Promise<Map<string, string>> {
    const roles = await this.#kindred.roles.list().all()
    return new Map(roles.map(({ key, id }) => [key!, id!]))
  }

  async #permissions(): Promise<Map<string, string>> {
    const permissions = await this.#kindred.permissions.list().all()
    return new Map(permissions.map(({ key, id }) => [key!, id!]))
  }

  async #connections(): Promise<Map<string, string>> {
    const connections = await this.#kindred.connections.list().all()
    return new Map(connections.map(({ connection }) => [connection!.strategy!, connection!.id!]))
  }

  async #scopes(): Promise<Map<string, string>> {
    const { apis = [] } = await this.#kindred.apis.list()
    return new Map(
      apis.flatMap(({ id, audience, scopes = [] }) =>
        scopes.map((scope) => [`${audience} ${scope.key}`, `${id} ${scope.id}`] as const),
      ),
    )
  }
}

function memberOf(id: string, { roles, permissions }: ImportedMembership) {
  return { id, ...(roles.length > 0 ? { roles } : {}), ...(permissions.length > 0 ? { permissions } : {}) }
}

/** Whether the row is at fault, and the next one may fare better. */
export function isOfRow(error: unknown): boolean {
  const { name } = error as Error
  return ['RowError', 'InputError', 'ValidationError', 'ConflictError', 'NotFoundError', 'ApiError'].includes(name)
}
