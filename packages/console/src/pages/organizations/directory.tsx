import { Button, Modal, Select, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { Code, Value } from '../../components/copy.tsx'
import { DeleteDialog, FormDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { Fact, Facts, Section } from '../../components/page.tsx'
import { AddButton } from '../../components/row-actions.tsx'
import { Empty, Loaded, Note, Tag } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'
import type { ConnectionRow } from '../connections/connection.ts'
import type { Organization } from './organization.ts'

interface DirectoryData {
  id: string
  directory_name: string
  directory_endpoint_id: string
  /** whole when it was just made; else its end alone */
  secret_token: string
  status: 'Pending' | 'Validating' | 'Active' | 'Inactive' | 'Error'
  enterprise_connection_id: string | null
  enterprise_connection_name: string | null
  last_sync_completed_at: string | null
  last_sync_error: string | null
  created_on: string
}

const tones = { Pending: 'warn', Validating: 'warn', Active: 'good', Inactive: 'bad', Error: 'bad' } as const

const providers = [
  { value: 'entra_id_azure_ad', label: 'Entra ID (Azure AD)' },
  { value: 'okta', label: 'Okta' },
  { value: 'google_workspace', label: 'Google Workspace' },
  { value: 'custom_scim_v2', label: 'Another one, by SCIM 2.0' },
  { value: 'cyberark', label: 'CyberArk' },
  { value: 'jumpcloud', label: 'JumpCloud' },
  { value: 'onelogin', label: 'OneLogin' },
  { value: 'pingfederate', label: 'PingFederate' },
  { value: 'rippling', label: 'Rippling' },
]

const isEnterprise = ({ strategy }: ConnectionRow) => strategy.startsWith('saml:') || strategy.endsWith(':azure_ad')

/** The SCIM directory of an organization, which has one at most. */
export function Directory({ organization, connections }: { organization: Organization; connections: ConnectionRow[] }) {
  const { mayWrite } = useSession()
  const adding = useDialog('new-directory')
  const [secret, setSecret] = useState<string>()
  const directories = useQuery({
    queryKey: ['directories', organization.code],
    queryFn: async () =>
      (
        await call<{ directories?: DirectoryData[] }>('GET /api/v1/directories', {
          query: { organization_code: organization.code },
        })
      ).directories ?? [],
  })
  const enterprise = connections.filter(isEnterprise)
  return (
    <Section
      title="Directory"
      lede="The identity provider of a company says by SCIM who its people are, and who has left."
    >
      <Loaded query={directories} lines={3}>
        {([directory]) =>
          directory ? (
            <Card key={directory.directory_name} directory={directory} />
          ) : (
            <Empty
              icon="users"
              title="No directory"
              actions={mayWrite && enterprise.length > 0 && <AddButton label="Add directory" onClick={adding.open} />}
            >
              {enterprise.length > 0
                ? 'With a directory the accounts of members follow those of their company.'
                : 'A directory belongs to an enterprise connection, such as SAML or Entra ID: switch one on above first.'}
            </Empty>
          )
        }
      </Loaded>
      {adding.isOpen && (
        <NewDirectory
          organization={organization}
          connections={enterprise}
          close={adding.close}
          done={(token) => {
            adding.close()
            setSecret(token)
          }}
        />
      )}
      <Modal opened={secret !== undefined} onClose={() => setSecret(undefined)} title="The token of the directory">
        <div className="stack">
          <p>The provider authenticates with it. Copy it now: it is shown this once.</p>
          <Code text={secret ?? ''} what="the token" wrap />
          <div className="actions" style={{ justifyContent: 'flex-end' }}>
            <Button onClick={() => setSecret(undefined)}>Done</Button>
          </div>
        </div>
      </Modal>
    </Section>
  )
}

function Card({ directory }: { directory: DirectoryData }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const renaming = useDialog('rename-directory')
  const deleting = useDialog('delete-directory')
  const path = `/api/v1/directories/${directory.id}` as const
  return (
    <div className="card stack">
      <div className="row between">
        <span className="row">
          <strong>{directory.directory_name}</strong>
          <Tag tone={tones[directory.status]}>{directory.status}</Tag>
        </span>
        {mayWrite && (
          <span className="actions">
            <Button size="xs" variant="default" onClick={renaming.open} aria-label="Rename the directory">
              Rename
            </Button>
            <Button
              size="xs"
              variant="subtle"
              color="red"
              onClick={deleting.open}
              aria-label={`Delete the directory ${directory.directory_name}`}
            >
              Delete
            </Button>
          </span>
        )}
      </div>
      {directory.last_sync_error && <Note tone="bad">{directory.last_sync_error}</Note>}
      <Facts>
        <Fact name="Endpoint id">
          <Value text={directory.directory_endpoint_id} what="the endpoint id" />
        </Fact>
        <Fact name="Token">
          <code>…{directory.secret_token.slice(-4)}</code>
        </Fact>
        <Fact name="Signing in by">{directory.enterprise_connection_name ?? 'A connection that was deleted'}</Fact>
        <Fact name="Last in step">
          <Time at={directory.last_sync_completed_at} none="Never" />
        </Fact>
        <Fact name="Created">
          <Time at={directory.created_on} />
        </Fact>
      </Facts>
      {renaming.isOpen && <Rename directory={directory} close={renaming.close} />}
      {deleting.isOpen && (
        <DeleteDialog
          what="the directory"
          name={directory.directory_name}
          close={deleting.close}
          remove={async () => {
            await call(`DELETE ${path}`)
            deleting.close()
            await refresh('directories')
            tell(`${directory.directory_name} was deleted.`)
          }}
        >
          <Note tone="warn">
            Its provider can send nothing any more: address and token are gone for good. The people stay.
          </Note>
        </DeleteDialog>
      )}
    </div>
  )
}

function Rename({ directory, close }: { directory: DirectoryData; close: () => void }) {
  const refresh = useRefresh()
  const form = useForm({ directory_name: directory.directory_name }, async (body) => {
    await call(`PATCH /api/v1/directories/${directory.id}`, { body })
    close()
    await refresh('directories')
    tell('The directory was renamed.')
  })
  return (
    <FormDialog title="Rename the directory" form={form} close={close} submitLabel="Save">
      <TextInput {...form.text('directory_name')} label="Name" data-autofocus required />
    </FormDialog>
  )
}

function NewDirectory({
  organization,
  connections,
  close,
  done,
}: {
  organization: Organization
  connections: ConnectionRow[]
  close: () => void
  done: (token: string) => void
}) {
  const refresh = useRefresh()
  const form = useForm(
    {
      directory_name: organization.name,
      provider_code: 'custom_scim_v2',
      enterprise_connection_id: connections[0]?.id ?? '',
    },
    async (values) => {
      const { directory } = await call<{ directory: DirectoryData }>('POST /api/v1/directories', {
        body: { ...values, org_code: organization.code },
      })
      await refresh('directories')
      done(directory.secret_token)
    },
  )
  const { provider_code, enterprise_connection_id, directory_name } = form.values
  return (
    <FormDialog
      title="Add a directory"
      form={form}
      close={close}
      submitLabel="Add"
      canSubmit={directory_name !== '' && enterprise_connection_id !== ''}
    >
      <TextInput {...form.text('directory_name')} label="Name" data-autofocus required />
      <Select
        label="Identity provider"
        data={providers}
        value={provider_code}
        onChange={(value) => form.set('provider_code', value ?? provider_code)}
        error={form.fault('provider_code')}
        allowDeselect={false}
      />
      <Select
        label="Its people sign in by"
        data={connections.map(({ id, display_name, name }) => ({ value: id, label: display_name || name }))}
        value={enterprise_connection_id}
        onChange={(value) => form.set('enterprise_connection_id', value ?? '')}
        error={form.fault('enterprise_connection_id')}
        allowDeselect={false}
      />
    </FormDialog>
  )
}
