import { Switch, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { Secret } from '../../components/copy.tsx'
import { DeleteDialog, FormDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { Page } from '../../components/page.tsx'
import { AddButton, RowActions } from '../../components/row-actions.tsx'
import { Empty, Loaded, Tag } from '../../components/states.tsx'
import { Table } from '../../components/table.tsx'
import { Time } from '../../components/time.tsx'
import { everything } from '../../data/everything.ts'
import { useSession } from '../../session/session.tsx'

interface Variable {
  id: string
  key: string
  value: string | null
  is_secret: boolean
  created_on: string
}

export default function Variables() {
  const { mayWrite } = useSession()
  const dialog = useDialog('new')
  const refresh = useRefresh()
  const [editing, setEditing] = useState<Variable>()
  const [removing, setRemoving] = useState<Variable>()
  const variables = useQuery({
    queryKey: ['variables'],
    queryFn: () => everything<Variable>('/api/v1/environment_variables', 'environment_variables'),
  })
  const add = mayWrite && <AddButton label="Add variable" onClick={dialog.open} />
  return (
    <Page
      title="Environment variables"
      lede="Values that code running for this environment reads. A secret one is never shown again, only replaced."
      actions={add}
    >
      <Loaded query={variables}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon="variables" title="No variables yet" actions={add}>
              Keep addresses and keys here instead of in code, such as <code>REPORTS_URL</code>.
            </Empty>
          ) : (
            <Table
              label="Environment variables"
              rows={rows}
              rowKey={({ id }) => id}
              columns={[
                { title: 'Key', cell: ({ key }) => <code>{key}</code> },
                {
                  title: 'Value',
                  cell: ({ key, value, is_secret }) =>
                    is_secret || value === null ? (
                      <Tag>Secret</Tag>
                    ) : (
                      <span className="row" style={{ flexWrap: 'nowrap' }}>
                        <Secret text={value} what={`the value of ${key}`} />
                      </span>
                    ),
                },
                { title: 'Added', wide: true, cell: ({ created_on }) => <Time at={created_on} /> },
                {
                  title: '(Actions)',
                  tight: true,
                  right: true,
                  cell: (row) =>
                    mayWrite && (
                      <RowActions
                        of={row.key}
                        actions={[
                          { label: 'Edit', onClick: () => setEditing(row) },
                          { label: 'Delete', isDangerous: true, onClick: () => setRemoving(row) },
                        ]}
                      />
                    ),
                },
              ]}
            />
          )
        }
      </Loaded>
      {dialog.isOpen && <Edit close={dialog.close} />}
      {editing && <Edit variable={editing} close={() => setEditing(undefined)} />}
      {removing && (
        <DeleteDialog
          what="the variable"
          name={removing.key}
          close={() => setRemoving(undefined)}
          remove={async () => {
            await call(`DELETE /api/v1/environment_variables/${removing.id}`)
            await refresh('variables')
            tell(`${removing.key} was deleted.`)
            setRemoving(undefined)
          }}
        />
      )}
    </Page>
  )
}

function Edit({ variable, close }: { variable?: Variable; close: () => void }) {
  const refresh = useRefresh()
  const form = useForm(
    { key: variable?.key ?? '', value: variable?.value ?? '', is_secret: variable?.is_secret ?? false },
    async ({ key, value, is_secret }) => {
      if (variable === undefined) await call('POST /api/v1/environment_variables', { body: { key, value, is_secret } })
      else {
        // A secret that was not typed again stays as it is.
        const isKept = variable.is_secret && value === ''
        const body = { key, ...(isKept ? {} : { value }), ...(is_secret === variable.is_secret ? {} : { is_secret }) }
        await call(`PATCH /api/v1/environment_variables/${variable.id}`, { body })
      }
      await refresh('variables')
      tell(`${key} was saved.`)
      close()
    },
  )
  return (
    <FormDialog
      title={variable === undefined ? 'Add a variable' : `Edit ${variable.key}`}
      form={form}
      close={close}
      submitLabel="Save"
      canSubmit={form.values.key !== '' && (form.values.value !== '' || variable?.is_secret === true)}
    >
      <TextInput {...form.text('key')} label="Key" placeholder="REPORTS_URL" data-autofocus required />
      <Textarea
        {...form.text('value')}
        label="Value"
        placeholder={variable?.is_secret ? 'Unchanged' : ''}
        autosize
        minRows={1}
        required={!variable?.is_secret}
      />
      <Switch {...form.box('is_secret')} label="Secret" description="Its value is never shown again." />
    </FormDialog>
  )
}
