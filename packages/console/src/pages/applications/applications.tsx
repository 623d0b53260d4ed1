import { Button } from '@mantine/core'
import { Link } from 'wouter'
import { call } from '../../api.ts'
import { useDialog } from '../../components/dialog.tsx'
import { Icon } from '../../components/icon.tsx'
import { List, usePages } from '../../components/list.tsx'
import { Page } from '../../components/page.tsx'
import { Empty, Tag } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'
import { type ApplicationType, typeNames } from './application.ts'
import { NewApplication } from './new-application.tsx'

export interface ApplicationRow {
  id: string
  name: string
  type: ApplicationType
  org_code: string | null
  organization_name: string | null
  created_at: string
  last_token_at: string | null
}

/** Reads one page of the applications; of one organization's where a code is given. */
export async function readApplications(cursor: string | undefined, orgCode?: string) {
  const reply = await call<{ applications: ApplicationRow[]; next_token: string | null }>(
    'GET /admin/api/applications',
    {
      query: { page_size: 50, next_token: cursor, org_code: orgCode },
    },
  )
  return { rows: reply.applications, next: reply.next_token }
}

export default function Applications() {
  const pages = usePages(['applications'], (cursor) => readApplications(cursor))
  const dialog = useDialog('new')
  const { mayWrite } = useSession()
  const add = mayWrite && (
    <Button leftSection={<Icon name="add" size={16} />} onClick={dialog.open}>
      Add application
    </Button>
  )
  return (
    <Page
      title="Applications"
      lede="Whatever asks for tokens: a machine with credentials of its own, or an application that people sign in to."
      actions={add}
    >
      <List
        pages={pages}
        label="Applications"
        noun="application"
        rowKey={({ id }) => id}
        columns={[
          { title: 'Name', cell: ({ id, name }) => <Link href={`/applications/${id}`}>{name}</Link> },
          { title: 'Type', cell: ({ type }) => <Tag>{typeNames[type]}</Tag> },
          {
            title: 'Organization',
            wide: true,
            cell: ({ org_code, organization_name }) =>
              org_code === null ? (
                <span className="soft">All</span>
              ) : (
                <Link href={`/organizations/${org_code}`}>{organization_name ?? org_code}</Link>
              ),
          },
          { title: 'Last token', wide: true, cell: ({ last_token_at }) => <Time at={last_token_at} none="Never" /> },
          { title: 'Created', wide: true, cell: ({ created_at }) => <Time at={created_at} /> },
        ]}
        empty={
          <Empty icon="applications" title="No applications yet" actions={add}>
            A machine-to-machine application gives a script or service its own client id and secret, and just the scopes
            that it needs.
          </Empty>
        }
      />
      {dialog.isOpen && <NewApplication close={dialog.close} />}
    </Page>
  )
}
