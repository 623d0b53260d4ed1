import { Type } from '@sinclair/typebox'
import { ApiError, invalid, shown } from '../errors.ts'
import { Choice, Nullable, named, ok, operation, type Recorder, Success, SuccessReply } from '../operation.ts'
import {
  createConnection as addConnection,
  type ConnectionChange,
  type ConnectionOptions,
  changeConnection,
  holdConnection,
  isBuiltIn,
  optionsOf,
  deleteConnection as removeConnection,
  requireConnection,
  setApplications,
  strategies,
} from '../store/connections.ts'
import { dialectOf } from '../store/dialect.ts'
import { isEnterprise } from '../store/identity-values.ts'
import { cursorPage, pageSizeParameter } from '../store/page.ts'
import type { ConnectionRow, Db } from '../store/tables.ts'
import { checkedOptions, homeRealm, optionsMember } from './connection-options.ts'

const text = (description: string) => Type.Optional(Type.String({ description }))
const shownMembers = {
  id: text('Id of the connection.'),
  name: text('Name of the connection, which is unique.'),
  display_name: text('Name that people see.'),
  strategy: text('The kind of provider, such as `oauth2:google`, or of a built-in way, such as `email:otp`.'),
}

/** A connection in a reply of its own; in lists its members stand beside it too. */
const Connection = named(
  'connection',
  Success({
    connection: Type.Optional(Type.Object(shownMembers)),
    id: text('In lists: id of the connection.'),
    name: text('In lists: name of the connection.'),
    display_name: text('In lists: name that people see.'),
    strategy: text('In lists: the kind of provider.'),
  }),
)

/** Reply of the lists of connections. */
export const ConnectionsReply = named(
  'get_connections_response',
  Success({
    connections: Type.Optional(Type.Array(Connection)),
    has_more: Type.Optional(Type.Boolean({ description: 'Whether another page follows in the direction asked.' })),
  }),
)

type Shown = Pick<ConnectionRow, 'id' | 'name' | 'display_name' | 'strategy'>

/** An entry of a list: flat, as Kinde answers, and once more under `connection`, as its document says. */
export function listedConnection({ id, name, display_name, strategy }: Shown) {
  const connection = { id, name, display_name, strategy }
  return { ...connection, connection }
}

export const getConnections = operation({
  id: 'GetConnections',
  method: 'GET',
  path: '/api/v1/connections',
  scope: 'read:connections',
  tag: 'Connections',
  summary: 'List connections',
  description:
    'The ways in which people can sign in, built-in ones first, a page at a time. Each stands in its entry twice, for ' +
    'clients that expect the one form or the other. Settings of providers are never shown.',
  query: Type.Object({
    page_size: pageSizeParameter,
    home_realm_domain: Type.Optional(
      Nullable(Type.String({ description: 'Only connections for addresses of this domain, with or without the `@`.' })),
    ),
    starting_after: Type.Optional(Nullable(Type.String({ description: 'Id of the last one of the page before.' }))),
    ending_before: Type.Optional(Nullable(Type.String({ description: 'Id of the first one of the page after.' }))),
  }),
  responses: { 200: ConnectionsReply },
  handler: async ({ query, db }) => {
    const { home_realm_domain: domain } = query
    const connections = db
      .selectFrom('connections')
      .$if(Boolean(domain), (some) =>
        some
          .innerJoin('connection_domains', 'connection_domains.connection_id', 'connections.id')
          .where('connection_domains.domain', '=', homeRealm(domain!) ?? ''),
      )
    const { rows, hasMore } = await cursorPage(
      connections.select([
        'connections.id',
        'connections.name',
        'connections.display_name',
        'connections.strategy',
        'connections.seq',
      ]),
      query,
      {
        table: 'connections',
        seqOf: async (id) =>
          (await connections.select('connections.seq').where('connections.id', '=', id).executeTakeFirst())?.seq,
      },
    )
    return { ...ok, connections: rows.map(listedConnection), has_more: hasMore }
  },
})

/** What can be set of a connection that is there. */
const settings = {
  name: Type.Optional(
    Type.String({ description: 'Name of the connection, unique, 1 to 100 characters.', maxLength: 100 }),
  ),
  display_name: Type.Optional(
    Type.String({ description: 'Name that people see, up to 100 characters.', maxLength: 100 }),
  ),
  enabled_applications: Type.Optional(
    Type.Array(Type.String(), {
      description: 'Client ids of the applications for which it is switched on, at most 100; off for all others.',
    }),
  ),
  options: optionsMember,
}

