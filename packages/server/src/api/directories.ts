import { Type } from '@sinclair/typebox'
import { invalid, shown } from '../errors.ts'
import { Choice, Nullable, named, ok, operation, Success } from '../operation.ts'
import {
  createDirectory as addDirectory,
  directoryProviders,
  directorySecret,
  directoryStatuses,
  requireDirectory,
} from '../store/directories.ts'
import { cursorPage } from '../store/page.ts'
import type { Db, DirectoryRow } from '../store/tables.ts'
import { timestamp } from '../time.ts'

const defaultPageSize = 50

const text = (description: string) => Type.Optional(Type.String({ description }))
const nullableText = (description: string) => Type.Optional(Nullable(Type.String({ description })))
const moment = (description: string) => Type.String({ format: 'date-time', description: `${description}, RFC 3339.` })

const Directory = named(
  'directory',
  Type.Object({
    id: text('Id of the directory.'),
    directory_name: text('Name of the directory.'),
    directory_endpoint_id: text('Names the directory in the address to which its provider sends.'),
    secret_token: text('What the provider authenticates with. Whole when the directory is made, its end alone later.'),
    status: Type.Optional(
      Choice(directoryStatuses, { description: 'How far the provider has got; Pending until it first calls.' }),
    ),
    organization_code: text('The organization whose people are in it.'),
    enterprise_connection_id: nullableText('By which connection its users sign in; null once that is deleted.'),
    enterprise_connection_name: nullableText('The name of that connection which people see.'),
    last_sync_started_at: Type.Optional(Nullable(moment('When the provider last began to send'))),
    last_sync_completed_at: Type.Optional(Nullable(moment('When the provider last came to an end'))),
    last_sync_error: nullableText('What went wrong the last time.'),
    created_on: Type.Optional(moment('When it was made')),
  }),
)
const directory = Type.Optional(Directory)

/** @param secretToken whole, or {@link masked} */
async function shownDirectory(db: Db, row: DirectoryRow, secretToken: string) {
  const connection =
    row.connection_id === null
      ? undefined
      : await db.selectFrom('connections').select('display_name').where('id', '=', row.connection_id).executeTakeFirst()
  return item({ ...row, display_name: connection?.display_name ?? null }, secretToken)
}

function item(row: DirectoryRow & { display_name: string | null }, secretToken: string) {
  const at = (ms: number | null) => (ms === null ? null : timestamp(ms))
  return {
    id: row.id,
    directory_name: row.name,
    directory_endpoint_id: row.endpoint_id,
    secret_token: secretToken,
    // Only these are ever stored.
    status: row.status as (typeof directoryStatuses)[number],
    organization_code: row.organization_code,
    enterprise_connection_id: row.connection_id,
    enterprise_connection_name: row.display_name,
    last_sync_started_at: at(row.last_sync_started_at_ms),
    last_sync_completed_at: at(row.last_sync_completed_at_ms),
    last_sync_error: row.last_sync_error,
    created_on: timestamp(row.created_at_ms),
  }
}

/** `kstkn_****…a0b3`: enough to tell one secret from another. */
function masked(secret: string): string {
  const prefix = secret.slice(0, secret.indexOf('_') + 1)
  return `${prefix}${'*'.repeat(secret.length - prefix.length - 4)}${secret.slice(-4)}`
}

export const getDirectories = operation({
  id: 'getDirectories',
  method: 'GET',
  path: '/api/v1/directories',
  scope: 'read:scim_directories',
  tag: 'Directories',
  summary: 'List directories',
  description: "Organizations' directories in the order in which they were made, a page at a time.",
  organizationIn: { query: 'organization_code' },
  query: Type.Object({
    page_size: Type.Optional(
      Nullable(Type.Integer({ description: `How many results a page holds; ${defaultPageSize} when left out.` })),
    ),
    starting_after: Type.Optional(
      Nullable(Type.String({ description: 'Id of the last directory of the page before.' })),
    ),
    organization_code: Type.Optional(
      Nullable(Type.String({ description: 'Only the directory of this organization.' })),
    ),
  }),
  responses: {
    200: named(
      'get_directories_response',
      Success({
        has_more: Type.Optional(Type.Boolean({ description: 'Whether another page follows.' })),
        directories: Type.Optional(Type.Array(Directory)),
      }),
    ),
  },
  handler: async ({ query, db, environment }) => {
    const { organization_code: code } = query
    let directories = db.selectFrom('directories')
    if (code) {
      await requireOrganization(db, code)
      directories = directories.where('directories.organization_code', '=', code)
    }
    const { rows, hasMore } = await cursorPage(
      directories
        .leftJoin('connections', 'connections.id', 'directories.connection_id')
        .selectAll('directories')
        .select('connections.display_name'),
      { ...query, page_size: query.page_size ?? defaultPageSize },
      {
        table: 'directories',
        seqOf: async (id) =>
          (await directories.select('directories.seq').where('directories.id', '=', id).executeTakeFirst())?.seq,
      },
    )
    return {
      ...ok,
      has_more: hasMore,
      directories: rows.map((row) => item(row, masked(directorySecret(row, environment.cipher)))),
    }
  },
})

async function requireOrganization(db: Db, code: string): Promise<void> {
  const row = await db.selectFrom('organizations').select('code').where('code', '=', code).executeTakeFirst()
  if (row !== undefined) return
  const message = `There is no organization with the code ${shown(code)}.`
  throw invalid('organization_code', message, 'ORGANIZATION_NOT_FOUND')
}

