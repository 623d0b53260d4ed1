import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { DeleteDialog } from '../../components/dialog.tsx'
import { RowActions } from '../../components/row-actions.tsx'
import { Empty, Loaded, Note, Tag } from '../../components/states.tsx'
import { Table } from '../../components/table.tsx'
import { useSession } from '../../session/session.tsx'
import { type Plan, plansQuery } from './customer.ts'
import { EditPlan } from './edit-plan.tsx'

/** The plans from which agreements are made. */
export function Plans({ add, dialog }: { add: ReactNode; dialog: { isOpen: boolean; close: () => void } }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const plans = useQuery(plansQuery)
  const [editing, setEditing] = useState<Plan>()
  const [removing, setRemoving] = useState<Plan>()
  return (
    <>
      <Loaded query={plans}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon="billing" title="No plans yet" actions={add}>
              A plan such as “Pro” gives features with a price and a limit. Customers agree to one; tokens and your code
              learn from it what they are entitled to.
            </Empty>
          ) : (
            <Table
              label="Plans"
              rows={rows}
              rowKey={({ code }) => code}
              columns={[
                {
                  title: 'Plan',
                  cell: ({ name, code, is_default }) => (
                    <>
                      <span className="row">
                        <span className="primary">{name}</span>
                        {is_default && <Tag tone="accent">For new customers</Tag>}
                      </span>
                      <span className="sub">
                        <code>{code}</code>
                      </span>
                    </>
                  ),
                },
                {
                  title: 'Features',
                  wide: true,
                  cell: ({ features }) => features.map(({ name }) => name).join(', ') || '–',
                },
                {
                  title: '(Actions)',
                  tight: true,
                  right: true,
                  cell: (plan) =>
                    mayWrite && (
                      <RowActions
                        of={plan.name}
                        actions={[
                          { label: 'Edit', onClick: () => setEditing(plan) },
                          { label: 'Delete', isDangerous: true, onClick: () => setRemoving(plan) },
                        ]}
                      />
                    ),
                },
              ]}
            />
          )
        }
      </Loaded>
      {dialog.isOpen && <EditPlan close={dialog.close} />}
      {editing && <EditPlan plan={editing} close={() => setEditing(undefined)} />}
      {removing && (
        <DeleteDialog
          what="the plan"
          name={removing.name}
          close={() => setRemoving(undefined)}
          remove={async () => {
            await call(`DELETE /admin/api/billing/plans/${encodeURIComponent(removing.code)}`)
            await refresh('plans')
            tell(`${removing.name} was deleted.`)
            setRemoving(undefined)
          }}
        >
          <Note>A plan that somebody has agreed to, ever, cannot be deleted.</Note>
        </DeleteDialog>
      )}
    </>
  )
}
