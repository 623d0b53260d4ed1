import { Modal, MultiSelect, Select, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { Code } from '../../components/copy.tsx'
import { DeleteDialog, FormDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { List, usePages } from '../../components/list.tsx'
import { Section } from '../../components/page.tsx'
import { AddButton, RowActions } from '../../components/row-actions.tsx'
import { Empty, Tag } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'
import { organizationNamesQuery } from '../users/user.ts'
import { apisQuery } from './api.ts'

interface ApiKey {
  id: string
  name: string
  type: string
  status: 'active' | 'inactive' | 'revoked'
  key_prefix: string
  key_suffix: string | null
  created_on: string
  last_verified_on: string | null
  api_ids: string[]
  scopes: string[]
}

/** What is asked before something is done with a key. */
const asked = {
  rotate: { verb: 'Rotate', about: 'The old key stops working at once; a new one is shown, once.' },
  revoke: { verb: 'Revoke', about: 'Whoever holds the key is refused from now on. It stays in this list.' },
  delete: { verb: 'Delete', about: 'It was revoked already; now it leaves this list.' },
} as const

const typeNames: Record<string, string> = { user: 'User', organization: 'Organization', environment: 'Environment' }

/** Whose keys are meant: of one organization, or of one person. */
type Owner = { org_code: string } | { user_id: string }

/** The API keys of one organization or person. */
export default function OwnedApiKeys({ owner, of }: { owner: Owner; of: string }) {
  return (
    <ApiKeyList
      owner={owner}
      frame={(add, list) => (
        <Section title="API keys" lede={`Long-lived keys for your APIs that act for ${of}.`} actions={add}>
          {list}
        </Section>
      )}
    />
  )
}

/**
 * A list of API keys, and what is done with them.
 * @param owner whose; everybody's where it is left out
 * @param frame what stands around the list; gets the button that adds a key
 */
export function ApiKeyList({ owner, frame }: { owner?: Owner; frame: (add: ReactNode, list: ReactNode) => ReactNode }) {
  const { mayWrite } = useSession()
  const dialog = useDialog('new')
  const refresh = useRefresh()
  const apis = useQuery(apisQuery)
  const [made, setMade] = useState<string>()
  const [asking, setAsking] = useState<{ what: keyof typeof asked; key: ApiKey }>()
  const pages = usePages(['api-keys', owner], async (cursor) => {
    const { api_keys = [], has_more } = await call<{ api_keys?: ApiKey[]; has_more?: boolean }>(
      'GET /api/v1/api_keys',
      {
        query: { page_size: 50, starting_after: cursor, ...owner },
      },
    )
    return { rows: api_keys, next: has_more ? api_keys.at(-1)?.id : null }
  })
  const add = mayWrite && <AddButton label="Add API key" onClick={dialog.open} />
  return frame(
    add,
    <>
      <List
        pages={pages}
        label="API keys"
        noun="key"
        rowKey={({ id }) => id}
        columns={[
          {
            title: 'Name',
            cell: ({ name, key_prefix, key_suffix }) => (
              <>
                <span className="primary">{name}</span>
                <span className="sub">
                  <code>
                    {key_prefix}…{key_suffix}
                  </code>
                </span>
              </>
            ),
          },
          {
            title: 'API',
            wide: true,
            cell: ({ api_ids }) =>
              api_ids.map((id) => (
                <Link key={id} href={`/apis/${id}`}>
                  {apis.data?.find((api) => api.id === id)?.name ?? id}
                </Link>
              )),
          },
          ...(owner ? [] : [{ title: 'Of', wide: true, cell: ({ type }: ApiKey) => typeNames[type] ?? type }]),
          {
            title: 'State',
            cell: ({ status }) => <Tag tone={status === 'active' ? 'good' : 'bad'}>{status}</Tag>,
          },
          {
            title: 'Last used',
            wide: true,
            cell: ({ last_verified_on }) => <Time at={last_verified_on} none="Never" />,
          },
          {
            title: '(Actions)',
            tight: true,
            right: true,
            cell: (key) =>
              mayWrite && (
                <RowActions
                  of={key.name}
                  actions={
                    key.status === 'revoked'
                      ? [{ label: 'Delete', isDangerous: true, onClick: () => setAsking({ what: 'delete', key }) }]
                      : [
                          { label: 'Rotate', onClick: () => setAsking({ what: 'rotate', key }) },
                          { label: 'Revoke', isDangerous: true, onClick: () => setAsking({ what: 'revoke', key }) },
                        ]
                  }
                />
              ),
          },
        ]}
        empty={
          <Empty icon="key" title="No API keys yet" actions={add}>
            An API key spares a customer the token request: they send the key, your API asks{' '}
            <code>POST /api/v1/api_keys/verify</code> whether it is good, for whom and for which scopes.
          </Empty>
        }
      />
      {dialog.isOpen && (
        <NewKey
          owner={owner}
          close={dialog.close}
          done={async (key) => {
            await refresh('api-keys')
            dialog.close()
            setMade(key)
          }}
        />
      )}
      <Modal opened={made !== undefined} onClose={() => setMade(undefined)} title="The key">
        <div className="stack">
          <p>Copy it now: it is shown this once.</p>
          <Code text={made ?? ''} what="the key" wrap />
        </div>
      </Modal>
      {asking && (
        <DeleteDialog
          verb={asked[asking.what].verb}
          what="the key"
          name={asking.key.name}
          close={() => setAsking(undefined)}
          remove={async () => {
            if (asking.what === 'rotate') {
              const { api_key } = await call<{ api_key: { key: string } }>(`PUT /api/v1/api_keys/${asking.key.id}`)
              setMade(api_key.key)
            } else {
              await call(
                asking.what === 'revoke'
                  ? `POST /admin/api/api_keys/${asking.key.id}/revoke`
                  : `DELETE /api/v1/api_keys/${asking.key.id}`,
              )
              tell(`${asking.key.name} was ${asking.what}d.`)
            }
            await refresh('api-keys')
            setAsking(undefined)
          }}
        >
          <p className="soft">{asked[asking.what].about}</p>
        </DeleteDialog>
      )}
    </>,
  )
}

function NewKey({
  owner: given,
  close,
  done,
}: {
  owner: Owner | undefined
  close: () => void
  done: (key: string) => Promise<void>
}) {
  const apis = useQuery(apisQuery)
  const organizations = useQuery(organizationNamesQuery)
  const form = useForm(
    {
      name: '',
      api_id: '',
      scope_ids: [] as string[],
      type: given && 'user_id' in given ? 'user' : 'organization',
      org_code: '',
      user_id: '',
      ...given,
    },
    async ({ type, org_code, user_id, ...values }) => {
      const owner = type === 'organization' ? { org_code } : type === 'user' ? { user_id } : {}
      const { api_key } = await call<{ api_key: { key: string } }>('POST /api/v1/api_keys', {
        body: { ...values, type, ...owner },
      })
      await done(api_key.key)
    },
  )
  const { name, api_id, type, org_code, user_id } = form.values
  const scopes = apis.data?.find(({ id }) => id === api_id)?.scopes ?? []
  const canSubmit =
    name !== '' &&
    api_id !== '' &&
    (type === 'organization' ? org_code !== '' : type === 'user' ? user_id !== '' : true)
  return (
    <FormDialog title="Add an API key" form={form} close={close} submitLabel="Add" canSubmit={canSubmit}>
      <TextInput {...form.text('name')} label="Name" data-autofocus required />
      <Select
        label="API"
        data={(apis.data ?? [])
          // The Management API opens to keys of the environment alone.
          .filter((api) => type === 'environment' || !api.is_management_api)
          .map((api) => ({ value: api.id, label: api.name }))}
        value={api_id || null}
        onChange={(id) => {
          form.set('api_id', id ?? '')
          form.set('scope_ids', [])
        }}
        error={form.fault('api_id')}
        required
      />
      <MultiSelect
        label="Scopes"
        description="They are fixed for the life of the key."
        data={scopes.map(({ id, key }) => ({ value: id, label: key }))}
        value={form.values.scope_ids}
        onChange={(ids) => form.set('scope_ids', ids)}
        error={form.fault('scope_ids')}
        searchable
      />
      {given === undefined && (
        <Select
          label="For"
          data={Object.entries(typeNames).map(([value, label]) => ({ value, label }))}
          value={type}
          onChange={(value) => form.set('type', value ?? 'organization')}
          error={form.fault('type')}
          allowDeselect={false}
        />
      )}
      {given === undefined && type === 'organization' && (
        <Select
          label="Organization"
          data={(organizations.data ?? []).map((each) => ({ value: each.code, label: each.name }))}
          value={org_code || null}
          onChange={(code) => form.set('org_code', code ?? '')}
          error={form.fault('org_code')}
          searchable
          required
        />
      )}
      {given === undefined && type === 'user' && (
        <TextInput {...form.text('user_id')} label="User id" placeholder="kp_…" required />
      )}
    </FormDialog>
  )
}
