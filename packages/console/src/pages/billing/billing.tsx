import { Button, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation, useSearchParams } from 'wouter'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { FormDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { List, usePages } from '../../components/list.tsx'
import { Page, Section } from '../../components/page.tsx'
import { AddButton, RowActions } from '../../components/row-actions.tsx'
import { Empty, Loaded } from '../../components/states.tsx'
import { Table } from '../../components/table.tsx'
import { Time } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'

/** Subscribers, and the agreements, entitlements and usage of one customer at a time. */
export default function Billing() {
  const { mayWrite } = useSession()
  const [location] = useLocation()
  const dialog = useDialog('new')
  const isCustomers = location.endsWith('/customers')
  return (
    <Page
      title="Billing"
      lede="Who subscribed, and what each customer has agreed to and used."
      tabs={[
        { to: '/billing', label: 'Subscribers' },
        { to: '/billing/customers', label: 'Customers' },
      ]}
      actions={mayWrite && !isCustomers && <AddButton label="Add subscriber" onClick={dialog.open} />}
    >
      {isCustomers ? <Customers /> : <Subscribers openNew={dialog.open} />}
      {dialog.isOpen && <NewSubscriber close={dialog.close} />}
    </Page>
  )
}

interface Subscriber {
  id: string
  email: string
  full_name: string
}

function Subscribers({ openNew }: { openNew: () => void }) {
  const { mayWrite } = useSession()
  const pages = usePages(['subscribers'], async (cursor) => {
    const { subscribers = [], next_token } = await call<{ subscribers?: Subscriber[]; next_token?: string | null }>(
      'GET /api/v1/subscribers',
      { query: { page_size: 50, next_token: cursor } },
    )
    return { rows: subscribers, next: next_token }
  })
  return (
    <List
      pages={pages}
      label="Subscribers"
      noun="subscriber"
      rowKey={({ id }) => id}
      columns={[
        { title: 'Name', cell: ({ full_name, email }) => <span className="primary">{full_name || email}</span> },
        { title: 'E-mail', cell: ({ email }) => email },
        { title: 'Id', wide: true, cell: ({ id }) => <code>{id}</code> },
      ]}
      empty={
        <Empty
          icon="mail"
          title="No subscribers yet"
          actions={mayWrite && <AddButton label="Add subscriber" onClick={openNew} />}
        >
          Subscribers are people who left their address before they have an account, for news or a waiting list.
        </Empty>
      }
    />
  )
}

function NewSubscriber({ close }: { close: () => void }) {
  const refresh = useRefresh()
  const form = useForm({ first_name: '', last_name: '', email: '' }, async (query) => {
    await call('POST /api/v1/subscribers', { query })
    await refresh('subscribers')
    tell(`${query.email} was added.`)
    close()
  })
  return (
    <FormDialog
      title="Add a subscriber"
      form={form}
      close={close}
      submitLabel="Add"
      canSubmit={form.values.email !== ''}
    >
      <TextInput {...form.text('first_name')} label="First name" data-autofocus />
      <TextInput {...form.text('last_name')} label="Last name" />
      <TextInput {...form.text('email')} label="E-mail" type="email" required />
    </FormDialog>
  )
}

interface Agreement {
  id: string
  plan_code: string
  expires_on: string | null
  current_period_start: string | null
}

interface Entitlement {
  id: string
  feature_code: string
  feature_name: string
  price_name: string
  unit_amount: number | null
  entitlement_limit_max: number | null
  entitlement_limit_min: number | null
}

function Customers() {
  const [search, setSearch] = useSearchParams()
  const customer = search.get('customer') ?? ''
  const [typed, setTyped] = useState(customer)
  return (
    <div className="stack-wide">
      <form
        className="row"
        style={{ alignItems: 'flex-end' }}
        onSubmit={(event) => {
          event.preventDefault()
          setSearch(typed.trim() === '' ? {} : { customer: typed.trim() })
        }}
      >
        <TextInput
          className="grow"
          maw={420}
          label="Customer id"
          description="It is on organizations and users that were made billing customers, as billing_customer_id."
          placeholder="customer_…"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Button type="submit" variant="default">
          Show
        </Button>
      </form>
      {customer === '' ? (
        <Empty icon="billing" title="Which customer?">
          An organization becomes a billing customer when it is made with <code>is_create_billing_customer</code>. Enter
          its customer id to see agreements and entitlements.
        </Empty>
      ) : (
        <Customer key={customer} id={customer} />
      )}
    </div>
  )
}

function Customer({ id }: { id: string }) {
  const { mayWrite } = useSession()
  const agreeing = useDialog('agreement')
  const [metering, setMetering] = useState<Agreement>()
  const query = { customer_id: id, page_size: 100 }
  const agreements = useQuery({
    queryKey: ['agreements', id],
    queryFn: async () =>
      (await call<{ agreements?: Agreement[] }>('GET /api/v1/billing/agreements', { query })).agreements ?? [],
  })
  const entitlements = useQuery({
    queryKey: ['entitlements', id],
    queryFn: async () =>
      (await call<{ entitlements?: Entitlement[] }>('GET /api/v1/billing/entitlements', { query })).entitlements ?? [],
  })
  return (
    <>
      <Section
        title="Agreements"
        actions={mayWrite && agreements.isSuccess && <AddButton label="Add agreement" onClick={agreeing.open} />}
      >
        <Loaded query={agreements}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty icon="billing" title="No agreements">
                An agreement puts the customer on a plan.
              </Empty>
            ) : (
              <Table
                label="Agreements"
                rows={rows}
                rowKey={(row) => row.id}
                columns={[
                  { title: 'Plan', cell: ({ plan_code }) => <code>{plan_code}</code> },
                  {
                    title: 'Since',
                    wide: true,
                    cell: ({ current_period_start }) => <Time at={current_period_start} />,
                  },
                  { title: 'Ends', cell: ({ expires_on }) => <Time at={expires_on} none="Open" /> },
                  {
                    title: '(Actions)',
                    tight: true,
                    right: true,
                    cell: (row) =>
                      mayWrite && (
                        <RowActions
                          of={row.plan_code}
                          actions={[{ label: 'Record usage', onClick: () => setMetering(row) }]}
                        />
                      ),
                  },
                ]}
              />
            )
          }
        </Loaded>
      </Section>
      {entitlements.isSuccess && (
        <Section title="Entitlements" lede="What the agreements allow.">
          {entitlements.data.length === 0 ? (
            <Empty icon="billing" title="No entitlements">
              They come from the features of the plans that the customer has agreed to.
            </Empty>
          ) : (
            <Table
              label="Entitlements"
              rows={entitlements.data}
              rowKey={(row) => row.id}
              columns={[
                {
                  title: 'Feature',
                  cell: ({ feature_name, feature_code }) => (
                    <>
                      <span className="primary">{feature_name}</span>
                      <span className="sub">
                        <code>{feature_code}</code>
                      </span>
                    </>
                  ),
                },
                { title: 'Price', wide: true, cell: ({ price_name }) => price_name || '–' },
                { title: 'At most', right: true, cell: ({ entitlement_limit_max }) => entitlement_limit_max ?? '–' },
              ]}
            />
          )}
        </Section>
      )}
      {agreeing.isOpen && <NewAgreement customer={id} close={agreeing.close} />}
      {metering && <Usage agreement={metering} close={() => setMetering(undefined)} />}
    </>
  )
}

