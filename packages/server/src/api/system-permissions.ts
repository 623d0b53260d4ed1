import { Type } from '@sinclair/typebox'
import { Choice, Nullable, named, ok, operation, Success } from '../operation.ts'
import { tokenPageParameters } from '../store/page.ts'
import { systemPermissionPage } from '../store/system-permissions.ts'

/** The list of system permissions in a reply. */
export const systemPermissionList = Type.Optional(
  Type.Array(
    named(
      'system_permissions',
      Type.Object({
        id: Type.Optional(Type.String({ description: 'Id of the system permission.' })),
        key: Type.Optional(Type.String({ description: 'Short name of the right, such as `org:read:billing`.' })),
        name: Type.Optional(Type.String({ description: 'Name of the system permission.' })),
        description: Type.Optional(Type.String({ description: 'What it lets a member do.' })),
      }),
    ),
  ),
)

/** The parameters of lists of system permissions. */
export const systemPermissionListParameters = {
  sort: Type.Optional(
    Nullable(
      Choice(['name_asc', 'name_desc', 'id_asc', 'id_desc'], {
        description: 'By name or by id; from reading the profile to writing API keys when left out.',
      }),
    ),
  ),
  ...tokenPageParameters,
}

export const getSystemPermissions = operation({
  id: 'GetSystemPermissions',
  method: 'GET',
  path: '/api/v1/system_permissions',
  scope: 'read:system_permissions',
  tag: 'Roles',
  summary: 'List system permissions',
  description: 'What roles can let members do in the self-serve portal of their organization. The list is fixed.',
  organizationAware: true,
  query: Type.Object(systemPermissionListParameters),
  responses: {
    200: named(
      'get_system_permissions_response',
      Success({
        system_permissions: systemPermissionList,
        next_token: Type.Optional(Nullable(Type.String({ description: 'Gives the next page; null on the last one.' }))),
      }),
    ),
  },
  handler: async ({ query, environment }) => {
    const { rows, nextToken } = systemPermissionPage(query, {
      list: 'system_permissions',
      tokens: environment.pageTokens,
      isListed: () => true,
    })
    return { ...ok, system_permissions: rows, next_token: nextToken ?? null }
  },
})
