import { Type } from '@sinclair/typebox'
import { type RawBuilder, sql } from 'kysely'
import { invalid, notFound, shown } from '../errors.ts'
import { named, ok, operation, Success } from '../operation.ts'
import type { Db } from '../store/tables.ts'

/** Something that goes with a deletion, or that loses what is deleted. */
interface Part {
  /** In singular and plural. */
  words: readonly [string, string]
  /** Whether it goes itself, or only loses something. */
  goes: boolean
  /** A query of one number. */
  count: (id: string) => RawBuilder<{ rows: number }>
}

interface Kind {
  table: string
  /** Columns by which the thing may be named; the first is what the others refer to. */
  keys: readonly string[]
  parts: readonly Part[]
}

const rowsIn = (table: string, column: string) => (id: string) =>
  sql<{ rows: number }>`select count(*) as rows from ${sql.table(table)} where ${sql.ref(column)} = ${id}`
const goes = (one: string, many: string, table: string, column: string): Part => ({
  words: [one, many],
  goes: true,
  count: rowsIn(table, column),
})
const loses = (one: string, many: string, table: string, column: string): Part => ({
  ...goes(one, many, table, column),
  goes: false,
})
/** Distinct members: one may have several rows. */
const members = (table: string, column: string): Part => ({
  words: ['member', 'members'],
  goes: false,
  count: (id) => sql`select count(*) as rows from (
    select distinct organization_code, user_id from ${sql.table(table)} where ${sql.ref(column)} = ${id}) as members`,
})
const byScope = (words: readonly [string, string], table: string, column: string): Part => ({
  words,
  goes: false,
  count: (id) => sql`select count(distinct ${sql.ref(column)}) as rows from ${sql.table(table)}
    where scope_id in (select id from api_scopes where api_id = ${id})`,
})

const kinds: Record<string, Kind> = {
  role: {
    table: 'roles',
    keys: ['id'],
    parts: [
      goes('permission', 'permissions', 'role_permissions', 'role_id'),
      goes('API scope', 'API scopes', 'role_scopes', 'role_id'),
      members('organization_user_roles', 'role_id'),
      loses('application', 'applications', 'application_access_roles', 'role_id'),
    ],
  },
  permission: {
    table: 'permissions',
    keys: ['id'],
    parts: [
      loses('role', 'roles', 'role_permissions', 'permission_id'),
      members('organization_user_permissions', 'permission_id'),
    ],
  },
  property: {
    table: 'properties',
    keys: ['id'],
    parts: [goes('value', 'values', 'property_values', 'property_id')],
  },
  feature_flag: {
    table: 'feature_flags',
    keys: ['id', 'key'],
    parts: [goes('override', 'overrides', 'feature_flag_overrides', 'flag_id')],
  },
  organization: {
    table: 'organizations',
    keys: ['code'],
    parts: [
      goes('membership', 'memberships', 'organization_users', 'organization_code'),
      goes('M2M application', 'M2M applications', 'applications', 'org_code'),
      goes('invite', 'invites', 'organization_invites', 'organization_code'),
      goes('API key', 'API keys', 'api_keys', 'organization_code'),
      goes('enterprise connection', 'enterprise connections', 'connections', 'organization_code'),
      goes('directory', 'directories', 'directories', 'organization_code'),
      goes('property value', 'property values', 'property_values', 'owner_id'),
      goes('feature flag override', 'feature flag overrides', 'feature_flag_overrides', 'owner_id'),
      goes('billing customer', 'billing customers', 'billing_customers', 'organization_code'),
    ],
  },
  user: {
    table: 'users',
    keys: ['id'],
    parts: [
      goes('identity', 'identities', 'identities', 'user_id'),
      goes('membership', 'memberships', 'organization_users', 'user_id'),
      goes('session', 'sessions', 'sessions', 'user_id'),
      goes('second factor', 'second factors', 'mfa_factors', 'user_id'),
      goes('API key', 'API keys', 'api_keys', 'user_id'),
      goes('property value', 'property values', 'property_values', 'owner_id'),
      goes('feature flag override', 'feature flag overrides', 'feature_flag_overrides', 'owner_id'),
      goes('billing customer', 'billing customers', 'billing_customers', 'user_id'),
    ],
  },
  application: {
    table: 'applications',
    keys: ['id'],
    parts: [
      goes('secret', 'secrets', 'application_secrets', 'application_id'),
      goes('authorization', 'authorizations', 'api_applications', 'application_id'),
      goes('URL', 'URLs', 'application_urls', 'application_id'),
      goes('property value', 'property values', 'property_values', 'owner_id'),
    ],
  },
  api: {
    table: 'apis',
    keys: ['id'],
    parts: [
      goes('scope', 'scopes', 'api_scopes', 'api_id'),
      goes('API key', 'API keys', 'api_keys', 'api_id'),
      loses('application', 'applications', 'api_applications', 'api_id'),
      byScope(['role', 'roles'], 'role_scopes', 'role_id'),
      byScope(['user', 'users'], 'user_api_scopes', 'user_id'),
    ],
  },
  webhook: {
    table: 'webhooks',
    keys: ['id'],
    parts: [goes('logged delivery', 'logged deliveries', 'webhook_deliveries', 'webhook_id')],
  },
}

