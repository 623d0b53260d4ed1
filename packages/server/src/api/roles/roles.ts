import { Type } from '@sinclair/typebox'
import { Choice, Nullable, named, ok, operation, Success, SuccessReply } from '../../operation.ts'
import { checkedKey, checkedName, longestDescription, longestKey, longestName } from '../../store/definitions.ts'
import { largestTokenPage, pageSize, tokenPage, tokenPageParameters } from '../../store/page.ts'
import { knownPermissions, unknownPermission } from '../../store/permissions.ts'
import {
  createRole as addRole,
  changeRole,
  holdRole,
  deleteRole as removeRole,
  requireRole,
  roleEventData,
} from '../../store/roles.ts'
import type { Db } from '../../store/tables.ts'

const id = Type.Optional(Type.String({ description: 'Id of the role.' }))
const shownKey = Type.Optional(Type.String({ description: 'The role as code and tokens name it.' }))
const shownName = Type.Optional(Type.String({ description: 'Name of the role.' }))
const whetherDefault = Type.Optional(
  Type.Boolean({ description: 'Whether everyone who joins an organization gets the role.' }),
)

const name = Type.String({
  description: 'Name of the role, 1 to 255 characters.',
  minLength: 1,
  maxLength: longestName,
})
const key = Type.String({
  description: 'The role as code and tokens name it: 1 to 255 characters without white space, of no other role.',
  minLength: 1,
  maxLength: longestKey,
})
const description = Type.Optional(
  Nullable(
    Type.String({ description: 'What it is for; 1024 characters at most. Null: none.', maxLength: longestDescription }),
  ),
)
const makeDefault = Type.Optional(
  Type.Boolean({ description: 'True: from now on everyone who joins an organization gets the role.' }),
)

export const getRoles = operation({
  id: 'GetRoles',
  method: 'GET',
  path: '/api/v1/roles',
  scope: 'read:roles',
  tag: 'Roles',
  summary: 'List roles',
  description: 'The roles that exist, a page at a time.',
  organizationAware: true,
  query: Type.Object({
    sort: Type.Optional(
      Nullable(
        Choice(['name_asc', 'name_desc', 'key_asc', 'key_desc'], {
          description: 'By name without regard to case, or by key; in the order of making when left out.',
        }),
      ),
    ),
    ...tokenPageParameters,
  }),
  responses: {
    200: named(
      'get_roles_response',
      Success({
        roles: Type.Optional(
          Type.Array(
            named(
              'roles',
              Type.Object({
                id,
                key: shownKey,
                name: shownName,
                description: Type.Optional(Nullable(Type.String({ description: 'What it is for.' }))),
                is_default_role: whetherDefault,
              }),
            ),
          ),
        ),
        next_token: Type.Optional(Type.String({ description: 'Gives the next page; left out on the last one.' })),
      }),
    ),
  },
  handler: async ({ query, db, environment }) => {
    const { rows, nextToken } = await tokenPage(
      db.selectFrom('roles').select(['id', 'key', 'name', 'description', 'is_default_role', 'name_sort', 'seq']),
      query,
      {
        list: 'roles',
        tokens: environment.pageTokens,
        table: 'roles',
        sorts: {
          name_asc: { column: 'name_sort', direction: 'asc' },
          name_desc: { column: 'name_sort', direction: 'desc' },
          key_asc: { column: 'key', direction: 'asc' },
          key_desc: { column: 'key', direction: 'desc' },
        },
      },
    )
    return { ...ok, roles: rows, next_token: nextToken }
  },
})

export const createRole = operation({
  id: 'CreateRole',
  method: 'POST',
  path: '/api/v1/roles',
  scope: 'create:roles',
  tag: 'Roles',
  summary: 'Create a role',
  description: 'Name and key are needed. The role holds nothing yet: give it permissions and scopes next.',
  body: Type.Object({
    name: Type.Optional(name),
    key: Type.Optional(key),
    description,
    is_default_role: makeDefault,
    assignment_permission_id: Type.Optional(
      Nullable(
        Type.String({ description: 'Id of the permission that whoever assigns the role must have. Null: none.' }),
      ),
    ),
  }),
  example: { body: { name: 'Keeper', key: 'keeper', description: 'Feeds the owls.', is_default_role: false } },
  responses: {
    201: named('create_roles_response', Success({ role: Type.Optional(Type.Object({ id })) })),
  },
  handler: async ({ body, db, now, environment, record }) => {
    const values = {
      name: checkedName(body.name),
      key: checkedKey(body.key),
      description: body.description ?? null,
      is_default_role: body.is_default_role ?? false,
      assignment_permission_id: (await assignmentPermission(db, body.assignment_permission_id)) ?? null,
    }
    const role = await addRole(db, values, { ids: environment.ids, now })
    record('role.created', roleEventData(role))
    return { ...ok, role: { id: role.id } }
  },
})

/** The word by which Kinde's API takes a role's assignment permission away: null means that nothing is said of it. */
const noPermissionRequired = 'NO_PERMISSION_REQUIRED'

/**
 * @returns the permission's id, null for none, undefined where nothing is said
 * @throws {ApiError} 400 INVALID_PERMISSION_ID
 */
