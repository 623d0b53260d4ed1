import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { useDialog } from '../../components/dialog.tsx'
import { Page } from '../../components/page.tsx'
import { AddButton } from '../../components/row-actions.tsx'
import { Empty, Loaded, Tag } from '../../components/states.tsx'
import { Table } from '../../components/table.tsx'
import { Time } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'
import { EditWebhook } from './edit-webhook.tsx'
import { webhooksQuery } from './webhook.ts'

export default function Webhooks() {
  const { mayWrite } = useSession()
  const dialog = useDialog('new')
  const webhooks = useQuery(webhooksQuery)
  const add = mayWrite && <AddButton label="Add webhook" onClick={dialog.open} />
  return (
    <Page
      title="Webhooks"
      lede="The server calls your address when something changes, and tries again for days when it does not answer."
      actions={add}
    >
      <Loaded query={webhooks}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon="webhooks" title="No webhooks yet" actions={add}>
              Give an address and choose events, such as “User created”. Each call is a signed token, so that your code
              can check that it comes from here.
            </Empty>
          ) : (
            <Table
              label="Webhooks"
              rows={rows}
              rowKey={({ id }) => id}
              columns={[
                {
                  title: 'Name',
                  cell: ({ id, name, endpoint }) => (
                    <>
                      <Link href={`/webhooks/${id}`} className="primary">
                        {name}
                      </Link>
                      <span className="sub">{endpoint}</span>
                    </>
                  ),
                },
                {
                  title: 'State',
                  cell: ({ is_enabled }) => (is_enabled ? <Tag tone="good">On</Tag> : <Tag>Off</Tag>),
                },
                { title: 'Events', wide: true, right: true, cell: ({ event_types }) => event_types.length },
                { title: 'Added', wide: true, cell: ({ created_on }) => <Time at={created_on} /> },
              ]}
            />
          )
        }
      </Loaded>
      {dialog.isOpen && <EditWebhook close={dialog.close} />}
    </Page>
  )
}