function NewAgreement({ customer, close }: { customer: string; close: () => void }) {
  const refresh = useRefresh()
  const form = useForm({ plan_code: '' }, async ({ plan_code }) => {
    await call('POST /api/v1/billing/agreements', { body: { customer_id: customer, plan_code } })
    await refresh('agreements', 'entitlements')
    tell('The agreement was added.')
    close()
  })
  return (
    <FormDialog
      title="Add an agreement"
      form={form}
      close={close}
      submitLabel="Add"
      canSubmit={form.values.plan_code !== ''}
    >
      <TextInput {...form.text('plan_code')} label="Plan code" data-autofocus required />
    </FormDialog>
  )
}

function Usage({ agreement, close }: { agreement: Agreement; close: () => void }) {
  const form = useForm({ billing_feature_code: '', meter_value: '1' }, async (values) => {
    await call('POST /api/v1/billing/meter_usage', {
      body: { customer_agreement_id: agreement.id, ...values, meter_type_code: 'delta' },
    })
    tell('The usage was recorded.')
    close()
  })
  const { billing_feature_code, meter_value } = form.values
  return (
    <FormDialog
      title={`Record usage under ${agreement.plan_code}`}
      form={form}
      close={close}
      submitLabel="Record"
      canSubmit={billing_feature_code !== '' && meter_value !== ''}
    >
      <TextInput {...form.text('billing_feature_code')} label="Feature code" data-autofocus required />
      <TextInput
        {...form.text('meter_value')}
        label="Amount"
        description="It is added to what was used before."
        required
      />
    </FormDialog>
  )
}
