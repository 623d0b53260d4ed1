import { Button, MultiSelect, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { call } from '../../api.ts'
import { tell, tellRefusal, useRefresh } from '../../components/changes.ts'
import { DeleteDialog, FormDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { Icon } from '../../components/icon.tsx'
import { Section } from '../../components/page.tsx'
import { Bones, Empty } from '../../components/states.tsx'
import { permissionsQuery, rolesQuery } from '../../data/roles.ts'
import { useSession } from '../../session/session.tsx'
import { keysOf, MemberScopes } from './member-scopes.tsx'
import { memberScopesQuery, nameOf, organizationNamesQuery, type User } from './user.ts'

/** The organizations of a person, with roles and permissions in each. */
export default function Memberships({ user }: { user: User }) {
  const { mayWrite } = useSession()
  const dialog = useDialog('add')
  const names = useQuery(organizationNamesQuery)
  const codes = user.organizations ?? []
  const add = mayWrite && (
    <Button leftSection={<Icon name="add" size={16} />} onClick={dialog.open}>
      Add to an organization
    </Button>
  )
  return (
    <Section
      title="Organizations"
      lede="Roles and permissions hold within one organization."
      actions={codes.length > 0 && add}
    >
      {codes.length === 0 ? (
        <Empty icon="organizations" title="In no organization" actions={add}>
          As a member of an organization a person can have roles and permissions.
        </Empty>
      ) : names.isLoading ? (
        <Bones lines={8} />
      ) : (
        <div className="stack">
          {codes.map((code) => (
            <Membership
              key={code}
              user={user}
              code={code}
              name={names.data?.find((each) => each.code === code)?.name ?? code}
            />
          ))}
        </div>
      )}
      {dialog.isOpen && <Joining user={user} close={dialog.close} />}
    </Section>
  )
}

interface Named {
  id: string
  key: string
  name: string
}

function Membership({ user, code, name }: { user: User; code: string; name: string }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const [isLeaving, setLeaving] = useState(false)
  const [isScoping, setScoping] = useState(false)
  const at = `/api/v1/organizations/${code}/users/${user.id}` as const
  const roles = useQuery(rolesQuery)
  const permissions = useQuery(permissionsQuery)
  const scopes = useQuery(memberScopesQuery(code, user.id))
  const held = useQuery({
    queryKey: ['membership', user.id, code],
    queryFn: async () => {
      const [held, direct] = await Promise.all([
        call<{ roles?: Named[] }>(`GET ${at}/roles`),
        call<{ permissions?: (Named & { roles?: { key: string }[] })[] }>(`GET ${at}/permissions`, {
          query: { expand: 'roles' },
        }),
      ])
      return { roles: held.roles ?? [], permissions: direct.permissions ?? [] }
    },
  })
  const change = async (kind: 'roles' | 'permissions', before: string[], after: string[]) => {
    const member = kind === 'roles' ? 'role_id' : 'permission_id'
    try {
      for (const id of after) if (!before.includes(id)) await call(`POST ${at}/${kind}`, { body: { [member]: id } })
      for (const id of before) if (!after.includes(id)) await call(`DELETE ${at}/${kind}/${id}`)
      tell('Saved.')
    } catch (error) {
      tellRefusal(error)
    }
    await refresh('membership', 'members')
  }
  const options = (list: Named[] | undefined) => (list ?? []).map(({ id, name }) => ({ value: id, label: name }))
  // What comes by a role is taken away with the role, not here.
  const direct = held.data?.permissions.filter(({ roles }) => (roles ?? []).length === 0) ?? []
  const byRole = held.data?.permissions.filter(({ roles }) => (roles ?? []).length > 0) ?? []
  return (
    <div className="card stack">
      <div className="row between" style={{ flexWrap: 'nowrap' }}>
        <Link href={`/organizations/${code}`} className="primary">
          {name}
        </Link>
        {mayWrite && (
          <Button
            size="xs"
            variant="subtle"
            color="red"
            onClick={() => setLeaving(true)}
            aria-label={`Remove from ${name}`}
          >
            Remove
          </Button>
        )}
      </div>
      {held.data === undefined || scopes.isLoading ? (
        <Bones lines={2} />
      ) : (
        <div className="halves">
          <MultiSelect
            label="Roles"
            placeholder={held.data.roles.length === 0 ? 'None' : ''}
            data={options(roles.data)}
            value={held.data.roles.map(({ id }) => id)}
            onChange={(ids) =>
              void change(
                'roles',
                held.data.roles.map(({ id }) => id),
                ids,
              )
            }
            disabled={!mayWrite}
            searchable
          />
          <MultiSelect
            label="Permissions of their own"
            description={
              byRole.length > 0 ? `By roles: ${byRole.map((permission) => permission.name).join(', ')}` : undefined
            }
            placeholder={direct.length === 0 ? 'None' : ''}
            data={options(permissions.data)}
            value={direct.map(({ id }) => id)}
            onChange={(ids) =>
              void change(
                'permissions',
                direct.map(({ id }) => id),
                ids,
              )
            }
            disabled={!mayWrite}
            searchable
          />
        </div>
      )}
      {held.data && scopes.data && (
        <div className="row between">
          <span className="small">
            <span className="field-label">API scopes</span>
            <span className="soft" style={{ display: 'block' }}>
              {[
                scopes.data.direct.length > 0 && `Of their own: ${keysOf(scopes.data.direct)}`,
                scopes.data.by_role.length > 0 && `By roles: ${keysOf(scopes.data.by_role)}`,
              ]
                .filter(Boolean)
                .join('. ') || 'None'}
            </span>
          </span>
          {mayWrite && (
            <Button
              size="xs"
              variant="default"
              onClick={() => setScoping(true)}
              aria-label={`Choose API scopes in ${name}`}
            >
              Choose
            </Button>
          )}
        </div>
      )}
      {isScoping && (
        <MemberScopes
          code={code}
          userId={user.id}
          title={`API scopes of ${nameOf(user)} in ${name}`}
          close={() => setScoping(false)}
        />
      )}
      {isLeaving && (
        <DeleteDialog
          verb="Remove"
          what="from the organization"
          name={`${nameOf(user)} from ${name}`}
          isReversible
          close={() => setLeaving(false)}
          remove={async () => {
            await call(`DELETE ${at}`)
            setLeaving(false)
            await refresh('user', 'users', 'members')
            tell(`${nameOf(user)} is no longer in ${name}.`)
          }}
        >
          <p className="soft">Roles and permissions in this organization go too.</p>
        </DeleteDialog>
      )}
    </div>
  )
}

function Joining({ user, close }: { user: User; close: () => void }) {
  const refresh = useRefresh()
  const names = useQuery(organizationNamesQuery)
  const roles = useQuery(rolesQuery)
  const form = useForm({ code: '', roles: [] as string[] }, async (values) => {
    await call(`POST /api/v1/organizations/${values.code}/users`, {
      body: { users: [{ id: user.id, roles: values.roles }] },
    })
    await refresh('user', 'users', 'members')
    close()
  })
  return (
    <FormDialog
      title="Add to an organization"
      form={form}
      close={close}
      submitLabel="Add"
      canSubmit={form.values.code !== ''}
    >
      <Select
        label="Organization"
        data={(names.data ?? [])
          .filter(({ code }) => !user.organizations?.includes(code))
          .map(({ code, name }) => ({ value: code, label: name }))}
        value={form.values.code || null}
        onChange={(code) => form.set('code', code ?? '')}
        searchable
        data-autofocus
      />
      <MultiSelect
        label="Roles"
        data={(roles.data ?? []).map(({ key, name }) => ({ value: key, label: name }))}
        value={form.values.roles}
        onChange={(keys) => form.set('roles', keys)}
        searchable
      />
    </FormDialog>
  )
}
