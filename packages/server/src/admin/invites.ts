import { Type } from '@sinclair/typebox'
import type { Role } from '../auth.ts'
import { notFound } from '../errors.ts'
import { Nullable, named, ok, operation, Success, SuccessReply } from '../operation.ts'
import { addLink, linkUrl } from '../store/administrator-links.ts'
import { emailKey, emailTaken, requireEmail } from '../store/administrators.ts'
import { requireOwner } from './administrators.ts'
import { Moment, moment, RoleOf } from './shapes.ts'

const Invite = named(
  'administrator_invite',
  Type.Object({
    id: Type.String({ description: 'Id of the invite.' }),
    email: Type.String({ description: 'The address that the account will have.' }),
    name: Nullable(Type.String({ description: 'Name of the person, where it was given.' })),
    role: RoleOf('The role that the account will have.'),
    invited_by: Nullable(Type.String({ description: 'Name of the administrator who made it.' })),
    created_at: Moment('When it was made.'),
    expires_at: Moment('Until when it can be used.'),
  }),
)

export const getInvites = operation({
  id: 'getAdministratorInvites',
  method: 'GET',
  path: '/admin/api/invites',
  scope: null,
  role: 'administrator',
  tag: 'Administrators',
  summary: 'List invites',
  description: 'The invites to the console that nobody has used yet.',
  responses: { 200: named('administrator_invites_response', Success({ invites: Type.Array(Invite) })) },
  handler: async ({ db, now }) => {
    const rows = await db
      .selectFrom('administrator_links as link')
      .leftJoin('administrators as creator', 'creator.id', 'link.created_by')
      .select([
        'link.id',
        'link.email',
        'link.name',
        'link.role',
        'link.created_at_ms',
        'link.expires_at_ms',
        'creator.name as invited_by',
      ])
      .where('purpose', '=', 'invite')
      .where('expires_at_ms', '>', now)
      .orderBy('link.seq', 'desc')
      .execute()
    return {
      ...ok,
      invites: rows.map((row) => ({
        id: row.id,
        email: row.email!,
        name: row.name,
        role: row.role as Role,
        invited_by: row.invited_by,
        created_at: moment(row.created_at_ms),
        expires_at: moment(row.expires_at_ms),
      })),
    }
  },
})

export const createInvite = operation({
  id: 'createAdministratorInvite',
  method: 'POST',
  path: '/admin/api/invites',
  scope: null,
  role: 'administrator',
  tag: 'Administrators',
  summary: 'Invite an administrator',
  description:
    'Makes a link with which one person makes an account, once and within seven days. An earlier invite of the same address ends.',
  body: Type.Object({
    email: Type.String({ description: 'The address of the account.', maxLength: 320 }),
    role: RoleOf('The role of the account.'),
    name: Type.Optional(Nullable(Type.String({ description: 'Name of the person.', maxLength: 100 }))),
  }),
  bodyRequired: true,
  responses: {
    200: named(
      'administrator_invite_response',
      Success({
        invite: Invite,
        link: Type.String({
          description: 'The link, to be handed to the person on a safe way. It is shown here only.',
        }),
      }),
    ),
  },
  handler: async ({ body, db, now, caller, environment, record }) => {
    const { id: createdBy, name: invitedBy } = caller.administrator!
    const email = requireEmail(body.email)
    if (body.role === 'owner') await requireOwner(db, caller.administrator!)
    const name = body.name?.trim() || null
    const taken = await db
      .selectFrom('administrators')
      .select('id')
      .where('email_key', '=', emailKey(email))
      .executeTakeFirst()
    if (taken !== undefined) throw emailTaken()
    const earlier = await db
      .selectFrom('administrator_links')
      .select(['id', 'email'])
      .where('purpose', '=', 'invite')
      .execute()
    for (const { id } of earlier.filter((link) => emailKey(link.email!) === emailKey(email))) {
      await db.deleteFrom('administrator_links').where('id', '=', id).execute()
    }
    const target = { purpose: 'invite', createdBy, name, email, role: body.role } as const
    const { id, token, expiresAtMs } = await addLink(db, target, { ids: environment.ids, now })
    record('administrator.invited', { administrator: { email, role: body.role }, invite: { id } })
    return {
      ...ok,
      invite: {
        id,
        email,
        name,
        role: body.role,
        invited_by: invitedBy,
        created_at: moment(now),
        expires_at: moment(expiresAtMs),
      },
      link: linkUrl(environment.baseUrl, 'invite', token),
    }
  },
})

export const deleteInvite = operation({
  id: 'deleteAdministratorInvite',
  method: 'DELETE',
  path: '/admin/api/invites/{invite_id}',
  scope: null,
  role: 'administrator',
  tag: 'Administrators',
  summary: 'Take an invite back',
  description: 'The link of the invite opens nothing any more.',
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const deleted = await db
      .deleteFrom('administrator_links')
      .where('id', '=', params.invite_id)
      .where('purpose', '=', 'invite')
      .returning(['email', 'role'])
      .executeTakeFirst()
    if (deleted === undefined) throw notFound('invite', params.invite_id)
    record('administrator.invite_deleted', { administrator: deleted, invite: { id: params.invite_id } })
    return ok
  },
})
