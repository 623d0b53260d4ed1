import { Button, Checkbox, Loader, Modal, SegmentedControl } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { exportedPages, headOf } from '../../../../cli/src/users/exported-user.ts'
import type { Format } from '../../../../cli/src/users/rows.ts'
import { saveFile } from '../../components/copy.tsx'
import { useLeaveWarning } from '../../components/leaving.ts'
import { Note, Refusal } from '../../components/states.tsx'
import { count } from '../../components/time.tsx'
import { wholeClient } from '../../data/sdk.ts'

const forms: Record<Format, { ending: string; type: string; about: string }> = {
  json: { ending: 'ndjson', type: 'application/x-ndjson', about: 'One user a line, with all their identities.' },
  csv: {
    ending: 'csv',
    type: 'text/csv',
    about: 'For spreadsheets: the first e-mail, phone and username of each; a line for each organization.',
  },
}

/** Reads all users page by page and hands them to the browser as a file in Kinde's form. */
export function ExportUsers({ close }: { close: () => void }) {
  const [format, setFormat] = useState<Format>('json')
  const [isFull, setFull] = useState(false)
  const [read, setRead] = useState(0)
  const stop = useRef(new AbortController())
  const doing = useMutation({
    async mutationFn() {
      const { signal } = stop.current
      const name = `users-${new Date().toISOString().slice(0, 10)}.${forms[format].ending}`
      const pieces = [headOf(format)]
      let users = 0
      setRead(0)
      for await (const page of exportedPages(wholeClient(), { format, isFull })) {
        if (signal.aborted) return undefined
        pieces.push(page.text)
        users += page.count
        setRead(users)
      }
      if (signal.aborted) return undefined
      saveFile(name, pieces, forms[format].type)
      return { name, users }
    },
  })
  useLeaveWarning(doing.isPending, 'The export is not finished yet, and ends here.')
  // Whoever leaves the dialog wants no file.
  useEffect(() => {
    stop.current = new AbortController()
    return () => stop.current.abort()
  }, [])
  const begin = () => {
    stop.current = new AbortController()
    doing.mutate()
  }
  return (
    <Modal opened onClose={close} closeOnClickOutside={!doing.isPending} title="Export users" size="lg">
      <div className="stack">
        <p className="soft">
          All users in Kinde’s form, for Kinde, another Kindred server or the import here. Passwords are not in it.
        </p>
        <div className="stack-narrow">
          <span className="field-label" id="export-form">
            Form
          </span>
          <SegmentedControl
            aria-labelledby="export-form"
            data={[
              { value: 'json', label: 'NDJSON' },
              { value: 'csv', label: 'CSV' },
            ]}
            value={format}
            onChange={(value) => setFormat(value as Format)}
            disabled={doing.isPending}
          />
          <span className="small soft">{forms[format].about}</span>
        </div>
        <Checkbox
          label={
            format === 'csv'
              ? 'With what is verified, and roles and permissions'
              : 'With what is verified, property values, and roles and permissions'
          }
          description="Takes several requests for each user."
          checked={isFull}
          onChange={(event) => setFull(event.currentTarget.checked)}
          disabled={doing.isPending}
        />
        {doing.isPending && (
          <div className="row" aria-live="polite">
            <Loader size="xs" aria-hidden />
            <span className="number">{count(read, 'user')} so far</span>
          </div>
        )}
        {doing.isError && <Refusal error={doing.error} />}
        {doing.isSuccess &&
          (doing.data === undefined ? (
            <Note>Stopped. No file was saved.</Note>
          ) : (
            <Note tone="good">
              {count(doing.data.users, 'user')} in <code>{doing.data.name}</code>.
            </Note>
          ))}
        <div className="actions" style={{ justifyContent: 'flex-end' }}>
          {doing.isPending ? (
            <Button variant="default" onClick={() => stop.current.abort()}>
              Stop
            </Button>
          ) : (
            <Button variant="default" onClick={close}>
              Close
            </Button>
          )}
          <Button onClick={begin} disabled={doing.isPending}>
            Export
          </Button>
        </div>
      </div>
    </Modal>
  )
}