export const createConnection = operation({
  id: 'CreateConnection',
  method: 'POST',
  path: '/api/v1/connections',
  scope: 'create:connections',
  tag: 'Connections',
  summary: 'Create a connection',
  description:
    'Adds a way to sign in with a provider. Name and strategy are needed; without a display name people see the name. ' +
    'One that belongs to an organization is switched on for it, and goes with it.',
  body: Type.Object({
    name: settings.name,
    display_name: settings.display_name,
    strategy: Type.Optional(Choice(strategies, { description: 'The kind of provider, for good. Needed.' })),
    enabled_applications: settings.enabled_applications,
    organization_code: Type.Optional(
      Nullable(
        Type.String({ description: 'For the strategies of enterprises: the organization that it belongs to alone.' }),
      ),
    ),
    options: settings.options,
  }),
  bodyRequired: true,
  example: {
    body: {
      name: 'owls_at_work',
      display_name: 'Owls at work',
      strategy: 'saml:okta',
      organization_code: 'org_1767f11ce62',
      enabled_applications: ['3b0b5c6c8fcc464fab397f4969b5f482'],
      options: {
        saml_entity_id: 'https://login.zoo.example',
        saml_sign_in_url: 'https://login.zoo.example/saml',
        home_realm_domains: ['zoo.example'],
      },
    },
  },
  responses: {
    201: named(
      'create_connection_response',
      Success({ connection: Type.Optional(Type.Object({ id: text('Id of the connection.') })) }),
    ),
  },
  handler: async ({ body, db, now, environment, record }) => {
    const name = requireName(body.name)
    const { strategy, organization_code: organization, enabled_applications: applications = [] } = body
    if (strategy === undefined) throw invalid('strategy', 'The member strategy is missing.', 'STRATEGY_REQUIRED')
    const organizationCode = organization ? await keepOrganization(db, organization, strategy) : null
    const { values: options, domains } = checkedOptions(strategy, (body.options ?? {}) as ConnectionOptions)
    const displayName = body.display_name || name
    const connection = { name, displayName, strategy, organizationCode, options, domains }
    const id = await addConnection(db, connection, { ...environment, now })
    const change = await setApplications(db, id, applications, 'enabled_applications')
    record('connection.created', {
      connection: { id, name, display_name: displayName, strategy, organization_code: organizationCode },
      enabled_applications: change?.enabled ?? [],
    })
    return { ...ok, connection: { id } }
  },
})

export const getConnection = operation({
  id: 'GetConnection',
  method: 'GET',
  path: '/api/v1/connections/{connection_id}',
  scope: 'read:connections',
  tag: 'Connections',
  summary: 'Get a connection',
  description: "One connection by its id. Its provider's settings are never shown, for there are secrets among them.",
  responses: { 200: Connection },
  handler: async ({ params, db }) => {
    const { connection } = listedConnection(await requireConnection(db, params.connection_id))
    return { ...ok, connection }
  },
})

export const updateConnection = operation({
  id: 'UpdateConnection',
  method: 'PATCH',
  path: '/api/v1/connections/{connection_id}',
  scope: 'update:connections',
  tag: 'Connections',
  summary: 'Update a connection',
  description:
    'Changes what is sent and leaves the rest, each option by itself; an empty text takes an option away. A list ' +
    'replaces the one there is. Of a built-in connection, display name and applications can be set.',
  notFoundAsObject: true,
  body: Type.Object(settings),
  bodyRequired: true,
  example: {
    body: { display_name: 'Owls at work', options: { saml_sign_in_url: 'https://login.zoo.example/saml/3' } },
  },
  responses: { 200: SuccessReply },
  handler: async ({ params, body, db, environment, record }) => {
    const connection = await holdConnection(db, params.connection_id)
    const { name, display_name: displayName, options, enabled_applications: applications } = body
    if (name !== undefined && name !== connection.name) requireNotBuiltIn(connection, 'name')
    if (options !== undefined) requireNotBuiltIn(connection, 'options')
    const change = await changeConnection(
      db,
      connection,
      {
        name: name === undefined ? undefined : requireName(name),
        displayName: displayName || undefined,
        options:
          options && checkedOptions(connection.strategy, { ...optionsOf(connection, environment.cipher), ...options }),
      },
      environment.cipher,
    )
    const links = applications && (await setApplications(db, connection.id, applications, 'enabled_applications'))
    if (change !== undefined || links !== undefined) {
      recordUpdate(record, connection.id, change, links)
    }
    return ok
  },
})

