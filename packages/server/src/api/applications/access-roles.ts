import { Type } from '@sinclair/typebox'
import { invalid, shown } from '../../errors.ts'
import { Nullable, named, ok, operation, Success, SuccessReply } from '../../operation.ts'
import { dialectOf } from '../../store/dialect.ts'
import { cursorPage, pageSizeParameter } from '../../store/page.ts'
import type { Db } from '../../store/tables.ts'

const cursor = (what: string) => Type.Optional(Nullable(Type.String({ description: what })))
const member = (description: string) => Type.Optional(Type.String({ description }))

export const getApplicationAccessRoles = operation({
  id: 'GetApplicationAccessRoles',
  method: 'GET',
  path: '/api/v1/applications/{application_id}/access_roles',
  scope: 'read:applications',
  tag: 'Applications',
  summary: "List an application's access roles",
  description:
    'The roles whose holders may sign in while access control is switched on, in the order in which the roles were ' +
    'made, a page at a time. While it is off, everyone may.',
  query: Type.Object({
    page_size: pageSizeParameter,
    starting_after: cursor('Id of the last role of the page before.'),
    ending_before: cursor('Id of the first role of the page after.'),
  }),
  responses: {
    200: named(
      'get_application_access_roles_response',
      Success({
        roles: Type.Optional(
          Type.Array(
            named(
              'application_access_role',
              Type.Object({
                id: member('Id of the role.'),
                key: member('The key under which tokens carry the role.'),
                name: member('Name of the role.'),
                description: Type.Optional(Nullable(Type.String({ description: 'What the role is for.' }))),
              }),
            ),
          ),
        ),
        has_more: Type.Optional(Type.Boolean({ description: 'Whether another page follows in the direction asked.' })),
      }),
    ),
  },
  handler: async ({ params, query, db }) => {
    const { id } = await requireApplication(db, params.application_id)
    const roles = db
      .selectFrom('application_access_roles')
      .innerJoin('roles', 'roles.id', 'application_access_roles.role_id')
      .where('application_access_roles.application_id', '=', id)
    const { rows, hasMore } = await cursorPage(
      roles.select(['roles.id', 'roles.key', 'roles.name', 'roles.description', 'roles.seq']),
      query,
      {
        table: 'roles',
        seqOf: async (role) => (await roles.select('roles.seq').where('roles.id', '=', role).executeTakeFirst())?.seq,
      },
    )
    return { ...ok, roles: rows, has_more: hasMore }
  },
})

export const addApplicationAccessRole = operation({
  id: 'AddApplicationAccessRole',
  method: 'POST',
  path: '/api/v1/applications/{application_id}/access_roles/{role_id}',
  scope: 'update:applications',
  tag: 'Applications',
  summary: 'Add an access role to an application',
  description:
    'Lets holders of the role in where access control is switched on; it does not switch it on. A role that is there ' +
    'already stays. Not for applications of the type m2m, to which nobody signs in.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const { id, type } = await requireApplication(db, params.application_id, { isKept: true })
    if (type === 'm2m') {
      throw invalid(
        'application_id',
        'Nobody signs in to an application of the type m2m: access roles are for the types reg, spa and device.',
        'APPLICATION_TYPE_NOT_SUPPORTED',
      )
    }
    const role = await keepRole(db, params.role_id)
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('application_access_roles')
      .values({ application_id: id, role_id: role.id })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows !== 0n) record('application.access_role_added', { application: { id }, role })
    return ok
  },
})

export const removeApplicationAccessRole = operation({
  id: 'RemoveApplicationAccessRole',
  method: 'DELETE',
  path: '/api/v1/applications/{application_id}/access_roles/{role_id}',
  scope: 'update:applications',
  tag: 'Applications',
  summary: 'Remove an access role from an application',
  description:
    'Holders of the role alone are no longer let in. Access control stays switched on: without any role left, nobody ' +
    'is. One that was not there is no error.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const { id } = await requireApplication(db, params.application_id)
    const role = await keepRole(db, params.role_id)
    const { numDeletedRows } = await db
      .deleteFrom('application_access_roles')
      .where('application_id', '=', id)
      .where('role_id', '=', role.id)
      .executeTakeFirstOrThrow()
    if (numDeletedRows !== 0n) record('application.access_role_removed', { application: { id }, role })
    return ok
  },
})

/** @throws {ApiError} 400 APPLICATION_NOT_FOUND: of these operations Kinde's document says so, and not 404 */
async function requireApplication(db: Db, id: string, { isKept = false } = {}): Promise<{ id: string; type: string }> {
  const row = await db
    .selectFrom('applications')
    .select(['id', 'type'])
    .where('id', '=', id)
    // Nobody deletes it until the transaction ends.
    .$if(isKept && dialectOf(db) === 'postgres', (query) => query.forKeyShare())
    .executeTakeFirst()
  if (row !== undefined) return row
  throw invalid('application_id', `There is no application with the id ${shown(id)}.`, 'APPLICATION_NOT_FOUND')
}

/** The role, as events name it, which nobody deletes until the transaction ends. @throws {ApiError} 400 ROLE_NOT_FOUND */
async function keepRole(db: Db, id: string): Promise<{ id: string; key: string }> {
  const row = await db
    .selectFrom('roles')
    .select(['id', 'key'])
    .where('id', '=', id)
    .$if(dialectOf(db) === 'postgres', (query) => query.forKeyShare())
    .executeTakeFirst()
  if (row !== undefined) return row
  throw invalid('role_id', `There is no role with the id ${shown(id)}.`, 'ROLE_NOT_FOUND')
}
