import { Button, Modal, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { DeleteDialog, FormDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { Icon } from '../../components/icon.tsx'
import { Section } from '../../components/page.tsx'
import { AddButton, RowActions } from '../../components/row-actions.tsx'
import { Empty, Loaded, Note, Refusal } from '../../components/states.tsx'
import { Table } from '../../components/table.tsx'
import { count } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'
import { apiScopesQuery, type Scope } from '../applications/application.ts'
import type { Api } from './api.ts'

/** The scopes that an API knows. Those of the Management API are the server's own. */
export function ApiScopes({ api }: { api: Api }) {
  const session = useSession()
  const mayWrite = session.mayWrite && !api.is_management_api
  const refresh = useRefresh()
  const adding = useDialog('new')
  const importing = useDialog('import')
  const [typed, setTyped] = useState('')
  const [editing, setEditing] = useState<Scope>()
  const [removing, setRemoving] = useState<Scope>()
  const scopes = useQuery(apiScopesQuery(api.id))
  const actions = mayWrite && (
    <>
      <Button variant="default" leftSection={<Icon name="upload" size={16} />} onClick={importing.open}>
        Import from OpenAPI
      </Button>
      <AddButton label="Add scope" onClick={adding.open} />
    </>
  )
  const shown = (scopes.data ?? []).filter(({ key, description }) =>
    `${key} ${description}`.toLowerCase().includes(typed.trim().toLowerCase()),
  )
  return (
    <Section
      title="Scopes"
      lede={
        api.is_management_api
          ? 'What applications may be allowed to do with this server. Each opens some operations of the Management API.'
          : 'What applications and people may be allowed to do with the API. The API checks them in the token.'
      }
      actions={scopes.data?.length ? actions : undefined}
    >
      <Loaded query={scopes} lines={8}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon="apis" title="No scopes yet" actions={actions}>
              A scope such as <code>read:invoices</code> names one thing that a token may allow. Is there an OpenAPI
              file? Its scopes can be imported.
            </Empty>
          ) : (
            <>
              {rows.length > 10 && (
                <div className="toolbar">
                  <TextInput
                    className="grow"
                    type="search"
                    aria-label="Search the scopes"
                    placeholder="Search the scopes"
                    leftSection={<Icon name="search" size={16} />}
                    value={typed}
                    onChange={(event) => setTyped(event.currentTarget.value)}
                  />
                </div>
              )}
              <Table
                label="Scopes"
                rows={shown}
                rowKey={({ id }) => id}
                columns={[
                  { title: 'Scope', cell: ({ key }) => <code>{key}</code> },
                  { title: 'Description', wide: !mayWrite, cell: ({ description }) => description || '–' },
                  ...(mayWrite
                    ? [
                        {
                          title: '(Actions)',
                          tight: true,
                          right: true,
                          cell: (scope: Scope) => (
                            <RowActions
                              of={scope.key}
                              actions={[
                                { label: 'Edit', onClick: () => setEditing(scope) },
                                { label: 'Delete', isDangerous: true, onClick: () => setRemoving(scope) },
                              ]}
                            />
                          ),
                        },
                      ]
                    : []),
                ]}
              />
            </>
          )
        }
      </Loaded>
      {adding.isOpen && <EditScope api={api} close={adding.close} />}
      {editing && <EditScope api={api} scope={editing} close={() => setEditing(undefined)} />}
      {importing.isOpen && <Import api={api} close={importing.close} />}
      {removing && (
        <DeleteDialog
          what="the scope"
          name={removing.key}
          close={() => setRemoving(undefined)}
          remove={async () => {
            await call(`DELETE /api/v1/apis/${api.id}/scopes/${removing.id}`)
            await refresh('scopes', 'api', 'apis', 'access')
            tell(`${removing.key} was deleted.`)
            setRemoving(undefined)
          }}
        >
          <Note tone="warn">Applications, roles and people that have it lose it.</Note>
        </DeleteDialog>
      )}
    </Section>
  )
}

