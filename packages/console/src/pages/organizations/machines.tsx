import { Link } from 'wouter'
import { useDialog } from '../../components/dialog.tsx'
import { List, usePages } from '../../components/list.tsx'
import { Section } from '../../components/page.tsx'
import { AddButton } from '../../components/row-actions.tsx'
import { Empty } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'
import { readApplications } from '../applications/applications.tsx'
import { NewApplication } from '../applications/new-application.tsx'
import type { Organization } from './organization.ts'

/** The M2M applications whose tokens reach this organization and no other. */
export default function Machines({ organization }: { organization: Organization }) {
  const { mayWrite } = useSession()
  const dialog = useDialog('new')
  const pages = usePages(['applications', organization.code], (cursor) => readApplications(cursor, organization.code))
  const add = mayWrite && <AddButton label="Add M2M application" onClick={dialog.open} />
  return (
    <Section
      title="M2M applications"
      lede="Their tokens carry this organization's code and reach its data alone."
      actions={add}
    >
      <List
        pages={pages}
        label="M2M applications"
        noun="application"
        rowKey={({ id }) => id}
        columns={[
          { title: 'Name', cell: ({ id, name }) => <Link href={`/applications/${id}`}>{name}</Link> },
          { title: 'Last token', cell: ({ last_token_at }) => <Time at={last_token_at} none="Never" /> },
          { title: 'Created', wide: true, cell: ({ created_at }) => <Time at={created_at} /> },
        ]}
        empty={
          <Empty icon="applications" title="No applications of its own" actions={add}>
            Give a customer a client id and secret that reach their own data and nobody else's.
          </Empty>
        }
      />
      {dialog.isOpen && <NewApplication close={dialog.close} orgCode={organization.code} />}
    </Section>
  )
}
