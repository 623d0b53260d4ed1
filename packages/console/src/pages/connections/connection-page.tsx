import { Button, Switch, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useLocation, useParams } from 'wouter'
import { call } from '../../api.ts'
import { tell, useChange, useRefresh } from '../../components/changes.ts'
import { Value } from '../../components/copy.tsx'
import { DeleteDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { Icon } from '../../components/icon.tsx'
import { Fact, Facts, Page, Section } from '../../components/page.tsx'
import { Empty, Loaded, Note, Refusal, Tag } from '../../components/states.tsx'
import { useSession } from '../../session/session.tsx'
import { type ApplicationType, typeNames } from '../applications/application.ts'
import { type Connection, connectionQuery, fieldsOf, strategyName } from './connection.ts'
import { OptionField } from './option-field.tsx'

export default function ConnectionPage() {
  const { id } = useParams<{ id: string }>()
  const connection = useQuery(connectionQuery(id))
  return <Loaded query={connection}>{(data) => <Parts key={JSON.stringify(data.options)} connection={data} />}</Loaded>
}

function Parts({ connection }: { connection: Connection }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const deleting = useDialog('delete')
  const [, navigate] = useLocation()
  const fields = fieldsOf(connection.strategy)
  const form = useForm(
    { name: connection.name, display_name: connection.display_name, options: connection.options },
    async ({ options, ...names }) => {
      const changed = Object.fromEntries(
        Object.entries(options)
          .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(connection.options[name]) && value !== '')
          .map(([name, value]) => [name, Array.isArray(value) ? value.filter((line) => line !== '') : value]),
      )
      await call(`PATCH /api/v1/connections/${connection.id}`, {
        body: { ...names, ...(Object.keys(changed).length > 0 ? { options: changed } : {}) },
      })
      await refresh('connections')
      tell('The connection was saved.')
    },
  )
  return (
    <Page
      title={connection.display_name || connection.name}
      parent={{ to: '/connections', label: 'Connections' }}
      tag={<Tag>{strategyName(connection.strategy)}</Tag>}
    >
      <div className="stack-wide">
        <div className="card">
          <Facts>
            <Fact name="Connection id">
              <Value text={connection.id} what="the connection id" />
            </Fact>
          </Facts>
        </div>
        <Section title="Options" lede="What the provider gave you. Secrets are kept sealed and never shown.">
          <form onSubmit={form.submit} className="stack" style={{ maxWidth: '40rem' }}>
            <TextInput {...form.text('display_name')} label="Text on the button" readOnly={!mayWrite} />
            <TextInput {...form.text('name')} label="Name" readOnly={!mayWrite} />
            {fields.map((field) => (
              <OptionField
                key={field.name}
                field={field}
                value={form.values.options[field.name]}
                isSet={connection.secrets_set.includes(field.name)}
                readOnly={!mayWrite}
                error={form.fault(`options.${field.name}`) ?? form.fault(field.name)}
                onChange={(value) => form.set('options', { ...form.values.options, [field.name]: value })}
              />
            ))}
            {form.refusal !== undefined && <Refusal error={form.refusal} />}
            {mayWrite && (
              <div>
                <Button type="submit" loading={form.isBusy} disabled={!form.isChanged}>
                  Save connection
                </Button>
              </div>
            )}
          </form>
        </Section>
        <Applications connection={connection} />
        {mayWrite && (
          <Section title="Delete" lede="People can no longer sign in this way. Their accounts stay.">
            <Button variant="light" color="red" leftSection={<Icon name="remove" size={16} />} onClick={deleting.open}>
              Delete connection
            </Button>
          </Section>
        )}
      </div>
      {deleting.isOpen && (
        <DeleteDialog
          what="the connection"
          name={connection.display_name || connection.name}
          close={deleting.close}
          remove={async () => {
            await call(`DELETE /api/v1/connections/${connection.id}`)
            navigate('/connections', { replace: true })
            await refresh('connections')
            tell('The connection was deleted.')
          }}
        >
          <Note tone="warn">
            Applications that offer it: {connection.application_ids.length}. People who sign in with it alone cannot
            sign in any more.
          </Note>
        </DeleteDialog>
      )}
    </Page>
  )
}

function Applications({ connection }: { connection: Connection }) {
  const { mayWrite } = useSession()
  const applications = useQuery({
    queryKey: ['applications', 'for-connections'],
    queryFn: async () =>
      (
        await call<{ applications?: { id: string; name: string; type: ApplicationType }[] }>(
          'GET /api/v1/applications',
          {
            query: { page_size: 500, sort: 'name_asc' },
          },
        )
      ).applications ?? [],
  })
  const change = useChange(
    ({ id, isOn }: { id: string; isOn: boolean }) =>
      call(`${isOn ? 'POST' : 'DELETE'} /api/v1/applications/${id}/connections/${connection.id}`),
    { keys: ['connections'] },
  )
  return (
    <Section title="Applications" lede="Where people may sign in this way.">
      <Loaded query={applications}>
        {(rows) => {
          const withPeople = rows.filter(({ type }) => type !== 'm2m')
          if (withPeople.length === 0) {
            return (
              <Empty icon="applications" title="No application that people sign in to">
                Machine-to-machine applications have no sign-in page.
              </Empty>
            )
          }
          return (
            <div className="card stack">
              {withPeople.map(({ id, name, type }) => (
                <Switch
                  key={id}
                  label={name}
                  description={typeNames[type]}
                  checked={connection.application_ids.includes(id)}
                  disabled={!mayWrite || change.isPending}
                  onChange={(event) => change.mutate({ id, isOn: event.currentTarget.checked })}
                />
              ))}
            </div>
          )
        }}
      </Loaded>
    </Section>
  )
}
