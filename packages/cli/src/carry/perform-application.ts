import { numbered, type SeedApplication, scopeKey } from './configuration.ts'
import type { Performing, Wanted } from './perform.ts'
import { lists } from './perform-role.ts'
import type { Change } from './plan.ts'

/** Members that other operations than `updateApplication` set. */
const elsewhere = new Set(['type', 'access_token_lifetime', 'connections', 'access_roles', 'is_access_control_enabled'])

/** Makes or changes an application: its settings, whom it lets in, and what it is authorized for. */
export async function performApplication(change: Change, wanted: Wanted, performing: Performing): Promise<void> {
  const { kindred, ids } = performing.target
  const { action, name: key, members } = change
  const { values } = wanted
  let connections = lists(members.find(({ member }) => member === 'connections'))
  if (action === 'create') {
    const entry = numbered(performing.source.applications ?? [], ({ name }) => name).get(key)!
    await create(key, entry, performing)
    if (connections.to !== undefined) {
      // A new application has connections of its own accord.
      const made = await kindred.applications.connections.list({ application_id: ids.get('application', key) }).all()
      connections = { ...connections, from: made.map((listed) => (listed.connection ?? listed).name ?? '') }
    }
  }
  const application = { application_id: ids.get('application', key) }

  const settings = Object.fromEntries(Object.entries(values).filter(([member]) => !elsewhere.has(member)))
  if (Object.keys(settings).length > 0) await kindred.applications.update({ ...application, ...settings })
  if (values.access_token_lifetime !== undefined) {
    const lifetime = Number(values.access_token_lifetime)
    await kindred.applications.updateTokens({ ...application, access_token_lifetime: lifetime })
  }
  const roles = lists(members.find(({ member }) => member === 'access_roles'))
  const isControlled = values.is_access_control_enabled as boolean | undefined
  if (isControlled === false && action === 'change') await control(false)
  for (const role of missing(roles.to, roles.from)) {
    await kindred.applications.accessRoles.add({ ...application, role_id: ids.get('role', role) })
  }
  if (isControlled) await control(true)
  for (const role of missing(roles.from, roles.to)) {
    await kindred.applications.accessRoles.remove({ ...application, role_id: ids.get('role', role) })
  }
  for (const name of missing(connections.to, connections.from)) {
    await kindred.applications.connections.enable({ ...application, connection_id: ids.get('connection', name) })
  }
  for (const name of missing(connections.from, connections.to)) {
    await kindred.applications.connections.remove({ ...application, connection_id: ids.get('connection', name) })
  }
  for (const [property, value] of wanted.part('properties')) {
    await kindred.applications.properties.set({ ...application, property_key: property, value: String(value) })
  }
  await authorize(change, wanted, performing)

  async function control(isEnabled: boolean): Promise<void> {
    await kindred.applications.update({ ...application, is_access_control_enabled: isEnabled })
  }
}

async function create(key: string, entry: SeedApplication, { target }: Performing): Promise<void> {
  const { kindred, ids } = target
  const { name, type, organization } = entry
  // One that may do less than all organizations must not be made as one that may do more.
  const code = organization === undefined ? undefined : await organizationCode(organization, target)
  const { application } = await kindred.applications.create({
    name,
    type,
    ...(code === undefined ? {} : { org_code: code }),
  })
  ids.set('application', key, application?.id ?? application?.client_id ?? '')
}

async function organizationCode(reference: string, { kindred }: Performing['target']): Promise<string> {
  for await (const { code = '', name, handle, external_id } of kindred.organizations.list()) {
    if ([code, name, handle, external_id].includes(reference)) return code
  }
  throw new MissingOrganization(reference)
}

/** An application is held to an organization that the target does not have. */
class MissingOrganization extends Error {
  override readonly name = 'KindredError'
  readonly code = 'MISSING_REFERENCE'

  constructor(reference: string) {
    super(
      `There is no organization ${JSON.stringify(reference)} at the target, to which the application is held. ` +
        'Organizations are not carried: make it there, or name another one in the file.',
    )
  }
}

/** Authorizes for APIs and switches scopes, on and off. */
async function authorize({ members, name }: Change, { part }: Wanted, { target }: Performing): Promise<void> {
  const { kindred, ids } = target
  const application = { application_id: ids.get('application', name) }
  for (const [api] of part('apis')) {
    const { from, to } = lists(members.find(({ member }) => member === `apis.${api}`))
    if (to === undefined) {
      const id = ids.find('api', api)
      const applications = [{ id: application.application_id, operation: 'delete' }]
      if (id !== undefined) await kindred.apis.applications.update({ api_id: id, applications })
      continue
    }
    const apiId = ids.get('api', api)
    if (from === undefined) {
      await kindred.apis.applications.update({ api_id: apiId, applications: [{ id: application.application_id }] })
    }
    for (const scope of missing(to, from)) {
      const scopeId = ids.get('scope', scopeKey(api, scope))
      await kindred.apis.applications.scopes.add({ api_id: apiId, ...application, scope_id: scopeId })
    }
    for (const scope of missing(from, to)) {
      const scopeId = ids.find('scope', scopeKey(api, scope))
      // A scope that was deleted is nobody's any more.
      if (scopeId === undefined) continue
      await kindred.apis.applications.scopes.remove({ api_id: apiId, ...application, scope_id: scopeId })
    }
  }
}

/** What `list` has and `other` lacks. */
function missing(list: readonly string[] = [], other: readonly string[] = []): string[] {
  return list.filter((one) => !other.includes(one))
}