function EditScope({ api, scope, close }: { api: Api; scope?: Scope; close: () => void }) {
  const refresh = useRefresh()
  const form = useForm(
    { key: scope?.key ?? '', description: scope?.description ?? '' },
    async ({ key, description }) => {
      if (scope === undefined) await call(`POST /api/v1/apis/${api.id}/scopes`, { body: { key, description } })
      else await call(`PATCH /api/v1/apis/${api.id}/scopes/${scope.id}`, { body: { description } })
      await refresh('scopes', 'api', 'apis')
      tell(`${key} was saved.`)
      close()
    },
  )
  return (
    <FormDialog
      title={scope === undefined ? 'Add a scope' : `Edit ${scope.key}`}
      form={form}
      close={close}
      submitLabel="Save"
      canSubmit={form.values.key !== ''}
    >
      <TextInput
        {...form.text('key')}
        label="Scope"
        placeholder="read:invoices"
        readOnly={scope !== undefined}
        data-autofocus={scope === undefined}
        required
      />
      <TextInput {...form.text('description')} label="Description" data-autofocus={scope !== undefined} />
    </FormDialog>
  )
}

interface Imported {
  added: { key: string; description: string }[]
  kept: string[]
  skipped: { key: string; reason: string }[]
}

/** Reads the scopes of an OpenAPI file: first shows what would come of it, then does it. */
function Import({ api, close }: { api: Api; close: () => void }) {
  const refresh = useRefresh()
  const [file, setFile] = useState<File>()
  const send = (chosen: File, preview: boolean) => {
    const body = new FormData()
    body.append('file', chosen)
    return call<Imported>(`POST /admin/api/apis/${api.id}/scopes/import`, { query: preview ? { preview } : {}, body })
  }
  const preview = useMutation({ mutationFn: (chosen: File) => send(chosen, true) })
  const doing = useMutation({
    mutationFn: () => send(file!, false),
    async onSuccess({ added }) {
      await refresh('scopes', 'api', 'apis')
      tell(`${count(added.length, 'scope')} added.`)
      close()
    },
  })
  return (
    <Modal opened onClose={close} title="Import scopes from OpenAPI" size="lg">
      <div className="stack">
        <p className="soft">
          A description of the API, OpenAPI 3 or Swagger 2, as JSON or YAML. Its OAuth scopes become scopes here; those
          that are there stay as they are.
        </p>
        <label className="stack-narrow">
          <span className="field-label">File</span>
          <input
            type="file"
            accept=".json,.yaml,.yml,application/json,application/yaml"
            onChange={(event) => {
              const chosen = event.currentTarget.files?.[0]
              setFile(chosen)
              if (chosen) preview.mutate(chosen)
            }}
          />
        </label>
        {preview.isError && <Refusal error={preview.error} />}
        {doing.isError && <Refusal error={doing.error} />}
        {preview.data && (
          <>
            <Note tone={preview.data.added.length > 0 ? 'good' : 'info'}>
              {count(preview.data.added.length, 'scope')} to add, {preview.data.kept.length} there already,{' '}
              {preview.data.skipped.length} left out.
            </Note>
            {preview.data.added.length + preview.data.skipped.length > 0 && (
              <Table
                label="What the import does"
                rows={[
                  ...preview.data.added.map(({ key, description }) => ({ key, what: 'Add', about: description })),
                  ...preview.data.skipped.map(({ key, reason }) => ({ key, what: 'Leave out', about: reason })),
                ]}
                rowKey={({ key }) => key}
                columns={[
                  { title: 'Scope', cell: ({ key }) => <code>{key}</code> },
                  { title: 'What', tight: true, cell: ({ what }) => what },
                  { title: 'About', wide: true, cell: ({ about }) => about },
                ]}
              />
            )}
          </>
        )}
        <div className="actions" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button
            onClick={() => doing.mutate()}
            loading={doing.isPending}
            disabled={!preview.isSuccess || preview.data.added.length === 0}
          >
            Import {preview.data ? count(preview.data.added.length, 'scope') : ''}
          </Button>
        </div>
      </div>
    </Modal>
  )
}