export const getDeletionReach = operation({
  id: 'getDeletionReach',
  method: 'GET',
  path: '/admin/api/reach/{kind}/{id}',
  scope: 'read:environments',
  role: 'read_only',
  tag: 'Deletions',
  summary: 'Get what a deletion would take along',
  description: `How far a deletion reaches, before it is made. The kind is one of ${Object.keys(kinds).join(', ')}.`,
  responses: {
    200: named(
      'deletion_reach_response',
      Success({
        reach: Type.Array(
          Type.Object({
            what: Type.String({ description: 'What is meant, in plural.' }),
            count: Type.Integer({ description: 'How many.' }),
            goes: Type.Boolean({ description: 'Whether it is deleted too, or only loses what is deleted.' }),
          }),
        ),
        summary: Type.String({ description: 'All of it in a sentence.' }),
      }),
    ),
  },
  handler: async ({ params, db }) => {
    const kind = Object.hasOwn(kinds, params.kind) ? kinds[params.kind]! : undefined
    if (kind === undefined) {
      throw invalid('kind', `There is no kind ${shown(params.kind)}; possible: ${Object.keys(kinds).join(', ')}.`)
    }
    const id = await keyOf(db, kind, params.id)
    if (id === undefined) throw notFound(params.kind, params.id)
    const reach: { what: string; count: number; goes: boolean; phrase: string }[] = []
    for (const { words, goes, count } of kind.parts) {
      const { rows } = await count(id).execute(db)
      const number = Number(rows[0]!.rows)
      if (number === 0) continue
      reach.push({ what: words[1], count: number, goes, phrase: `${number} ${words[number === 1 ? 0 : 1]}` })
    }
    return { ...ok, reach, summary: sentence(reach) }
  },
})

async function keyOf(db: Db, { table, keys }: Kind, given: string): Promise<string | undefined> {
  const matches = sql.join(
    keys.map((key) => sql`${sql.ref(key)} = ${given}`),
    sql` or `,
  )
  const { rows } = await sql<{ key: string }>`
    select ${sql.ref(keys[0]!)} as key from ${sql.table(table)} where ${matches} limit 1`.execute(db)
  return rows[0]?.key
}

function sentence(reach: readonly { goes: boolean; phrase: string }[]): string {
  const phrases = (goes: boolean) => listed(reach.filter((part) => part.goes === goes).map(({ phrase }) => phrase))
  const [going, losing] = [phrases(true), phrases(false)]
  if (going === '' && losing === '') return 'Nothing else goes with it.'
  if (losing === '') return `Removes ${going}.`
  return going === '' ? `Takes it from ${losing}.` : `Removes ${going} from ${losing}.`
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
