import { Select, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useLocation } from 'wouter'
import { call } from '../../api.ts'
import { useRefresh } from '../../components/changes.ts'
import { FormDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { Page } from '../../components/page.tsx'
import { AddButton } from '../../components/row-actions.tsx'
import { Empty, Loaded, Tag } from '../../components/states.tsx'
import { Table } from '../../components/table.tsx'
import { useSession } from '../../session/session.tsx'
import { connectionsQuery, fieldsOf, strategies, strategyName } from './connection.ts'
import { OptionField } from './option-field.tsx'

export default function Connections() {
  const { mayWrite } = useSession()
  const dialog = useDialog('new')
  const connections = useQuery(connectionsQuery)
  const add = mayWrite && <AddButton label="Add connection" onClick={dialog.open} />
  return (
    <Page
      title="Connections"
      lede="Ways to sign in: social accounts, and the directories of companies by SAML or Entra ID."
      actions={add}
    >
      <Loaded query={connections}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon="connections" title="No connections yet" actions={add}>
              Let people sign in with an account that they have, such as Google, or with the one of their company.
            </Empty>
          ) : (
            <Table
              label="Connections"
              rows={rows}
              rowKey={({ id }) => id}
              columns={[
                {
                  title: 'Connection',
                  cell: ({ id, name, display_name }) => (
                    <>
                      <Link href={`/connections/${id}`} className="primary">
                        {display_name || name}
                      </Link>
                      <span className="sub">{name}</span>
                    </>
                  ),
                },
                { title: 'Provider', cell: ({ strategy }) => <Tag>{strategyName(strategy)}</Tag> },
              ]}
            />
          )
        }
      </Loaded>
      {dialog.isOpen && <NewConnection close={dialog.close} />}
    </Page>
  )
}

function NewConnection({ close }: { close: () => void }) {
  const [, navigate] = useLocation()
  const refresh = useRefresh()
  const form = useForm(
    { strategy: 'oauth2:google', name: 'google', display_name: 'Google', options: {} as Record<string, unknown> },
    async (values) => {
      const { connection } = await call<{ connection: { id: string } }>('POST /api/v1/connections', { body: values })
      await refresh('connections')
      navigate(`/connections/${connection.id}`)
    },
  )
  const { strategy, name, display_name, options } = form.values
  return (
    <FormDialog
      title="Add a connection"
      form={form}
      close={close}
      submitLabel="Add"
      canSubmit={name !== '' && display_name !== ''}
    >
      <Select
        label="Provider"
        data={strategies}
        value={strategy}
        onChange={(chosen) => {
          const next = chosen ?? 'oauth2:google'
          form.set('strategy', next)
          form.set('options', {})
          form.set('display_name', strategyName(next))
          form.set('name', next.replaceAll(/[^a-z]+/g, '_'))
        }}
        searchable
        allowDeselect={false}
      />
      <TextInput {...form.text('display_name')} label="Text on the button" required />
      <TextInput {...form.text('name')} label="Name" description="What code calls it." required />
      {fieldsOf(strategy).map((field) => (
        <OptionField
          key={field.name}
          field={field}
          value={options[field.name]}
          error={form.fault(`options.${field.name}`) ?? form.fault(field.name)}
          onChange={(value) => form.set('options', { ...options, [field.name]: value })}
        />
      ))}
    </FormDialog>
  )
}
