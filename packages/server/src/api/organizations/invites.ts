import { Type } from '@sinclair/typebox'
import type { Environment } from '../../environment.ts'
import { Choice, Nullable, named, ok, operation, Success, SuccessReply } from '../../operation.ts'
import {
  createInvite,
  type InviteRole,
  inviteCode,
  invitePath,
  isInviteClosed,
  requireInvite,
  revokeInvite,
  rolesOfInvites,
} from '../../store/invites.ts'
import { requireOrganization } from '../../store/organizations.ts'
import { tokenPage, tokenPageParameters } from '../../store/page.ts'
import { fullName } from '../../store/subscribers.ts'
import type { InviteRow } from '../../store/tables.ts'
import { timestamp } from '../../time.ts'

const inviteMembers = {
  id: Type.Optional(Type.String({ description: 'Id of the invite.' })),
  code: Type.Optional(Type.String({ description: 'What opens the invite: whoever knows it can accept.' })),
  email: Type.Optional(Type.String({ description: 'Address of whoever is invited.' })),
  first_name: Type.Optional(Nullable(Type.String({ description: 'Given name.' }))),
  last_name: Type.Optional(Nullable(Type.String({ description: 'Family name.' }))),
  full_name: Type.Optional(Type.String({ description: 'Given and family name; empty where neither is known.' })),
  created_on: Type.Optional(Type.String({ format: 'date-time', description: 'When it was made, RFC 3339.' })),
  is_sent: Type.Optional(
    Type.Boolean({ description: 'Whether the server has sent an e-mail. This one sends none: share invite_link.' }),
  ),
  accepted_on: Type.Optional(
    Nullable(Type.String({ format: 'date-time', description: 'When it was accepted, RFC 3339; null until then.' })),
  ),
  roles: Type.Optional(
    Type.Array(
      Type.Object({
        key: Type.Optional(Type.String({ description: 'Key of the role.' })),
        name: Type.Optional(Type.String({ description: 'Name of the role.' })),
      }),
      { description: 'Roles of the member to be.' },
    ),
  ),
  is_revoked: Type.Optional(
    Type.Boolean({ description: 'Whether it cannot be accepted any more: it was revoked, or is 30 days old.' }),
  ),
  invite_link: Type.Optional(Type.String({ description: 'The address at which the invite is accepted.' })),
}

function shownInvite(row: InviteRow, roles: InviteRole[] = [], { baseUrl, cipher }: Environment, now: number) {
  const code = inviteCode(row, cipher)
  return {
    id: row.id,
    code,
    email: row.email,
    first_name: row.first_name,
    last_name: row.last_name,
    full_name: fullName(row.first_name, row.last_name),
    created_on: timestamp(row.created_at_ms),
    is_sent: false,
    accepted_on: row.accepted_at_ms === null ? null : timestamp(row.accepted_at_ms),
    roles,
    is_revoked: row.accepted_at_ms === null && isInviteClosed(row, now),
    invite_link: `${baseUrl}${invitePath}?code=${code}`,
  }
}

export const getOrganizationInvites = operation({
  id: 'getOrganizationInvites',
  method: 'GET',
  path: '/api/v1/organization/{org_code}/invites',
  scope: 'read:organization_invites',
  tag: 'Organizations',
  summary: 'List invites to an organization',
  description: 'Invites in the order of their making, or sorted, a page at a time: those that can still be accepted.',
  query: Type.Object({
    sort: Type.Optional(
      Nullable(
        Choice(['created_on_asc', 'created_on_desc', 'email_asc', 'email_desc', 'name_asc', 'name_desc'], {
          description: 'By the time of making, address or full name, the latter without regard to case.',
        }),
      ),
    ),
    ...tokenPageParameters,
    include_revoked: Type.Optional(
      Nullable(Type.Boolean({ default: false, description: 'Adds those that were revoked, or are too old.' })),
    ),
    include_accepted: Type.Optional(
      Nullable(Type.Boolean({ default: false, description: 'Adds those that were accepted.' })),
    ),
  }),
  responses: {
    200: named(
      'get_organization_invites_response',
      Success({
        invites: Type.Optional(Type.Array(named('organization_invite', Type.Object(inviteMembers)))),
        next_token: Type.Optional(Nullable(Type.String({ description: 'Gives the next page; null on the last one.' }))),
      }),
    ),
  },
  handler: async ({ params, query, db, now, environment }) => {
    const { code } = await requireOrganization(db, params.org_code)
    let rows = db.selectFrom('organization_invites').selectAll().where('organization_code', '=', code)
    if (!query.include_accepted) rows = rows.where('accepted_at_ms', 'is', null)
    if (!query.include_revoked) {
      rows = rows.where((where) =>
        where.or([
          where('accepted_at_ms', 'is not', null),
          where.and([where('revoked_at_ms', 'is', null), where('expires_at_ms', '>', now)]),
        ]),
      )
    }
    const page = await tokenPage(rows, query, {
      list: `invites ${code} ${Boolean(query.include_revoked)} ${Boolean(query.include_accepted)}`,
      tokens: environment.pageTokens,
      table: 'organization_invites',
      sorts: {
        created_on_asc: { column: 'seq', direction: 'asc' },
        created_on_desc: { column: 'seq', direction: 'desc' },
        email_asc: { column: 'email_sort', direction: 'asc' },
        email_desc: { column: 'email_sort', direction: 'desc' },
        name_asc: { column: 'name_sort', direction: 'asc' },
        name_desc: { column: 'name_sort', direction: 'desc' },
      },
    })
    const roles = await rolesOfInvites(
      db,
      page.rows.map(({ id }) => id),
    )
    const invites = page.rows.map((row) => shownInvite(row, roles.get(row.id), environment, now))
    return { ...ok, invites, next_token: page.nextToken ?? null }
  },
})

