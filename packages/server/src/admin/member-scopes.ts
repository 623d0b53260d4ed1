import { Type } from '@sinclair/typebox'
import { named, ok, operation, Success } from '../operation.ts'
import { requireMembership } from '../store/organizations.ts'

const scopes = (description: string) =>
  Type.Array(
    Type.Object({
      id: Type.String({ description: 'Id of the scope.' }),
      key: Type.String({ description: 'The scope as tokens carry it.' }),
      api_id: Type.String({ description: 'Id of the API that knows the scope.' }),
      api_name: Type.String({ description: 'Name of that API.' }),
    }),
    { description },
  )

export const getMemberScopes = operation({
  id: 'getMemberScopes',
  method: 'GET',
  path: '/admin/api/organizations/{org_code}/users/{user_id}/api_scopes',
  scope: 'read:organization_users',
  role: 'read_only',
  tag: 'Organizations',
  summary: "List a member's API scopes",
  description:
    'The scopes that a member was given, and those that come by roles. The Management API gives and takes them, and ' +
    'shows their keys alone, with the search.',
  responses: {
    200: named(
      'member_scopes_response',
      Success({
        direct: scopes('Given to the member.'),
        by_role: scopes('Held by one of the roles that the member has in the organization.'),
      }),
    ),
  },
  handler: async ({ params, db }) => {
    const { org_code: code, user_id: userId } = params
    await requireMembership(db, code, userId)
    const known = db
      .selectFrom('api_scopes as scope')
      .innerJoin('apis', 'apis.id', 'scope.api_id')
      .select(['scope.id', 'scope.key', 'scope.api_id', 'apis.name as api_name'])
      .orderBy('apis.name_sort')
      .orderBy('scope.seq')
    const direct = await known
      .where('scope.id', 'in', (given) =>
        given
          .selectFrom('user_api_scopes')
          .select('scope_id')
          .where('organization_code', '=', code)
          .where('user_id', '=', userId),
      )
      .execute()
    const byRole = await known
      .where('scope.id', 'in', (held) =>
        held
          .selectFrom('role_scopes')
          .innerJoin('organization_user_roles as member', 'member.role_id', 'role_scopes.role_id')
          .select('role_scopes.scope_id')
          .where('member.organization_code', '=', code)
          .where('member.user_id', '=', userId),
      )
      .execute()
    return { ...ok, direct, by_role: byRole }
  },
})
