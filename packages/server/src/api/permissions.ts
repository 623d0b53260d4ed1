import { Type } from '@sinclair/typebox'
import { Choice, Nullable, named, ok, operation, Success, SuccessReply } from '../operation.ts'
import { checkedKey, checkedName, longestDescription, longestKey, longestName } from '../store/definitions.ts'
import { type Sorts, tokenPage, tokenPageParameters } from '../store/page.ts'
import {
  createPermission as addPermission,
  changePermission,
  holdPermission,
  permissionEventData,
  deletePermission as removePermission,
} from '../store/permissions.ts'

const id = Type.Optional(Type.String({ description: 'Id of the permission.' }))

/** A permission as lists show it. */
export const permissionItem = named(
  'permissions',
  Type.Object({
    id,
    key: Type.Optional(Type.String({ description: 'The permission as code and tokens name it.' })),
    name: Type.Optional(Type.String({ description: 'Name of the permission.' })),
    description: Type.Optional(Type.String({ description: 'What it allows, for people.' })),
  }),
)

/** The parameters of lists of permissions, and the columns that they sort by. */
export const permissionListParameters = {
  sort: Type.Optional(
    Nullable(
      Choice(['name_asc', 'name_desc', 'id_asc', 'id_desc'], {
        description: 'By name without regard to case, or by id; in the order of making when left out.',
      }),
    ),
  ),
  ...tokenPageParameters,
}
export const permissionSorts: Sorts = {
  name_asc: { column: 'name_sort', direction: 'asc' },
  name_desc: { column: 'name_sort', direction: 'desc' },
  id_asc: { column: 'id', direction: 'asc' },
  id_desc: { column: 'id', direction: 'desc' },
}

const name = Type.Optional(
  Type.String({ description: 'Name of the permission, 1 to 255 characters.', minLength: 1, maxLength: longestName }),
)
const key = Type.Optional(
  Type.String({
    description:
      'The permission as code and tokens name it, such as `create:invoices`: 1 to 255 characters without white space, of no other permission.',
    minLength: 1,
    maxLength: longestKey,
  }),
)
const description = Type.Optional(
  Nullable(
    Type.String({ description: 'What it allows, for people; 1024 characters at most.', maxLength: longestDescription }),
  ),
)

export const getPermissions = operation({
  id: 'GetPermissions',
  method: 'GET',
  path: '/api/v1/permissions',
  scope: 'read:permissions',
  tag: 'Permissions',
  summary: 'List permissions',
  description: 'The permissions that exist, a page at a time.',
  organizationAware: true,
  query: Type.Object(permissionListParameters),
  responses: {
    200: named(
      'get_permissions_response',
      Success({
        permissions: Type.Optional(Type.Array(permissionItem)),
        next_token: Type.Optional(Type.String({ description: 'Gives the next page; left out on the last one.' })),
      }),
    ),
  },
  handler: async ({ query, db, environment }) => {
    const { rows, nextToken } = await tokenPage(
      db.selectFrom('permissions').select(['id', 'key', 'name', 'description', 'name_sort', 'seq']),
      query,
      { list: 'permissions', tokens: environment.pageTokens, table: 'permissions', sorts: permissionSorts },
    )
    return { ...ok, permissions: rows, next_token: nextToken }
  },
})

export const createPermission = operation({
  id: 'CreatePermission',
  method: 'POST',
  path: '/api/v1/permissions',
  scope: 'create:permissions',
  tag: 'Permissions',
  summary: 'Create a permission',
  description: 'Name and key are needed. Roles can hold the permission then, and members of organizations have it.',
  body: Type.Object({ name, key, description }),
  example: { body: { name: 'Feed owls', key: 'feed:owls', description: 'May feed the owls.' } },
  responses: {
    201: named(
      'create_permission_response',
      Success({ permission: Type.Optional(Type.Object({ id }, { description: 'The new permission.' })) }),
    ),
  },
  handler: async ({ body, db, now, environment, record }) => {
    const values = {
      name: checkedName(body.name),
      key: checkedKey(body.key),
      description: body.description ?? '',
    }
    const permission = await addPermission(db, values, { ids: environment.ids, now })
    record('permission.created', permissionEventData(permission))
    return { ...ok, permission: { id: permission.id } }
  },
})

export const updatePermission = operation({
  id: 'UpdatePermissions',
  method: 'PATCH',
  path: '/api/v1/permissions/{permission_id}',
  scope: 'update:permissions',
  tag: 'Permissions',
  summary: 'Update a permission',
  description: 'Changes the members that are sent. Everyone who has the permission has it as it is then.',
  body: Type.Object({ name, key, description }),
  example: { body: { name: 'Feed birds', key: 'feed:birds', description: 'May feed every bird.' } },
  responses: { 200: SuccessReply },
  handler: async ({ params, body, db, record }) => {
    const wanted = {
      name: body.name === undefined ? undefined : checkedName(body.name),
      key: body.key === undefined ? undefined : checkedKey(body.key),
      description: body.description === null ? '' : body.description,
    }
    const before = await holdPermission(db, params.permission_id)
    const changed = await changePermission(db, before, wanted)
    if (changed !== undefined) {
      record('permission.updated', permissionEventData(changed), { before, after: wanted })
    }
    return ok
  },
})

export const deletePermission = operation({
  id: 'DeletePermission',
  method: 'DELETE',
  path: '/api/v1/permissions/{permission_id}',
  scope: 'delete:permissions',
  tag: 'Permissions',
  summary: 'Delete a permission',
  description: 'Takes it from every role and every user. A role that needed it for being assigned needs none then.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const { id } = await holdPermission(db, params.permission_id)
    const reach = await removePermission(db, id)
    record('permission.deleted', { permission: { id }, reach })
    return ok
  },
})
