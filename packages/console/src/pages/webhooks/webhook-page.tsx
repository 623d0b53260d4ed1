import { Button, Select, Switch } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation, useParams, useSearchParams } from 'wouter'
import { call } from '../../api.ts'
import { tell, useChange, useRefresh } from '../../components/changes.ts'
import { Value } from '../../components/copy.tsx'
import { DeleteDialog, FormDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { Icon } from '../../components/icon.tsx'
import { List, usePages } from '../../components/list.tsx'
import { Fact, Facts, Page, Section } from '../../components/page.tsx'
import { RowActions } from '../../components/row-actions.tsx'
import { Empty, Loaded, Tag } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'
import { sentence } from '../activity/events.tsx'
import { DeliveryDetail } from './delivery-detail.tsx'
import { EditWebhook } from './edit-webhook.tsx'
import { type Delivery, eventTypesQuery, type Webhook, webhooksQuery } from './webhook.ts'

export default function WebhookPage() {
  const { id } = useParams<{ id: string }>()
  const webhooks = useQuery(webhooksQuery)
  return (
    <Loaded query={webhooks}>
      {(rows) => {
        const webhook = rows.find((row) => row.id === id)
        return webhook === undefined ? (
          <Empty icon="webhooks" title="This webhook is gone">
            It was deleted, or never was.
          </Empty>
        ) : (
          <Parts webhook={webhook} />
        )
      }}
    </Loaded>
  )
}

function Parts({ webhook }: { webhook: Webhook }) {
  const { mayWrite } = useSession()
  const editing = useDialog('edit')
  const testing = useDialog('test')
  const deleting = useDialog('delete')
  const refresh = useRefresh()
  const [, navigate] = useLocation()
  const enable = useChange(
    (is_enabled: boolean) => call(`PATCH /api/v1/webhooks/${webhook.id}`, { body: { is_enabled } }),
    {
      keys: ['webhooks', 'deliveries'],
    },
  )
  return (
    <Page
      title={webhook.name}
      lede={webhook.description || undefined}
      parent={{ to: '/webhooks', label: 'Webhooks' }}
      tag={webhook.is_enabled ? <Tag tone="good">On</Tag> : <Tag>Off</Tag>}
      actions={
        mayWrite && (
          <>
            <Button variant="default" onClick={editing.open}>
              Edit
            </Button>
            <Button leftSection={<Icon name="send" size={16} />} onClick={testing.open} disabled={!webhook.is_enabled}>
              Send test event
            </Button>
          </>
        )
      }
    >
      <div className="stack-wide">
        <div className="card">
          <Facts>
            <Fact name="Address">
              <Value text={webhook.endpoint} what="the address" />
            </Fact>
            <Fact name="Events">
              <span className="row">
                {webhook.event_types.map((type) => (
                  <Tag key={type}>{type}</Tag>
                ))}
              </span>
            </Fact>
            <Fact name="Added">
              <Time at={webhook.created_on} />
            </Fact>
            {mayWrite && (
              <Fact name="Deliveries">
                <Switch
                  label="Send events to this address"
                  checked={webhook.is_enabled}
                  disabled={enable.isPending}
                  onChange={(event) => enable.mutate(event.currentTarget.checked)}
                />
              </Fact>
            )}
          </Facts>
        </div>
        <Deliveries webhook={webhook} />
        {mayWrite && (
          <Section title="Delete" lede="Nothing more is sent to this address, and the record of its deliveries goes.">
            <Button variant="light" color="red" leftSection={<Icon name="remove" size={16} />} onClick={deleting.open}>
              Delete webhook
            </Button>
          </Section>
        )}
      </div>
      {editing.isOpen && <EditWebhook webhook={webhook} close={editing.close} />}
      {testing.isOpen && <TestEvent webhook={webhook} close={testing.close} />}
      {deleting.isOpen && (
        <DeleteDialog
          what="the webhook"
          name={webhook.name}
          kind="webhook"
          id={webhook.id}
          close={deleting.close}
          remove={async () => {
            await call(`DELETE /api/v1/webhooks/${webhook.id}`)
            navigate('/webhooks', { replace: true })
            await refresh('webhooks')
            tell(`${webhook.name} was deleted.`)
          }}
        />
      )}
    </Page>
  )
}

function TestEvent({ webhook, close }: { webhook: Webhook; close: () => void }) {
  const refresh = useRefresh()
  const types = useQuery(eventTypesQuery)
  const form = useForm({ type: webhook.event_types[0] ?? 'user.created' }, async (body) => {
    await call(`POST /admin/api/webhooks/${webhook.id}/test`, { body })
    await refresh('deliveries')
    tell('The test event is on its way.')
    close()
  })
  return (
    <FormDialog title="Send a test event" form={form} close={close} submitLabel="Send">
      <p className="soft">The address gets an event with made-up data, marked as a test. Nothing changes here.</p>
      <Select
        label="Event"
        data={(types.data ?? []).map(({ code, name }) => ({ value: code, label: name }))}
        value={form.values.type}
        onChange={(type) => form.set('type', type ?? 'user.created')}
        error={form.fault('type')}
        searchable
        allowDeselect={false}
      />
    </FormDialog>
  )
}

const tones = { pending: 'warn', delivered: 'good', failed: 'bad' } as const
const stateNames = { pending: 'Waiting', delivered: 'Delivered', failed: 'Failed' } as const

function Deliveries({ webhook }: { webhook: Webhook }) {
  const { mayWrite } = useSession()
  const [search, setSearch] = useSearchParams()
  const state = search.get('state') ?? ''
  const shown = search.get('delivery')
  const [sent, setSent] = useState<string>()
  const show = (id: string | null) =>
    setSearch((before) => {
      if (id === null) before.delete('delivery')
      else before.set('delivery', id)
      return before
    })
  const pages = usePages(
    ['deliveries', webhook.id, state],
    async (cursor) => {
      const { deliveries, next_token } = await call<{ deliveries: Delivery[]; next_token: string | null }>(
        `GET /admin/api/webhooks/${webhook.id}/deliveries`,
        { query: { page_size: 50, next_token: cursor, state: state || undefined } },
      )
      return { rows: deliveries, next: next_token }
    },
    { refetchInterval: 1500 },
  )
  const resend = useChange(
    (id: string) => {
      setSent(id)
      return call('POST /admin/api/webhook_deliveries/resend', { body: { delivery_ids: [id] } })
    },
    { keys: ['deliveries'], done: 'It is sent again.' },
  )
  return (
    <Section title="Deliveries" lede="Each event that was sent or is to be sent, newest first.">
      <div className="toolbar">
        <Select
          aria-label="State"
          data={[
            { value: '', label: 'In any state' },
            ...Object.entries(stateNames).map(([value, label]) => ({ value, label })),
          ]}
          value={state}
          onChange={(value) => setSearch(value ? { state: value } : {}, { replace: true })}
          allowDeselect={false}
        />
      </div>
      <List
        pages={pages}
        label="Deliveries"
        noun="delivery"
        plural="deliveries"
        rowKey={({ id }) => id}
        columns={[
          {
            title: 'Event',
            cell: ({ id, event_type, is_test }) => (
              <span className="row">
                <button type="button" className="link-button" onClick={() => show(id)}>
                  {sentence(event_type)}
                </button>
                {is_test && <Tag>Test</Tag>}
              </span>
            ),
          },
          {
            title: 'State',
            cell: ({ state: now, last_status, last_error }) => (
              <>
                <Tag tone={tones[now]}>{stateNames[now]}</Tag>
                {now !== 'delivered' && (last_error ?? last_status) !== null && (
                  <span className="sub">{last_error ?? `Status ${last_status}`}</span>
                )}
              </>
            ),
          },
          { title: 'Attempts', wide: true, right: true, cell: ({ attempts }) => attempts },
          {
            title: 'Last attempt',
            wide: true,
            cell: ({ last_attempt_at, next_attempt_at }) => (
              <>
                <Time at={last_attempt_at} none="Not yet" />
                {next_attempt_at && (
                  <span className="sub">
                    next <Time at={next_attempt_at} />
                  </span>
                )}
              </>
            ),
          },
          { title: 'Made', wide: true, cell: ({ created_at }) => <Time at={created_at} /> },
          {
            title: '(Actions)',
            tight: true,
            right: true,
            cell: (delivery) =>
              mayWrite && (
                <RowActions
                  of={`${delivery.event_type} of ${delivery.created_at}`}
                  actions={[
                    {
                      label: 'Resend',
                      onClick: () => resend.mutate(delivery.id),
                      isBusy: resend.isPending && sent === delivery.id,
                    },
                  ]}
                />
              ),
          },
        ]}
        empty={
          <Empty icon="send" title={state === '' ? 'Nothing was sent yet' : 'No delivery is in that state'}>
            Send a test event to see that the address answers.
          </Empty>
        }
      />
      {shown !== null && <DeliveryDetail id={shown} close={() => show(null)} />}
    </Section>
  )
}
