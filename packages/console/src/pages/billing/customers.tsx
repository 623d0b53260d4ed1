import { SegmentedControl, Select, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { FormDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { List, usePages } from '../../components/list.tsx'
import { Section } from '../../components/page.tsx'
import { AddButton } from '../../components/row-actions.tsx'
import { Empty } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'
import { organizationNamesQuery } from '../users/user.ts'
import { type Customer, type CustomerRow, type Owner, plansQuery, readCustomers } from './customer.ts'

/** The customers of everybody, or of one organization or user. */
export function Customers({
  add,
  dialog,
  owner,
}: {
  add: ReactNode
  dialog: { isOpen: boolean; close: () => void }
  owner?: Owner
}) {
  const plans = useQuery(plansQuery)
  const pages = usePages(['customers', owner], (cursor) => readCustomers(cursor, owner))
  return (
    <>
      <List
        pages={pages}
        label="Customers"
        noun="customer"
        rowKey={({ id }) => id}
        columns={[
          {
            title: 'Customer',
            cell: ({ id, name, email }) => (
              <>
                <Link href={`/billing/customers/${id}`} className="primary">
                  {name || email}
                </Link>
                {name && <span className="sub">{email}</span>}
              </>
            ),
          },
          ...(owner ? [] : [{ title: 'Is', wide: true, cell: kindOf }]),
          {
            title: 'Plan',
            cell: ({ plan_codes }) =>
              plan_codes.map((code) => plans.data?.find((plan) => plan.code === code)?.name ?? code).join(', ') || (
                <span className="soft">None</span>
              ),
          },
          { title: 'Since', wide: true, cell: ({ created_at }) => <Time at={created_at} /> },
        ]}
        empty={
          <Empty icon="billing" title={owner ? 'Not a customer' : 'No customers yet'} actions={add}>
            An organization, or one person, becomes a customer with an address for bills, and agrees to a plan.
          </Empty>
        }
      />
      {dialog.isOpen && <NewCustomer {...(owner ? { owner } : {})} close={dialog.close} />}
    </>
  )
}

function kindOf({ user_id, org_code }: CustomerRow): ReactNode {
  return org_code === null ? (
    <Link href={`/users/${user_id}`}>A user</Link>
  ) : (
    <Link href={`/organizations/${org_code}`}>An organization</Link>
  )
}

/** Whether one organization or user is a customer, as a part of its page. */
export default function OwnerBilling({ owner }: { owner: Owner }) {
  const { mayWrite } = useSession()
  const dialog = useDialog('new-customer')
  return (
    <Section title="Billing" lede="The plan that was agreed to, and what was used of it.">
      <Customers
        owner={owner}
        add={mayWrite && <AddButton label="Make it a customer" onClick={dialog.open} />}
        dialog={dialog}
      />
    </Section>
  )
}

function NewCustomer({ owner, close }: { owner?: Owner; close: () => void }) {
  const refresh = useRefresh()
  const [, navigate] = useLocation()
  const organizations = useQuery(organizationNamesQuery)
  const plans = useQuery(plansQuery)
  const form = useForm(
    { kind: 'organization', org_code: '', user_id: '', email: '', plan_code: '' },
    async ({ kind, org_code, user_id, email, plan_code }) => {
      const who = owner ?? (kind === 'organization' ? { org_code } : { user_id: user_id.trim() })
      const body = { ...who, email, ...(plan_code === '' ? {} : { plan_code }) }
      const { customer } = await call<{ customer: Customer }>('POST /admin/api/billing/customers', { body })
      await refresh('customers')
      tell('The customer was added.')
      navigate(`/billing/customers/${customer.id}`)
    },
  )
  const { kind, org_code, user_id, email, plan_code } = form.values
  const isNamed = owner !== undefined || (kind === 'organization' ? org_code !== '' : user_id !== '')
  const usual = plans.data?.find(({ is_default }) => is_default)
  return (
    <FormDialog title="Add a customer" form={form} close={close} submitLabel="Add" canSubmit={isNamed && email !== ''}>
      {owner === undefined && (
        <>
          <SegmentedControl
            aria-label="Who becomes a customer"
            data={[
              { value: 'organization', label: 'An organization' },
              { value: 'user', label: 'One person' },
            ]}
            value={kind}
            onChange={(value) => form.set('kind', value)}
          />
          {kind === 'organization' ? (
            <Select
              label="Organization"
              data={(organizations.data ?? []).map((each) => ({ value: each.code, label: each.name }))}
              value={org_code || null}
              onChange={(code) => form.set('org_code', code ?? '')}
              error={form.fault('org_code')}
              searchable
              required
            />
          ) : (
            <TextInput {...form.text('user_id')} label="User id" placeholder="kp_…" required />
          )}
        </>
      )}
      <TextInput {...form.text('email')} label="Address for bills" type="email" required />
      <Select
        label="Plan"
        placeholder={usual ? `The default one: ${usual.name}` : 'None yet'}
        data={(plans.data ?? []).map(({ code, name }) => ({ value: code, label: name }))}
        value={plan_code || null}
        onChange={(code) => form.set('plan_code', code ?? '')}
        error={form.fault('plan_code')}
        clearable
        clearButtonProps={{ 'aria-label': 'No plan' }}
      />
    </FormDialog>
  )
}