export const createOrganizationInvite = operation({
  id: 'createOrganizationInvite',
  method: 'POST',
  path: '/api/v1/organization/{org_code}/invites',
  scope: 'create:organization_invites',
  tag: 'Organizations',
  summary: 'Invite to an organization',
  description:
    'Makes an invite whose link lets one person join, with roles; it is good for 30 days. Members of an organization ' +
    'with a directory come from there, so nobody is invited to it. An organization has 100 new invites in 24 hours at ' +
    'most, and 1000 open ones. As applications may give every role, roles with an assignment permission are possible.',
  body: Type.Object({
    email: Type.String({ maxLength: 254, description: 'Address of whoever is invited.' }),
    first_name: Type.Optional(Nullable(Type.String({ maxLength: 64, description: 'Given name.' }))),
    last_name: Type.Optional(Nullable(Type.String({ maxLength: 64, description: 'Family name.' }))),
    roles: Type.Array(Type.String(), {
      description: 'Keys of the roles of the member to be; empty: those that everyone who joins gets.',
    }),
    send_email: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'Noted in the event. The server sends no e-mail itself, so is_sent stays false.',
      }),
    ),
  }),
  bodyRequired: true,
  example: {
    body: { email: 'oscar@zoo.example', first_name: 'Oscar', last_name: 'Owl', roles: ['keeper'], send_email: false },
  },
  responses: {
    201: named('create_organization_invite_response', Success({ invite: Type.Optional(Type.Object(inviteMembers)) })),
  },
  handler: async ({ params, body, db, now, environment, record }) => {
    const names = { firstName: body.first_name?.trim() || null, lastName: body.last_name?.trim() || null }
    const row = await createInvite(
      db,
      params.org_code,
      { ...names, email: body.email, roles: body.roles },
      { ...environment, now },
    )
    const roles = (await rolesOfInvites(db, [row.id])).get(row.id) ?? []
    record('organization.invite_created', {
      organization: { code: row.organization_code },
      invite: {
        id: row.id,
        email: row.email,
        roles: roles.map(({ key }) => key),
        send_email: body.send_email ?? false,
      },
    })
    const invite = shownInvite(row, roles, environment, now)
    return { code: 'INVITATION_CREATED', message: 'Invitation created', invite }
  },
})

export const getOrganizationInvite = operation({
  id: 'getOrganizationInvite',
  method: 'GET',
  path: '/api/v1/organization/{org_code}/invites/{invite_code}',
  scope: 'read:organization_invites',
  tag: 'Organizations',
  summary: 'Get an invite to an organization',
  description: 'One invite by its code, also one that was accepted or revoked. The `code` of the reply is its own.',
  notFoundAsObject: true,
  responses: {
    200: named(
      'get_organization_invite_response',
      Type.Object({
        message: Type.Optional(Type.String({ description: 'The outcome in words.' })),
        ...inviteMembers,
      }),
    ),
  },
  handler: async ({ params, db, now, environment }) => {
    const { code } = await requireOrganization(db, params.org_code)
    const row = await requireInvite(db, code, params.invite_code)
    const roles = await rolesOfInvites(db, [row.id])
    return { message: ok.message, ...shownInvite(row, roles.get(row.id), environment, now) }
  },
})

export const deleteOrganizationInvite = operation({
  id: 'deleteOrganizationInvite',
  method: 'DELETE',
  path: '/api/v1/organization/{org_code}/invites/{invite_code}',
  scope: 'delete:organization_invites',
  tag: 'Organizations',
  summary: 'Revoke an invite to an organization',
  description: 'Closes an invite: nobody can accept it any more. It is kept, and listed with include_revoked.',
  notFoundAsObject: true,
  responses: { 200: SuccessReply },
  handler: async ({ params, db, now, record }) => {
    const { code } = await requireOrganization(db, params.org_code)
    const invite = await requireInvite(db, code, params.invite_code)
    if (await revokeInvite(db, invite, now)) {
      record('organization.invite_revoked', { organization: { code }, invite: { id: invite.id } })
    }
    return ok
  },
})
