import type { Planting } from './apply.ts'

/** Permissions, APIs, roles: what can be allowed. */
export async function applyAccess({ seed, calls, names, seeded }: Planting): Promise<void> {
  for (const [index, entry] of (seed.permissions ?? []).entries()) {
    const { id, ...permission } = typeof entry === 'string' ? { key: entry, id: undefined } : entry
    const body = { name: permission.key, ...permission }
    const wanted = { timedUuid: id }
    const reply = await calls.call('CreatePermission', { body, at: `permissions[${index}]`, wanted })
    seeded.permissions[permission.key] = (reply.permission as { id: string }).id
  }
  for (const [index, { id, scopes = [], ...body }] of (seed.apis ?? []).entries()) {
    const at = `apis[${index}]`
    const reply = await calls.call('addAPIs', { body, at, wanted: { api: id } })
    const apiId = (reply.api as { id: string }).id
    seeded.apis[body.name] = apiId
    for (const [index, scope] of scopes.entries()) {
      const body = typeof scope === 'string' ? { key: scope } : scope
      await calls.call('addAPIScope', { params: { api_id: apiId }, body, at: `${at}.scopes[${index}]` })
    }
  }
  for (const [index, { id, permissions = [], apis = {}, ...role }] of (seed.roles ?? []).entries()) {
    const at = `roles[${index}]`
    const reply = await calls.call('CreateRole', { body: { name: role.key, ...role }, at, wanted: { timedUuid: id } })
    const roleId = (reply.role as { id: string }).id
    seeded.roles[role.key] = roleId
    const params = { role_id: roleId }
    if (permissions.length > 0) {
      const held: { id: string }[] = []
      for (const [index, key] of permissions.entries()) {
        held.push({ id: await names.find('permission', key, `${at}.permissions[${index}]`) })
      }
      await calls.call('UpdateRolePermissions', { params, body: { permissions: held }, at })
    }
    for (const [api, scopes] of Object.entries(apis)) {
      const place = `${at}.apis[${JSON.stringify(api)}]`
      const apiId = await names.find('api', api, place)
      for (const [index, key] of scopes.entries()) {
        const scopeId = await names.scope(apiId, key, `${place}[${index}]`)
        await calls.call('AddRoleScope', { params, body: { scope_id: scopeId }, at: `${place}[${index}]` })
      }
    }
  }
}
