import { scopeKey } from './configuration.ts'
import type { Performing, Wanted } from './perform.ts'
import type { Change } from './plan.ts'

/** Makes or changes a role, then its permissions and scopes. */
export async function performRole(change: Change, { values, part }: Wanted, performing: Performing): Promise<void> {
  const { source, target } = performing
  const { kindred, ids, seed } = target
  const { action, name: key, members } = change
  const wanted = (source.roles ?? []).find((role) => role.key === key)
  const there = (seed.roles ?? []).find((role) => role.key === key)
  const settings = { name: key, ...shared(there), ...shared(wanted), key }
  if (action === 'create') {
    const { role } = await kindred.roles.create(settings)
    ids.set('role', key, role?.id ?? '')
  } else if (['name', 'description', 'is_default_role'].some((member) => member in values)) {
    await kindred.roles.update({ role_id: ids.get('role', key), ...settings })
  }
  const role = { role_id: ids.get('role', key) }

  const permissions = members.find(({ member }) => member === 'permissions')
  if (permissions !== undefined) {
    const from = (permissions.from ?? []) as string[]
    const to = (permissions.to ?? []) as string[]
    const operations = [
      ...to.filter((one) => !from.includes(one)).map((one) => ({ id: ids.get('permission', one) })),
      ...from
        .filter((one) => !to.includes(one))
        .map((one) => ({ id: ids.get('permission', one), operation: 'delete' })),
    ]
    if (operations.length > 0) await kindred.roles.permissions.update({ ...role, permissions: operations })
  }
  for (const [api] of part('apis')) {
    const { from = [], to = [] } = lists(members.find(({ member }) => member === `apis.${api}`))
    for (const scope of to.filter((one) => !from.includes(one))) {
      await kindred.roles.scopes.add({ ...role, scope_id: ids.get('scope', scopeKey(api, scope)) })
    }
    for (const scope of from.filter((one) => !to.includes(one))) {
      // A scope that was deleted is in no role any more.
      const id = ids.find('scope', scopeKey(api, scope))
      if (id !== undefined) await kindred.roles.scopes.remove({ ...role, scope_id: id })
    }
  }
}

/** Both lists of a member that holds one. */
export function lists(change: Change['members'][number] | undefined): {
  from: string[] | undefined
  to: string[] | undefined
} {
  return { from: change?.from as string[] | undefined, to: change?.to as string[] | undefined }
}

function shared(role: { name?: string; description?: string; is_default_role?: boolean } | undefined) {
  const { name, description, is_default_role } = role ?? {}
  return Object.fromEntries(
    Object.entries({ name, description, is_default_role }).filter(([, one]) => one !== undefined),
  )
}
