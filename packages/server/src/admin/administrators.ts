import { Type } from '@sinclair/typebox'
import { includesRole, type SignedIn } from '../auth.ts'
import { ApiError, invalid, notFound } from '../errors.ts'
import { named, ok, operation, Success, SuccessReply } from '../operation.ts'
import { addLink, linkUrl } from '../store/administrator-links.ts'
import { holdAdministrator, requireAdministrator, requireOtherOwner } from '../store/administrators.ts'
import { lockSetup } from '../store/open.ts'
import type { Db } from '../store/tables.ts'
import { AdministratorShape, Moment, moment, RoleOf, shownAdministrator } from './shapes.ts'

const AdministratorReply = named('administrator_response', Success({ administrator: AdministratorShape }))

export const getAdministrators = operation({
  id: 'getAdministrators',
  method: 'GET',
  path: '/admin/api/administrators',
  scope: null,
  role: 'read_only',
  tag: 'Administrators',
  summary: 'List administrators',
  description: 'Everyone who can sign in to the console, in the order in which they came.',
  responses: { 200: named('administrators_response', Success({ administrators: Type.Array(AdministratorShape) })) },
  handler: async ({ db }) => {
    const rows = await db.selectFrom('administrators').selectAll().orderBy('seq').execute()
    return { ...ok, administrators: rows.map(shownAdministrator) }
  },
})

export const getAdministrator = operation({
  id: 'getAdministrator',
  method: 'GET',
  path: '/admin/api/administrators/{administrator_id}',
  scope: null,
  role: 'read_only',
  tag: 'Administrators',
  summary: 'Get an administrator',
  description: 'One administrator by id.',
  responses: { 200: AdministratorReply },
  handler: async ({ params, db }) => ({
    ...ok,
    administrator: shownAdministrator(await requireAdministrator(db, params.administrator_id)),
  }),
})

export const updateAdministrator = operation({
  id: 'updateAdministrator',
  method: 'PATCH',
  path: '/admin/api/administrators/{administrator_id}',
  scope: null,
  role: 'administrator',
  tag: 'Administrators',
  summary: 'Change an administrator',
  description: 'Changes name or role. Only an owner makes owners, or changes one; the last owner stays one.',
  body: Type.Object({
    name: Type.Optional(Type.String({ description: 'Name of the person.', minLength: 1, maxLength: 100 })),
    role: Type.Optional(RoleOf('The role from now on.')),
  }),
  bodyRequired: true,
  responses: { 200: AdministratorReply },
  handler: async ({ params, body, db, caller, record }) => {
    const id = params.administrator_id
    await lockSetup(db)
    const row = await holdAdministrator(db, id)
    if (row === undefined) throw notFound('administrator', id)
    await requireMayChange(db, caller.administrator!, row.role)
    const name = body.name?.trim() ?? row.name
    const role = body.role ?? row.role
    if (name === '') throw invalid('name', 'Give a name.')
    if (role === 'owner' && row.role !== 'owner') await requireOwner(db, caller.administrator!)
    if (role !== 'owner' && row.role === 'owner') await requireOtherOwner(db, id)
    const after = { ...(name === row.name ? {} : { name }), ...(role === row.role ? {} : { role }) }
    if (Object.keys(after).length > 0) {
      await db.updateTable('administrators').set(after).where('id', '=', id).execute()
      // What somebody had handed out with the former role must not outlive it.
      if ('role' in after) await db.deleteFrom('administrator_links').where('created_by', '=', id).execute()
      record('administrator.updated', { administrator: { id } }, { before: row, after })
    }
    return { ...ok, administrator: shownAdministrator({ ...row, name, role }) }
  },
})

export const deleteAdministrator = operation({
  id: 'deleteAdministrator',
  method: 'DELETE',
  path: '/admin/api/administrators/{administrator_id}',
  scope: null,
  role: 'administrator',
  tag: 'Administrators',
  summary: 'Remove an administrator',
  description:
    'Takes the account away, with its sessions and the links that it made. The last owner cannot be removed.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, caller, record }) => {
    const id = params.administrator_id
    await lockSetup(db)
    const row = await holdAdministrator(db, id)
    if (row === undefined) throw notFound('administrator', id)
    await requireMayChange(db, caller.administrator!, row.role)
    if (row.role === 'owner') await requireOtherOwner(db, id)
    await db.deleteFrom('administrators').where('id', '=', id).execute()
    record('administrator.deleted', { administrator: { id, name: row.name, email: row.email, role: row.role } })
    return ok
  },
})

export const createResetLink = operation({
  id: 'createResetLink',
  method: 'POST',
  path: '/admin/api/administrators/{administrator_id}/reset_link',
  scope: null,
  // Who holds the link becomes that administrator.
  role: 'owner',
  tag: 'Administrators',
  summary: 'Make a link for a new password',
  description:
    'A link with which the administrator sets a new password, once and within an hour. It is shown here only.',
  responses: {
    200: named(
      'administrator_link_response',
      Success({
        link: Type.String({ description: 'The link, to be handed to the person on a safe way.' }),
        expires_at: Moment('Until when it can be used.'),
      }),
    ),
  },
  handler: async ({ params, db, now, caller, environment, record }) => {
    const row = await requireAdministrator(db, params.administrator_id)
    const { token, expiresAtMs } = await addLink(
      db,
      {
        purpose: 'reset',
        administratorId: row.id,
        createdBy: caller.administrator!.id,
        role: shownAdministrator(row).role,
      },
      { ids: environment.ids, now },
    )
    record('administrator.reset_link_made', { administrator: { id: row.id } })
    return { ...ok, link: linkUrl(environment.baseUrl, 'reset', token), expires_at: moment(expiresAtMs) }
  },
})

/**
 * That the caller may change somebody with this role, at this moment: roles can have changed since the request came.
 * @throws {ApiError} 403 OWNER_REQUIRED or ROLE_INSUFFICIENT
 */
async function requireMayChange(db: Db, caller: SignedIn, role: string): Promise<void> {
  if (role === 'owner') await requireOwner(db, caller)
  const { role: present } = shownAdministrator(await requireAdministrator(db, caller.id))
  if (!includesRole(present, 'administrator')) {
    throw new ApiError(403, 'ROLE_INSUFFICIENT', `This needs the role administrator; yours is ${present}.`)
  }
}

/** @throws {ApiError} 403 OWNER_REQUIRED */
export async function requireOwner(db: Db, caller: SignedIn): Promise<void> {
  const { role } = await requireAdministrator(db, caller.id)
  if (role === 'owner') return
  throw new ApiError(403, 'OWNER_REQUIRED', 'Only an owner may make owners, or change one.')
}
