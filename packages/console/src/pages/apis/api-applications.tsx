import { Switch } from '@mantine/core'
import { Link } from 'wouter'
import { call } from '../../api.ts'
import { useQuickChange } from '../../components/changes.ts'
import { Section } from '../../components/page.tsx'
import { Empty } from '../../components/states.tsx'
import { Table } from '../../components/table.tsx'
import { useSession } from '../../session/session.tsx'
import type { Api } from './api.ts'

/** Which applications get tokens for an API. */
export function ApiApplications({ api }: { api: Api }) {
  const { mayWrite } = useSession()
  const change = useQuickChange<Api, { id: string; isOn: boolean }>(
    ['api', api.id],
    ({ id, isOn }) =>
      call(`PATCH /api/v1/apis/${api.id}/applications`, {
        body: { applications: [{ id, ...(isOn ? {} : { operation: 'delete' }) }] },
      }),
    (data, { id, isOn }) => ({
      ...data,
      applications: (data.applications ?? []).map((each) => (each.id === id ? { ...each, is_active: isOn } : each)),
    }),
  )
  const applications = api.applications ?? []
  return (
    <Section
      title="Applications"
      lede="An authorized application gets tokens for this API; the scopes in them are chosen per application. Revoking takes its scopes too."
    >
      {applications.length === 0 ? (
        <Empty icon="applications" title="No applications yet">
          <Link href="/applications?dialog=new">Add an application</Link>, then authorize it here.
        </Empty>
      ) : (
        <Table
          label="Applications"
          rows={applications}
          rowKey={({ id }) => id}
          columns={[
            { title: 'Application', cell: ({ id, name }) => <Link href={`/applications/${id}`}>{name}</Link> },
            { title: 'Type', wide: true, cell: ({ type }) => type },
            {
              title: 'Authorized',
              tight: true,
              cell: ({ id, name, is_active }) => (
                <Switch
                  aria-label={`${name} is authorized`}
                  checked={is_active === true}
                  disabled={!mayWrite}
                  onChange={(event) => change.mutate({ id, isOn: event.currentTarget.checked })}
                />
              ),
            },
            {
              title: '(Scopes)',
              tight: true,
              cell: ({ id, is_active }) =>
                is_active ? <Link href={`/applications/${id}/apis/${api.id}`}>Scopes</Link> : null,
            },
          ]}
        />
      )}
    </Section>
  )
}