export const createDirectory = operation({
  id: 'createDirectory',
  method: 'POST',
  path: '/api/v1/directories',
  scope: 'create:scim_directories',
  tag: 'Directories',
  summary: 'Create a directory',
  description:
    'Makes the directory that an organization can have, into which its identity provider puts people by SCIM. It needs ' +
    'an enterprise connection that is switched on for the organization. Only this reply shows the whole secret.',
  organizationIn: { body: 'org_code' },
  // Each of the first three is needed; what is missing is told with the codes of Kinde, which follow no rule.
  body: Type.Object({
    org_code: Type.Optional(Type.String({ description: 'Code of the organization. Needed.' })),
    directory_name: Type.Optional(
      Type.String({ description: 'Name of the directory, 1 to 128 characters. Needed.', maxLength: 128 }),
    ),
    provider_code: Type.Optional(
      Choice(directoryProviders, { description: 'The identity provider that will send. Needed.' }),
    ),
    enterprise_connection_id: Type.Optional(
      Type.String({
        description:
          'The connection by which its users will sign in. Needed where several are switched on for the organization.',
      }),
    ),
  }),
  bodyRequired: true,
  example: {
    body: {
      org_code: 'org_1767f11ce62',
      directory_name: 'Owls',
      provider_code: 'okta',
      enterprise_connection_id: 'conn_019bc1b3d4a0f3a1c85e7d2b904f6c18',
    },
  },
  responses: { 201: named('create_directory_response', Success({ directory })) },
  handler: async ({ body, db, now, environment, record }) => {
    const { org_code: organizationCode, provider_code: providerCode } = body
    if (!organizationCode) throw missing('org_code', 'ORGANIZATION_REQUIRED')
    const name = requireName(body.directory_name)
    if (!providerCode) throw missing('provider_code', 'PROVIDER_CODE_REQUIRED')
    const connectionId = body.enterprise_connection_id || undefined
    const { row, secret } = await addDirectory(
      db,
      { organizationCode, name, providerCode, connectionId },
      { ...environment, now },
    )
    record('directory.created', {
      directory: {
        id: row.id,
        directory_name: name,
        provider_code: providerCode,
        organization_code: organizationCode,
        enterprise_connection_id: row.connection_id,
      },
    })
    return {
      code: 'DIRECTORY_CREATED',
      message: 'SCIM directory created successfully',
      directory: await shownDirectory(db, row, secret),
    }
  },
})

export const getDirectory = operation({
  id: 'getDirectory',
  method: 'GET',
  path: '/api/v1/directories/{directory_id}',
  scope: 'read:scim_directories',
  tag: 'Directories',
  summary: 'Get a directory',
  description: 'One directory by its id: its state, and what its last run brought. Of its secret the end is shown.',
  responses: { 200: named('get_directory_response', Success({ directory })) },
  handler: async ({ params, db, environment }) => {
    const row = await requireDirectory(db, params.directory_id)
    return { ...ok, directory: await shownDirectory(db, row, masked(directorySecret(row, environment.cipher))) }
  },
})

export const updateDirectory = operation({
  id: 'updateDirectory',
  method: 'PATCH',
  path: '/api/v1/directories/{directory_id}',
  scope: 'update:scim_directories',
  tag: 'Directories',
  summary: 'Update a directory',
  description: 'Renames a directory. What its provider needs, address and secret, stays as it is.',
  body: Type.Object({
    directory_name: Type.Optional(
      Type.String({ description: 'Name of the directory, 1 to 128 characters.', maxLength: 128 }),
    ),
  }),
  bodyRequired: true,
  example: { body: { directory_name: 'Every owl' } },
  responses: { 200: named('update_directory_response', Success({ directory })) },
  handler: async ({ params, body, db, environment, record }) => {
    const before = await requireDirectory(db, params.directory_id)
    if (body.directory_name === undefined) {
      throw invalid('directory_name', 'Send what is to change: directory_name.', 'NO_FIELDS_TO_UPDATE')
    }
    const name = requireName(body.directory_name)
    const changed = await db
      .updateTable('directories')
      .set({ name })
      .where('id', '=', before.id)
      .where('name', '!=', name)
      .returningAll()
      .executeTakeFirst()
    if (changed !== undefined) {
      const change = { before: { directory_name: before.name }, after: { directory_name: name } }
      record('directory.updated', { directory: { id: before.id } }, change)
    }
    return {
      code: 'DIRECTORY_UPDATED',
      message: 'SCIM directory updated successfully',
      directory: await shownDirectory(db, changed ?? before, masked(directorySecret(before, environment.cipher))),
    }
  },
})

export const deleteDirectory = operation({
  id: 'deleteDirectory',
  method: 'DELETE',
  path: '/api/v1/directories/{directory_id}',
  scope: 'delete:scim_directories',
  tag: 'Directories',
  summary: 'Delete a directory',
  description: 'Its provider can send nothing any more: address and secret are gone for good. Users stay.',
  responses: {
    200: named('delete_directory_response', Success({ directory_id: text('Id of the directory that is gone.') })),
  },
  handler: async ({ params, db, record }) => {
    const { id, name, organization_code: code } = await requireDirectory(db, params.directory_id)
    await db.deleteFrom('directories').where('id', '=', id).execute()
    record('directory.deleted', { directory: { id, directory_name: name, organization_code: code } })
    return { code: 'DIRECTORY_DELETED', message: 'SCIM directory deleted successfully', directory_id: id }
  },
})

function requireName(name: string | undefined): string {
  if (name?.trim()) return name
  throw missing('directory_name', 'DIRECTORY_NAME_REQUIRED')
}

function missing(field: string, code: string) {
  return invalid(field, `The member ${field} is missing or empty.`, code)
}