async function assignmentPermission(db: Db, asked: string | null | undefined): Promise<string | null | undefined> {
  if (asked === undefined || asked === null) return undefined
  if (asked === noPermissionRequired) return null
  if ((await knownPermissions(db, [asked])).has(asked)) return asked
  throw unknownPermission('assignment_permission_id', asked)
}

export const getRole = operation({
  id: 'GetRole',
  method: 'GET',
  path: '/api/v1/roles/{role_id}',
  scope: 'read:roles',
  tag: 'Roles',
  summary: 'Get a role',
  description: 'One role, without what it holds.',
  organizationAware: true,
  responses: {
    200: named(
      'get_role_response',
      Success({
        role: Type.Optional(
          Type.Object({
            id,
            key: shownKey,
            name: shownName,
            description: Type.Optional(Type.String({ description: 'What it is for; empty when nobody said.' })),
            is_default_role: whetherDefault,
          }),
        ),
      }),
    ),
  },
  handler: async ({ params, db }) => {
    const role = await requireRole(db, params.role_id)
    return { ...ok, role: { ...role, description: role.description ?? '' } }
  },
})

export const updateRole = operation({
  id: 'UpdateRoles',
  method: 'PATCH',
  path: '/api/v1/roles/{role_id}',
  scope: 'update:roles',
  tag: 'Roles',
  summary: 'Update a role',
  description: 'Sets name and key, and those of the other members that are sent. Everyone keeps the role.',
  body: Type.Object({
    name,
    key,
    description,
    is_default_role: makeDefault,
    assignment_permission_id: Type.Optional(
      Nullable(
        Type.String({
          description: `Id of the permission that whoever assigns the role must have; \`${noPermissionRequired}\` for none. Null leaves it as it is.`,
        }),
      ),
    ),
  }),
  example: {
    body: { name: 'Head keeper', key: 'head_keeper', description: 'Feeds every bird.', is_default_role: false },
  },
  responses: { 201: SuccessReply },
  handler: async ({ params, body, db, record }) => {
    const wanted = {
      name: checkedName(body.name),
      key: checkedKey(body.key),
      description: body.description,
      is_default_role: body.is_default_role,
    }
    const role = await holdRole(db, params.role_id)
    const permission = await assignmentPermission(db, body.assignment_permission_id)
    const changed = await changeRole(db, role, { ...wanted, assignment_permission_id: permission })
    if (changed !== undefined) {
      const after = { ...wanted, assignment_permission_id: permission }
      record('role.updated', roleEventData(changed), { before: role, after })
    }
    return ok
  },
})

export const deleteRole = operation({
  id: 'DeleteRole',
  method: 'DELETE',
  path: '/api/v1/roles/{role_id}',
  scope: 'delete:roles',
  tag: 'Roles',
  summary: 'Delete a role',
  description: 'Takes it from every user who has it, and from the applications that let its holders in.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const { id } = await holdRole(db, params.role_id)
    const reach = await removeRole(db, id)
    record('role.deleted', { role: { id }, reach })
    return ok
  },
})

export const getRoleUsers = operation({
  id: 'GetRoleUsers',
  method: 'GET',
  path: '/api/v1/roles/{role_id}/users',
  scope: 'read:organization_user_roles',
  tag: 'Roles',
  summary: 'List users of a role',
  description: 'Who has the role in any organization, in the order of their ids, a page at a time.',
  organizationAware: true,
  query: Type.Object(tokenPageParameters),
  responses: {
    200: named(
      'get_role_users_response',
      Success({
        users: Type.Optional(
          Type.Array(
            Type.Object({
              id: Type.Optional(Type.String({ description: 'Id of the user.' })),
              org_codes: Type.Optional(
                Type.Array(Type.String(), { description: 'Codes of the organizations where the user has the role.' }),
              ),
            }),
          ),
        ),
        next_token: Type.Optional(Nullable(Type.String({ description: 'Gives the next page; null on the last one.' }))),
      }),
    ),
  },
  handler: async ({ params, query, db, caller, environment }) => {
    const role = await requireRole(db, params.role_id)
    let holders = db.selectFrom('organization_user_roles').where('role_id', '=', role.id)
    if (caller.orgCode !== null) holders = holders.where('organization_code', '=', caller.orgCode)
    // By the user's id, straight off the index: a role that everyone has is paged as fast as any other.
    const list = `roles/${role.id}/users`
    const size = pageSize(query.page_size, largestTokenPage)
    const after = query.next_token ? environment.pageTokens.read(list, query.next_token).after.value : ''
    const found = await holders
      .select('user_id')
      .where('user_id', '>', after ?? '')
      .groupBy('user_id')
      .orderBy('user_id')
      .limit(size + 1)
      .execute()
    const ids = found.slice(0, size).map((row) => row.user_id)
    const nextToken =
      found.length > size ? environment.pageTokens.write(list, '', { seq: 0, value: ids.at(-1)! }) : undefined
    const memberships =
      ids.length === 0
        ? []
        : await holders
            .select(['user_id', 'organization_code'])
            .where('user_id', 'in', ids)
            .orderBy('organization_code')
            .execute()
    const byUser = Map.groupBy(memberships, (row) => row.user_id)
    // Who has lost the role since the page was read is left out.
    const users = ids
      .filter((id) => byUser.has(id))
      .map((id) => ({ id, org_codes: byUser.get(id)!.map((row) => row.organization_code) }))
    return { ...ok, users, next_token: nextToken ?? null }
  },
})
