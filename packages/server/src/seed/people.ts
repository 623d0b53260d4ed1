import { applyApplications } from './applications.ts'
import type { Planting } from './apply.ts'
import type { Seed } from './seed.ts'

type SeedOrganization = NonNullable<Seed['organizations']>[number]
type SeedUser = NonNullable<Seed['users']>[number]

/** Organizations and users, then what joins them: members, connections, applications. */
export async function applyPeople(planting: Planting): Promise<void> {
  const { seed, calls, names, seeded } = planting
  const codes: string[] = []
  for (const [index, organization] of (seed.organizations ?? []).entries()) {
    const code = await applyOrganization(planting, organization, `organizations[${index}]`)
    codes.push(code)
    seeded.organizations[organization.handle ?? organization.name ?? 'default'] = code
  }
  for (const [index, user] of (seed.users ?? []).entries()) await applyUser(planting, user, `users[${index}]`)
  await applyApplications(planting)
  for (const [index, { connections = [], members = [] }] of (seed.organizations ?? []).entries()) {
    const at = `organizations[${index}]`
    const code = codes[index]!
    for (const [index, name] of connections.entries()) {
      const connectionId = await names.find('connection', name, `${at}.connections[${index}]`)
      const params = { organization_code: code, connection_id: connectionId }
      await calls.call('EnableOrgConnection', { params, at: `${at}.connections[${index}]` })
    }
    for (const [index, member] of members.entries()) {
      const place = `${at}.members[${index}]`
      const { user, ...grants } = typeof member === 'string' ? { user: member } : member
      const id = await names.find('user', user, typeof member === 'string' ? place : `${place}.user`)
      // A user of the default organization is a member already, and would stay as it is.
      await calls.call('UpdateOrganizationUsers', {
        params: { org_code: code },
        body: { users: [{ id, ...grants }] },
        at: place,
        names: { 'users.0': '', users: '' },
      })
    }
  }
}

async function applyOrganization({ calls, names }: Planting, organization: SeedOrganization, at: string) {
  const { code: wanted, is_default: isDefault, properties, connections: _, members: __, ...body } = organization
  let code: string
  if (isDefault) {
    code = await names.defaultOrganization()
    const { feature_flags: flags = {}, ...changes } = body
    await calls.call('updateOrganization', { params: { org_code: code }, body: changes, at })
    for (const [key, value] of Object.entries(flags)) {
      const params = { org_code: code, feature_flag_key: key }
      const query = { value: String(value) }
      await calls.call('UpdateOrganizationFeatureFlagOverride', { params, query, at: `${at}.feature_flags.${key}` })
    }
  } else {
    const reply = await calls.call('createOrganization', { body, at, wanted: { organization: wanted } })
    code = (reply.organization as { code: string }).code
  }
  if (properties !== undefined) {
    await calls.call('UpdateOrganizationProperties', { params: { org_code: code }, body: { properties }, at })
  }
  return code
}

async function applyUser({ calls, names, seeded }: Planting, user: SeedUser, at: string): Promise<void> {
  const identities: object[] = []
  const places: Record<string, string> = {}
  const add = (place: string, type: 'email' | 'username' | 'phone', value: string | undefined) => {
    if (value === undefined) return
    places[`identities.${identities.length}`] = place
    identities.push({ type, is_verified: user.is_verified, details: { [type]: value } })
  }
  add('email', 'email', user.email)
  for (const [index, email] of (user.emails ?? []).entries()) add(`emails[${index}]`, 'email', email)
  add('username', 'username', user.username)
  add('phone', 'phone', user.phone)
  const organizationCode =
    user.organization === undefined
      ? undefined
      : await names.find('organization', user.organization, `${at}.organization`)
  if (user.id !== undefined) await names.requireFreeUserId(user.id, at)
  const { given_name, family_name, picture, provided_id } = user
  const reply = await calls.call('createUser', {
    body: {
      profile: { given_name, family_name, picture },
      organization_code: organizationCode,
      provided_id,
      identities,
    },
    at,
    names: { ...places, 'profile.given_name': 'given_name', 'profile.family_name': 'family_name', profile: '' },
    wanted: { timed: user.id },
  })
  const id = reply.id as string
  seeded.users[user.email ?? user.username ?? user.provided_id ?? user.phone ?? id] = id
  const params = { user_id: id }
  if (user.is_suspended) await calls.call('updateUser', { query: { id }, body: { is_suspended: true }, at })
  if (user.password !== undefined) {
    await calls.call('SetUserPassword', { params, body: user.password, at: `${at}.password` })
  }
  if (user.properties !== undefined) {
    await calls.call('UpdateUserProperties', { params, body: { properties: user.properties }, at })
  }
  for (const [key, value] of Object.entries(user.feature_flags ?? {})) {
    await calls.call('UpdateUserFeatureFlagOverride', {
      params: { ...params, feature_flag_key: key },
      query: { value: String(value) },
      at: `${at}.feature_flags.${key}`,
    })
  }
}
