import { Button, Modal, Select, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { Code } from '../../components/copy.tsx'
import { DeleteDialog, FormDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { Icon } from '../../components/icon.tsx'
import { Section } from '../../components/page.tsx'
import { Empty, Loaded, Note, Tag } from '../../components/states.tsx'
import { Table } from '../../components/table.tsx'
import { Time } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'
import type { Application } from './application.ts'

interface SecretRow {
  id: string
  label: string
  created_at: string
  expires_at: string | null
  is_expired: boolean
  last_used_at: string | null
  last_used_address: string | null
}

/** A secret that was used this lately is probably in use. */
const inUseMs = 7 * 86_400_000

/** The secrets of an application: several at a time, so that one can be replaced without an outage. */
export default function Secrets({ application }: { application: Application }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const dialog = useDialog('new')
  const [made, setMade] = useState<string>()
  const [retiring, setRetiring] = useState<SecretRow>()
  const path = `/admin/api/applications/${application.id}/secrets` as const
  const secrets = useQuery({
    queryKey: ['secrets', application.id],
    queryFn: async () => (await call<{ secrets: SecretRow[] }>(`GET ${path}`)).secrets,
  })
  const add = mayWrite && (
    <Button leftSection={<Icon name="add" size={16} />} onClick={dialog.open}>
      Add secret
    </Button>
  )
  const isLast = secrets.data?.filter(({ is_expired }) => !is_expired).length === 1
  return (
    <Section
      title="Secrets"
      lede="Each of them works. To replace one without an outage: add a new one, put it in place, then retire the old one once it is no longer used."
      actions={secrets.data?.length ? add : undefined}
    >
      <Loaded query={secrets}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon="key" title="No secret" actions={add}>
              Without a secret the application gets no token. A secret is shown once, when it is made.
            </Empty>
          ) : (
            <Table
              label="Secrets"
              rows={rows}
              rowKey={({ id }) => id}
              columns={[
                {
                  title: 'Label',
                  cell: ({ label, is_expired }) => (
                    <span className="row">
                      <span className="primary">{label}</span>
                      {is_expired && <Tag tone="bad">Expired</Tag>}
                    </span>
                  ),
                },
                {
                  title: 'Last used',
                  cell: ({ last_used_at, last_used_address }) => (
                    <>
                      <Time at={last_used_at} none="Never" />
                      {last_used_address && <span className="sub">from {last_used_address}</span>}
                    </>
                  ),
                },
                { title: 'Expires', wide: true, cell: ({ expires_at }) => <Time at={expires_at} none="Never" /> },
                { title: 'Created', wide: true, cell: ({ created_at }) => <Time at={created_at} /> },
                {
                  title: '(Actions)',
                  tight: true,
                  right: true,
                  cell: (row) =>
                    mayWrite && (
                      <Button
                        size="xs"
                        variant="subtle"
                        color="red"
                        onClick={() => setRetiring(row)}
                        aria-label={`Retire ${row.label}`}
                      >
                        Retire
                      </Button>
                    ),
                },
              ]}
            />
          )
        }
      </Loaded>
      {dialog.isOpen && (
        <NewSecret
          path={path}
          close={dialog.close}
          done={async (secret) => {
            await refresh('secrets', 'application')
            dialog.close()
            setMade(secret)
          }}
        />
      )}
      <Modal opened={made !== undefined} onClose={() => setMade(undefined)} title="The new secret">
        <div className="stack">
          <p>Put it where the application reads it. This list does not show it again.</p>
          <Code text={made ?? ''} what="the secret" wrap />
          <div className="actions" style={{ justifyContent: 'flex-end' }}>
            <Button onClick={() => setMade(undefined)}>Done</Button>
          </div>
        </div>
      </Modal>
      {retiring && (
        <DeleteDialog
          verb="Retire"
          what="the secret"
          name={retiring.label}
          close={() => setRetiring(undefined)}
          remove={async () => {
            await call(`DELETE ${path}/${retiring.id}`)
            await refresh('secrets', 'application')
            tell(`${retiring.label} was retired.`)
            setRetiring(undefined)
          }}
        >
          {retiring.last_used_at !== null && Date.now() - Date.parse(retiring.last_used_at) < inUseMs ? (
            <Note tone="warn">
              <strong>It is in use.</strong> It was last used <Time at={retiring.last_used_at} />
              {retiring.last_used_address && ` from ${retiring.last_used_address}`}. Whatever uses it gets no more
              tokens from the moment it is retired.
            </Note>
          ) : (
            <Note>
              {retiring.last_used_at === null ? (
                'It was never used.'
              ) : (
                <>
                  It was last used <Time at={retiring.last_used_at} />.
                </>
              )}
            </Note>
          )}
          {isLast && !retiring.is_expired && (
            <Note tone="warn">It is the only secret: without another one the application gets no tokens.</Note>
          )}
        </DeleteDialog>
      )}
    </Section>
  )
}

const lifetimes = [
  { value: '', label: 'Never' },
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '365', label: 'In a year' },
]

function NewSecret({
  path,
  close,
  done,
}: {
  path: `/admin/api/${string}`
  close: () => void
  done: (secret: string) => Promise<void>
}) {
  const form = useForm({ label: '', days: '' }, async ({ label, days }) => {
    const expires = days === '' ? {} : { expires_at: new Date(Date.now() + Number(days) * 86_400_000).toISOString() }
    const { client_secret } = await call<{ client_secret: string }>(`POST ${path}`, { body: { label, ...expires } })
    await done(client_secret)
  })
  return (
    <FormDialog title="Add a secret" form={form} close={close} submitLabel="Add" canSubmit={form.values.label !== ''}>
      <TextInput
        {...form.text('label')}
        label="Label"
        description="Where it is used, so that you know later what stops when it is retired."
        placeholder="Report server, production"
        data-autofocus
        required
      />
      <Select
        label="Expires"
        data={lifetimes}
        value={form.values.days}
        onChange={(days) => form.set('days', days ?? '')}
        error={form.fault('expires_at')}
        allowDeselect={false}
      />
    </FormDialog>
  )
}
