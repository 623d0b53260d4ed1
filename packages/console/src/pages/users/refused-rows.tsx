import { Button } from '@mantine/core'
import type { Refusal } from '../../../../cli/src/users/import-users.ts'
import { saveFile } from '../../components/copy.tsx'
import { Icon } from '../../components/icon.tsx'
import { Table } from '../../components/table.tsx'

/** More are in the file of the report. */
const mostShown = 50

/** What an import did not take, with the reasons, and the same as a file. */
export function RefusedRows({ rows, file }: { rows: Refusal[]; file: string }) {
  const inOrder = rows.toSorted((one, other) => one.row - other.row)
  return (
    <>
      <Table
        label="Refused rows"
        rows={inOrder.slice(0, mostShown)}
        rowKey={({ row, step }) => `${row} ${step}`}
        columns={[
          { title: 'Line', tight: true, right: true, cell: ({ line }) => line },
          {
            title: 'What was refused',
            cell: ({ identity, step, reason }) => (
              <>
                {identity ?? 'The row'}
                {step !== 'user' && `: ${step}`}
                <span className="sub" style={{ whiteSpace: 'normal' }}>
                  {reason}
                </span>
              </>
            ),
          },
        ]}
      />
      <div className="row between">
        <span className="small soft">
          {rows.length > mostShown ? `The first ${mostShown} of ${rows.length}; all are in the report.` : ''}
        </span>
        <Button
          variant="default"
          leftSection={<Icon name="download" size={16} />}
          onClick={() =>
            saveFile(
              file,
              inOrder.map((row) => `${JSON.stringify(row)}\n`),
              'application/x-ndjson',
            )
          }
        >
          Download the report
        </Button>
      </div>
    </>
  )
}
