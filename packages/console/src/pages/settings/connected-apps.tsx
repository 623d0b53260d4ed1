import { PasswordInput, Select, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { Value } from '../../components/copy.tsx'
import { DeleteDialog, FormDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { Fact, Facts, Section } from '../../components/page.tsx'
import { AddButton, RowActions } from '../../components/row-actions.tsx'
import { Empty, Loaded, Note } from '../../components/states.tsx'
import { Table } from '../../components/table.tsx'
import { useSession } from '../../session/session.tsx'

interface ConnectedApp {
  key_code_ref: string
  name: string
  authorize_url: string
  token_url: string
  revoke_url: string | null
  client_id: string
  client_authentication: 'post' | 'basic'
  scopes: string[]
  callback_url: string | null
  has_client_secret: boolean
}

/** Providers of OAuth 2.0 whose APIs your code calls in the name of a user or an organization. */
export default function ConnectedApps() {
  const { mayWrite, url } = useSession()
  const refresh = useRefresh()
  const dialog = useDialog('new')
  const [editing, setEditing] = useState<ConnectedApp>()
  const [removing, setRemoving] = useState<ConnectedApp>()
  const apps = useQuery({
    queryKey: ['connected-apps'],
    queryFn: async () =>
      (await call<{ connected_apps: ConnectedApp[] }>('GET /admin/api/connected_apps')).connected_apps,
  })
  const add = mayWrite && <AddButton label="Add app" onClick={dialog.open} />
  return (
    <Section
      title="Connected apps"
      lede="Other products whose APIs your code calls for your users, after they have allowed it. The server keeps the tokens fresh."
      actions={apps.data?.length !== 0 && add}
    >
      <Loaded query={apps}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon="connections" title="No connected apps yet" actions={add}>
              Any provider will do that speaks OAuth 2.0. Register this server there, with the address below to come
              back to, and enter here what it gives you.
            </Empty>
          ) : (
            <Table
              label="Connected apps"
              rows={rows}
              rowKey={({ key_code_ref }) => key_code_ref}
              columns={[
                {
                  title: 'App',
                  cell: ({ name, key_code_ref }) => (
                    <>
                      <span className="primary">{name}</span>
                      <span className="sub">
                        <code>{key_code_ref}</code>
                      </span>
                    </>
                  ),
                },
                { title: 'At', wide: true, cell: ({ authorize_url }) => new URL(authorize_url).host },
                { title: 'Scopes', wide: true, cell: ({ scopes }) => scopes.join(', ') || '–' },
                {
                  title: '(Actions)',
                  tight: true,
                  right: true,
                  cell: (app) =>
                    mayWrite && (
                      <RowActions
                        of={app.name}
                        actions={[
                          { label: 'Edit', onClick: () => setEditing(app) },
                          { label: 'Delete', isDangerous: true, onClick: () => setRemoving(app) },
                        ]}
                      />
                    ),
                },
              ]}
            />
          )
        }
      </Loaded>
      <div className="card" style={{ marginTop: '1rem' }}>
        <Facts>
          <Fact name="Address to come back to">
            <Value text={`${url}/connected_apps/callback`} what="the address to come back to" />
          </Fact>
        </Facts>
      </div>
      {dialog.isOpen && <EditApp close={dialog.close} />}
      {editing && <EditApp app={editing} close={() => setEditing(undefined)} />}
      {removing && (
        <DeleteDialog
          what="the connected app"
          name={removing.name}
          close={() => setRemoving(undefined)}
          remove={async () => {
            await call(`DELETE /admin/api/connected_apps/${encodeURIComponent(removing.key_code_ref)}`)
            await refresh('connected-apps')
            tell(`${removing.name} was deleted.`)
            setRemoving(undefined)
          }}
        >
          <Note tone="warn">Its sessions here end. Tokens that the provider has given run out there.</Note>
        </DeleteDialog>
      )}
    </Section>
  )
}

function EditApp({ app, close }: { app?: ConnectedApp; close: () => void }) {
  const refresh = useRefresh()
  const form = useForm(
    {
      name: app?.name ?? '',
      key_code_ref: app?.key_code_ref ?? '',
      authorize_url: app?.authorize_url ?? '',
      token_url: app?.token_url ?? '',
      revoke_url: app?.revoke_url ?? '',
      client_id: app?.client_id ?? '',
      client_secret: '',
      client_authentication: app?.client_authentication ?? 'post',
      scopes: app?.scopes.join(' ') ?? '',
      callback_url: app?.callback_url ?? '',
    },
    async ({ key_code_ref, revoke_url, client_secret, scopes, callback_url, ...values }) => {
      await call(`PUT /admin/api/connected_apps/${encodeURIComponent(key_code_ref)}`, {
        body: {
          ...values,
          revoke_url: revoke_url || null,
          callback_url: callback_url || null,
          scopes: scopes.split(/\s+/).filter(Boolean),
          ...(client_secret === '' ? {} : { client_secret }),
        },
      })
      await refresh('connected-apps')
      tell(`${values.name} was saved.`)
      close()
    },
  )
  const { name, key_code_ref, authorize_url, token_url, client_id } = form.values
  return (
    <FormDialog
      title={app === undefined ? 'Add a connected app' : `Edit ${app.name}`}
      form={form}
      close={close}
      submitLabel="Save"
      canSubmit={[name, key_code_ref, authorize_url, token_url, client_id].every(Boolean)}
    >
      <TextInput {...form.text('name')} label="Name" placeholder="GitLab" data-autofocus required />
      <TextInput
        {...form.text('key_code_ref')}
        label="Reference"
        description="What your code calls it, as key_code_ref."
        placeholder="gitlab"
        readOnly={app !== undefined}
        required
      />
      <TextInput
        {...form.text('authorize_url')}
        label="Where people authorize it"
        placeholder="https://gitlab.com/oauth/authorize"
        required
      />
      <TextInput
        {...form.text('token_url')}
        label="Where tokens are fetched"
        placeholder="https://gitlab.com/oauth/token"
        required
      />
      <TextInput
        {...form.text('revoke_url')}
        label="Where tokens are revoked"
        description="Empty where the provider has no such address."
      />
      <TextInput {...form.text('client_id')} label="Client id" description="As the provider gave it." required />
      <PasswordInput
        {...form.text('client_secret')}
        label="Client secret"
        description={app?.has_client_secret ? 'One is kept. Empty: it stays.' : 'Empty for a public client.'}
        autoComplete="off"
        visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the secret' }}
      />
      <Select
        label="The secret is sent"
        data={[
          { value: 'post', label: 'In the body of the request' },
          { value: 'basic', label: 'As HTTP Basic' },
        ]}
        value={form.values.client_authentication}
        onChange={(value) => form.set('client_authentication', value === 'basic' ? 'basic' : 'post')}
        allowDeselect={false}
      />
      <Textarea {...form.text('scopes')} label="Scopes, with spaces between" placeholder="read_user" autosize />
      <TextInput
        {...form.text('callback_url')}
        label="Where people come back to afterwards"
        description="An address of yours. Empty: a page of this server."
      />
    </FormDialog>
  )
}
