import { TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useLocation } from 'wouter'
import { call } from '../../api.ts'
import { useRefresh } from '../../components/changes.ts'
import { FormDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { Page } from '../../components/page.tsx'
import { AddButton } from '../../components/row-actions.tsx'
import { Loaded, Tag } from '../../components/states.tsx'
import { Table } from '../../components/table.tsx'
import { count } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'
import { apisQuery } from './api.ts'

export default function Apis() {
  const { mayWrite } = useSession()
  const dialog = useDialog('new')
  const apis = useQuery(apisQuery)
  return (
    <Page
      title="APIs"
      lede="What tokens are for. Register an API of your own, and applications get tokens for it with the scopes that you define."
      actions={mayWrite && <AddButton label="Register API" onClick={dialog.open} />}
    >
      <Loaded query={apis}>
        {(rows) => (
          <Table
            label="APIs"
            rows={rows}
            rowKey={({ id }) => id}
            columns={[
              {
                title: 'Name',
                cell: ({ id, name, is_management_api }) => (
                  <>
                    <Link href={`/apis/${id}`} className="primary">
                      {name}
                    </Link>{' '}
                    {is_management_api && <Tag tone="accent">This server</Tag>}
                  </>
                ),
              },
              { title: 'Audience', cell: ({ audience }) => <code>{audience}</code> },
              {
                title: 'Scopes',
                wide: true,
                right: true,
                cell: ({ scopes }) => <span className="number">{count(scopes?.length ?? 0, 'scope')}</span>,
              },
            ]}
          />
        )}
      </Loaded>
      {dialog.isOpen && <NewApi close={dialog.close} />}
    </Page>
  )
}

function NewApi({ close }: { close: () => void }) {
  const [, navigate] = useLocation()
  const refresh = useRefresh()
  const form = useForm({ name: '', audience: '' }, async (body) => {
    const { api } = await call<{ api: { id: string } }>('POST /api/v1/apis', { body })
    await refresh('apis')
    navigate(`/apis/${api.id}/scopes`)
  })
  const { name, audience } = form.values
  return (
    <FormDialog
      title="Register an API"
      form={form}
      close={close}
      submitLabel="Register"
      canSubmit={name !== '' && audience !== ''}
    >
      <TextInput {...form.text('name')} label="Name" placeholder="Invoices" data-autofocus required />
      <TextInput
        {...form.text('audience')}
        label="Audience"
        description="What token requests name to mean this API, and what the API checks in tokens. Often its URL. It stays."
        placeholder="https://invoices.example.com"
        required
      />
    </FormDialog>
  )
}
