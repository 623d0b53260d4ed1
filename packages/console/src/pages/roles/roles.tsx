import { Checkbox, Switch, Textarea, TextInput } from '@mantine/core'
import { useQueries, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { call } from '../../api.ts'
import { tell, useQuickChange, useRefresh } from '../../components/changes.ts'
import { DeleteDialog, FormDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { Icon } from '../../components/icon.tsx'
import { Page } from '../../components/page.tsx'
import { AddButton, RowActions } from '../../components/row-actions.tsx'
import { Empty, Loaded, Tag } from '../../components/states.tsx'
import { Table } from '../../components/table.tsx'
import { everything } from '../../data/everything.ts'
import { type Permission, permissionsQuery, type Role, rolesQuery } from '../../data/roles.ts'
import { useSession } from '../../session/session.tsx'

/** Roles, permissions, and which role gives which permission. */
export default function Roles() {
  const [location] = useLocation()
  const { mayWrite } = useSession()
  const dialog = useDialog('new')
  const isPermissions = location.endsWith('/permissions')
  const isRoles = location.endsWith('/list')
  return (
    <Page
      title="Roles and permissions"
      lede="A permission names one thing that people may do; a role gives several of them. People have roles within an organization."
      tabs={[
        { to: '/roles', label: 'Matrix' },
        { to: '/roles/list', label: 'Roles' },
        { to: '/roles/permissions', label: 'Permissions' },
      ]}
      actions={mayWrite && <AddButton label={isPermissions ? 'Add permission' : 'Add role'} onClick={dialog.open} />}
    >
      {isPermissions ? <Permissions /> : isRoles ? <RoleList /> : <Matrix />}
      {dialog.isOpen &&
        (isPermissions ? <Edit kind="permission" close={dialog.close} /> : <Edit kind="role" close={dialog.close} />)}
    </Page>
  )
}

const rolePermissionsQuery = (roleId: string) => ({
  queryKey: ['role-permissions', roleId],
  queryFn: async () =>
    (await everything<Permission>(`/api/v1/roles/${roleId}/permissions`, 'permissions')).map(({ id }) => id),
})

function Matrix() {
  const [typed, setTyped] = useState('')
  const roles = useQuery(rolesQuery)
  const permissions = useQuery(permissionsQuery)
  return (
    <Loaded query={roles} lines={8}>
      {(roleRows) => (
        <Loaded query={permissions} lines={8}>
          {(permissionRows) => {
            if (roleRows.length === 0 || permissionRows.length === 0) {
              return (
                <Empty icon="roles" title={roleRows.length === 0 ? 'No roles yet' : 'No permissions yet'}>
                  With a role such as “Editor” and permissions such as <code>write:reports</code>, this table shows who
                  may do what. Add both with the button above and on the Permissions tab.
                </Empty>
              )
            }
            const shown = permissionRows.filter(({ key, name }) =>
              `${key} ${name}`.toLowerCase().includes(typed.trim().toLowerCase()),
            )
            return (
              <div className="stack">
                {permissionRows.length > 8 && (
                  <TextInput
                    type="search"
                    aria-label="Search the permissions"
                    placeholder="Search the permissions"
                    leftSection={<Icon name="search" size={16} />}
                    value={typed}
                    onChange={(event) => setTyped(event.currentTarget.value)}
                    maw={420}
                  />
                )}
                <Grid roles={roleRows} permissions={shown} />
              </div>
            )
          }}
        </Loaded>
      )}
    </Loaded>
  )
}

function Grid({ roles, permissions }: { roles: Role[]; permissions: Permission[] }) {
  const held = useQueries({ queries: roles.map(({ id }) => rolePermissionsQuery(id)) })
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table wider than the window scrolls, also by keyboard
    <section className="matrix" tabIndex={0} aria-label="Which role gives which permission">
      <table>
        <thead>
          <tr>
            <th scope="col">Permission</th>
            {roles.map(({ id, name }) => (
              <th key={id} scope="col">
                <Link href={`/roles/${id}/permissions`}>{name}</Link>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {permissions.map((permission) => (
            <tr key={permission.id}>
              <th scope="row">
                {permission.name}
                <span className="soft small" style={{ display: 'block' }}>
                  <code>{permission.key}</code>
                </span>
              </th>
              {roles.map((role, index) => (
                <td key={role.id}>
                  <Cell role={role} permission={permission} held={held[index]?.data} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Cell({ role, permission, held }: { role: Role; permission: Permission; held: string[] | undefined }) {
  const { mayWrite } = useSession()
  const change = useQuickChange<string[], boolean>(
    ['role-permissions', role.id],
    (isOn) =>
      call(`PATCH /api/v1/roles/${role.id}/permissions`, {
        body: { permissions: [{ id: permission.id, ...(isOn ? {} : { operation: 'delete' }) }] },
      }),
    (ids, isOn) => (isOn ? [...ids, permission.id] : ids.filter((id) => id !== permission.id)),
  )
  return (
    <Checkbox
      checked={held?.includes(permission.id) ?? false}
      disabled={!mayWrite || held === undefined}
      onChange={(event) => change.mutate(event.currentTarget.checked)}
      aria-label={`${role.name}: ${permission.name}`}
    />
  )
}

type Definition = (Role | Permission) & { is_default_role?: boolean }

function RoleList() {
  const roles = useQuery(rolesQuery)
  return (
    <Loaded query={roles}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty icon="roles" title="No roles yet">
            A role is what you call a kind of person, such as “Editor”: it gives permissions to everyone who has it.
          </Empty>
        ) : (
          <Definitions kind="role" rows={rows} />
        )
      }
    </Loaded>
  )
}

function Permissions() {
  const permissions = useQuery(permissionsQuery)
  return (
    <Loaded query={permissions}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty icon="roles" title="No permissions yet">
            A permission such as <code>write:reports</code> is what your code asks for; tokens of people carry it.
          </Empty>
        ) : (
          <Definitions kind="permission" rows={rows} />
        )
      }
    </Loaded>
  )
}

function Definitions({ kind, rows }: { kind: 'role' | 'permission'; rows: Definition[] }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const [editing, setEditing] = useState<Definition>()
  const [removing, setRemoving] = useState<Definition>()
  return (
    <>
      <Table
        label={kind === 'role' ? 'Roles' : 'Permissions'}
        rows={rows}
        rowKey={({ id }) => id}
        columns={[
          {
            title: 'Name',
            cell: ({ id, name, is_default_role }) => (
              <span className="row">
                {kind === 'role' ? (
                  <Link href={`/roles/${id}`} className="primary">
                    {name}
                  </Link>
                ) : (
                  <span className="primary">{name}</span>
                )}
                {is_default_role && <Tag tone="accent">For new members</Tag>}
              </span>
            ),
          },
          { title: 'Key', cell: ({ key }) => <code>{key}</code> },
          { title: 'Description', wide: true, cell: ({ description }) => description || '–' },
          {
            title: '(Actions)',
            tight: true,
            right: true,
            cell: (row) =>
              mayWrite && (
                <RowActions
                  of={row.name}
                  actions={[
                    ...(kind === 'role' ? [] : [{ label: 'Edit', onClick: () => setEditing(row) }]),
                    { label: 'Delete', isDangerous: true, onClick: () => setRemoving(row) },
                  ]}
                />
              ),
          },
        ]}
      />
      {editing && <Edit kind={kind} definition={editing} close={() => setEditing(undefined)} />}
      {removing && (
        <DeleteDialog
          what={`the ${kind}`}
          name={removing.name}
          kind={kind}
          id={removing.id}
          close={() => setRemoving(undefined)}
          remove={async () => {
            await call(`DELETE /api/v1/${kind}s/${removing.id}`)
            await refresh(`${kind}s`, 'role-permissions', 'membership', 'members')
            tell(`${removing.name} was deleted.`)
            setRemoving(undefined)
          }}
        />
      )}
    </>
  )
}

function Edit({
  kind,
  definition,
  close,
}: {
  kind: 'role' | 'permission'
  definition?: Definition
  close: () => void
}) {
  const refresh = useRefresh()
  const form = useForm(
    {
      name: definition?.name ?? '',
      key: definition?.key ?? '',
      description: definition?.description ?? '',
      is_default_role: definition?.is_default_role ?? false,
    },
    async ({ is_default_role, ...values }) => {
      const body = { ...values, ...(kind === 'role' ? { is_default_role } : {}) }
      if (definition === undefined) await call(`POST /api/v1/${kind}s`, { body })
      else await call(`PATCH /api/v1/${kind}s/${definition.id}`, { body })
      await refresh(`${kind}s`)
      tell(`${values.name} was saved.`)
      close()
    },
  )
  const { name, key } = form.values
  return (
    <FormDialog
      title={definition === undefined ? `Add a ${kind}` : `Edit ${definition.name}`}
      form={form}
      close={close}
      submitLabel="Save"
      canSubmit={name !== '' && key !== ''}
    >
      <TextInput {...form.text('name')} label="Name" data-autofocus required />
      <TextInput
        {...form.text('key')}
        label="Key"
        description="What code and tokens call it."
        placeholder={kind === 'role' ? 'editor' : 'write:reports'}
        required
      />
      <Textarea {...form.text('description')} label="Description" autosize />
      {kind === 'role' && (
        <Switch {...form.box('is_default_role')} label="Give it to everyone who joins an organization from now on" />
      )}
    </FormDialog>
  )
}