export const replaceConnection = operation({
  id: 'ReplaceConnection',
  method: 'PUT',
  path: '/api/v1/connections/{connection_id}',
  scope: 'update:connections',
  tag: 'Connections',
  summary: 'Replace a connection',
  description:
    'Options and applications become what is sent: what is left out is gone. A connection cannot be without names, so ' +
    'one that is left out stays. Not for built-in connections.',
  notFoundAsObject: true,
  body: Type.Object(settings),
  bodyRequired: true,
  example: {
    body: {
      name: 'owls_at_work',
      display_name: 'Every owl at work',
      enabled_applications: ['3b0b5c6c8fcc464fab397f4969b5f482'],
      options: { saml_entity_id: 'https://login.zoo.example', saml_sign_in_url: 'https://login.zoo.example/saml/2' },
    },
  },
  responses: { 200: SuccessReply },
  handler: async ({ params, body, db, environment, record }) => {
    const connection = await holdConnection(db, params.connection_id)
    requireNotBuiltIn(connection)
    const { name, display_name: displayName, options = {}, enabled_applications: applications = [] } = body
    const change = await changeConnection(
      db,
      connection,
      {
        name: name === undefined ? undefined : requireName(name),
        displayName: displayName || undefined,
        options: checkedOptions(connection.strategy, options as ConnectionOptions),
      },
      environment.cipher,
    )
    const links = await setApplications(db, connection.id, applications, 'enabled_applications')
    if (change !== undefined || links !== undefined) {
      recordUpdate(record, connection.id, change, links)
    }
    return ok
  },
})

export const deleteConnection = operation({
  id: 'deleteConnection',
  method: 'DELETE',
  path: '/api/v1/connections/{connection_id}',
  scope: 'delete:connections',
  tag: 'Connections',
  summary: 'Delete a connection',
  description:
    'It is off everywhere at once. Identities that belong to it stay with their users, who cannot sign in with them any ' +
    'more; a directory stays without it. Not for built-in connections.',
  notFoundAsObject: true,
  responses: { 200: SuccessReply },
  handler: async ({ params, db, record }) => {
    const { connection } = listedConnection(requireNotBuiltIn(await holdConnection(db, params.connection_id)))
    const reach = await removeConnection(db, connection.id)
    record('connection.deleted', { connection, reach })
    return ok
  },
})

function requireName(name: string | undefined): string {
  if (name?.trim()) return name
  throw invalid('name', 'A connection needs a name that is more than white space.', 'NAME_REQUIRED')
}

/** @throws {ApiError} 400 BUILT_IN_CONNECTION */
function requireNotBuiltIn(connection: ConnectionRow, field?: string): ConnectionRow {
  if (!isBuiltIn(connection.strategy)) return connection
  throw new ApiError(
    400,
    'BUILT_IN_CONNECTION',
    `The connection ${connection.strategy} is built in: switch it on or off for applications, or change its display name.`,
    field === undefined ? {} : { field },
  )
}

/** @throws {ApiError} 400 ORG_CODE_NOT_SUPPORTED for a strategy that is no enterprise's, ORGANIZATION_NOT_FOUND */
async function keepOrganization(db: Db, code: string, strategy: string): Promise<string> {
  if (!isEnterprise(strategy)) {
    const message = `Only a connection of an enterprise can belong to an organization; the strategy is ${strategy}.`
    throw invalid('organization_code', message, 'ORG_CODE_NOT_SUPPORTED')
  }
  const row = await db
    .selectFrom('organizations')
    .select('code')
    .where('code', '=', code)
    .$if(dialectOf(db) === 'postgres', (query) => query.forKeyShare())
    .executeTakeFirst()
  if (row !== undefined) return row.code
  throw invalid('organization_code', `There is no organization with the code ${shown(code)}.`, 'ORGANIZATION_NOT_FOUND')
}

function recordUpdate(
  record: Recorder,
  id: string,
  change: ConnectionChange | undefined,
  links: { enabled: string[]; disabled: string[] } | undefined,
): void {
  const data = {
    connection: { id },
    ...(change && { options_changed: change.options_changed }),
    ...(links && { applications_enabled: links.enabled, applications_disabled: links.disabled }),
  }
  record('connection.updated', data, change)
}
