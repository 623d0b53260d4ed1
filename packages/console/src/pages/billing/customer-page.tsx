import { NumberInput, Select, Switch } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useParams } from 'wouter'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { Value } from '../../components/copy.tsx'
import { FormDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { Fact, Facts, Page, Section } from '../../components/page.tsx'
import { AddButton, RowActions } from '../../components/row-actions.tsx'
import { Empty, Loaded, Tag } from '../../components/states.tsx'
import { Table } from '../../components/table.tsx'
import { Time } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'
import { type Agreement, type Customer, customerQuery, plansQuery } from './customer.ts'

export default function CustomerPage() {
  const { id } = useParams<{ id: string }>()
  const customer = useQuery(customerQuery(id))
  return <Loaded query={customer}>{(data) => <Parts customer={data} />}</Loaded>
}

interface Entitlement {
  id: string
  feature_code: string
  feature_name: string
  price_name: string
  entitlement_limit_max: number | null
}

/** Who is billed, under which agreements, and what was used. */
function Parts({ customer }: { customer: Customer }) {
  const entitlements = useQuery({
    queryKey: ['customer', customer.id, 'entitlements'],
    queryFn: async () =>
      (
        await call<{ entitlements?: Entitlement[] }>('GET /api/v1/billing/entitlements', {
          query: { customer_id: customer.id, page_size: 100 },
        })
      ).entitlements ?? [],
  })
  const used = (code: string) =>
    customer.agreements
      .find(({ ended_at }) => ended_at === null)
      ?.usage.find(({ feature_code }) => feature_code === code)?.used
  return (
    <Page title={customer.email} parent={{ to: '/billing/customers', label: 'Customers' }}>
      <div className="stack-wide">
        <div className="card">
          <Facts>
            <Fact name="Customer id">
              <Value text={customer.id} what="the customer id" />
            </Fact>
            <Fact name={customer.org_code === null ? 'User' : 'Organization'}>
              <Link
                href={customer.org_code === null ? `/users/${customer.user_id}` : `/organizations/${customer.org_code}`}
              >
                {customer.org_code ?? customer.user_id}
              </Link>
            </Fact>
            <Fact name="Created">
              <Time at={customer.created_at} />
            </Fact>
          </Facts>
        </div>
        <Agreements customer={customer} />
        <Section title="Entitlements" lede="What the agreement allows, and what was used of it in this month.">
          <Loaded query={entitlements}>
            {(rows) =>
              rows.length === 0 ? (
                <Empty icon="billing" title="No entitlements">
                  They come from the features of the plan that the customer has agreed to.
                </Empty>
              ) : (
                <Table
                  label="Entitlements"
                  rows={rows}
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
                    {
                      title: 'Used',
                      right: true,
                      cell: ({ feature_code }) => <span className="number">{used(feature_code) ?? '–'}</span>,
                    },
                    {
                      title: 'At most',
                      right: true,
                      cell: ({ entitlement_limit_max: most }) => <span className="number">{most ?? 'No limit'}</span>,
                    },
                  ]}
                />
              )
            }
          </Loaded>
        </Section>
      </div>
    </Page>
  )
}

function Agreements({ customer }: { customer: Customer }) {
  const { mayWrite } = useSession()
  const agreeing = useDialog('agreement')
  const [metering, setMetering] = useState<Agreement>()
  const add = mayWrite && <AddButton label="Add agreement" onClick={agreeing.open} />
  return (
    <Section
      title="Agreements"
      lede="One holds at a time: another one ends it."
      actions={customer.agreements.length > 0 && add}
    >
      {customer.agreements.length === 0 ? (
        <Empty icon="billing" title="No agreements" actions={add}>
          An agreement puts the customer on a plan, with the terms that the plan has that day.
        </Empty>
      ) : (
        <Table
          label="Agreements"
          rows={customer.agreements.toReversed()}
          rowKey={({ id }) => id}
          columns={[
            {
              title: 'Plan',
              cell: ({ plan_code, ended_at }) => (
                <span className="row">
                  <code>{plan_code}</code>
                  {ended_at === null ? <Tag tone="good">Holds</Tag> : <Tag>Ended</Tag>}
                </span>
              ),
            },
            { title: 'Since', cell: ({ started_at }) => <Time at={started_at} /> },
            { title: 'Until', wide: true, cell: ({ ended_at }) => <Time at={ended_at} none="Open" /> },
            {
              title: '(Actions)',
              tight: true,
              right: true,
              cell: (row) =>
                mayWrite &&
                row.ended_at === null &&
                row.usage.length > 0 && (
                  <RowActions
                    of={row.plan_code}
                    actions={[{ label: 'Record usage', onClick: () => setMetering(row) }]}
                  />
                ),
            },
          ]}
        />
      )}
      {agreeing.isOpen && <NewAgreement customer={customer.id} close={agreeing.close} />}
      {metering && <Usage agreement={metering} close={() => setMetering(undefined)} />}
    </Section>
  )
}

function NewAgreement({ customer, close }: { customer: string; close: () => void }) {
  const refresh = useRefresh()
  const plans = useQuery(plansQuery)
  const form = useForm({ plan_code: '', is_invoice_now: false, is_prorate: false }, async (values) => {
    await call('POST /api/v1/billing/agreements', { body: { customer_id: customer, ...values } })
    await refresh('customer', 'customers')
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
      <Select
        label="Plan"
        data={(plans.data ?? []).map(({ code, name }) => ({ value: code, label: name }))}
        value={form.values.plan_code || null}
        onChange={(code) => form.set('plan_code', code ?? '')}
        error={form.fault('plan_code')}
        nothingFoundMessage="No plan yet: add one under Plans"
        required
        searchable
        data-autofocus
      />
      <Switch {...form.box('is_invoice_now')} label="Bill what was used under the plan before now" />
      <Switch {...form.box('is_prorate')} label="Credit what is left of its period" />
    </FormDialog>
  )
}

function Usage({ agreement, close }: { agreement: Agreement; close: () => void }) {
  const refresh = useRefresh()
  const form = useForm(
    { billing_feature_code: agreement.usage[0]!.feature_code, meter_value: 1 as number | '', meter_type_code: 'delta' },
    async ({ meter_value, ...values }) => {
      await call('POST /api/v1/billing/meter_usage', {
        body: { customer_agreement_id: agreement.id, meter_value: String(meter_value), ...values },
      })
      await refresh('customer')
      tell('The usage was recorded.')
      close()
    },
  )
  const { billing_feature_code, meter_value, meter_type_code } = form.values
  return (
    <FormDialog
      title={`Record usage under ${agreement.plan_code}`}
      form={form}
      close={close}
      submitLabel="Record"
      canSubmit={meter_value !== ''}
    >
      <Select
        label="Feature"
        data={agreement.usage.map(({ feature_code }) => feature_code)}
        value={billing_feature_code}
        onChange={(code) => form.set('billing_feature_code', code ?? billing_feature_code)}
        error={form.fault('billing_feature_code')}
        allowDeselect={false}
      />
      <NumberInput
        label="Amount"
        value={meter_value}
        onChange={(value) => form.set('meter_value', value === '' ? '' : Number(value))}
        error={form.fault('meter_value')}
        hideControls
        data-autofocus
        required
      />
      <Select
        label="It is"
        data={[
          { value: 'delta', label: 'Added to what was used before' },
          { value: 'absolute', label: 'All that was used this month' },
        ]}
        value={meter_type_code}
        onChange={(code) => form.set('meter_type_code', code ?? 'delta')}
        error={form.fault('meter_type_code')}
        allowDeselect={false}
      />
    </FormDialog>
  )
}
