import { TextInput } from '@mantine/core'
import type { ReactNode } from 'react'
import { useLocation } from 'wouter'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { FormDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { List, usePages } from '../../components/list.tsx'
import { Page } from '../../components/page.tsx'
import { AddButton } from '../../components/row-actions.tsx'
import { Empty } from '../../components/states.tsx'
import { useSession } from '../../session/session.tsx'
import { Customers } from './customers.tsx'
import { Plans } from './plans.tsx'

const parts = { subscribers: 'Add subscriber', plans: 'Add plan', customers: 'Add customer' } as const

/** Subscribers, plans, and the customers who have agreed to some. */
export default function Billing() {
  const { mayWrite } = useSession()
  const [location] = useLocation()
  const dialog = useDialog('new')
  const part = location.endsWith('/plans') ? 'plans' : location.endsWith('/customers') ? 'customers' : 'subscribers'
  const add = mayWrite && <AddButton label={parts[part]} onClick={dialog.open} />
  return (
    <Page
      title="Billing"
      lede="The ledger: who subscribed, what plans there are, what each customer has agreed to and used. It takes no money."
      tabs={[
        { to: '/billing', label: 'Subscribers' },
        { to: '/billing/plans', label: 'Plans' },
        { to: '/billing/customers', label: 'Customers' },
      ]}
      actions={add}
    >
      {part === 'plans' && <Plans add={add} dialog={dialog} />}
      {part === 'customers' && <Customers add={add} dialog={dialog} />}
      {part === 'subscribers' && (
        <>
          <Subscribers add={add} />
          {dialog.isOpen && <NewSubscriber close={dialog.close} />}
        </>
      )}
    </Page>
  )
}

interface Subscriber {
  id: string
  email: string
  full_name: string
}

function Subscribers({ add }: { add: ReactNode }) {
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
        <Empty icon="mail" title="No subscribers yet" actions={add}>
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
