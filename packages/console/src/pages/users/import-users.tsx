import { Button, Modal, Progress, Select } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { type Existing, ImportTarget } from '../../../../cli/src/users/import-target.ts'
import { type ImportState, importUsers, type Refusal as RefusedRow } from '../../../../cli/src/users/import-users.ts'
import { RowError } from '../../../../cli/src/users/imported-user.ts'
import { formatOf, readRows } from '../../../../cli/src/users/rows.ts'
import { useRefresh } from '../../components/changes.ts'
import { useLeaveWarning } from '../../components/leaving.ts'
import { Bones, Note, Refusal } from '../../components/states.tsx'
import { count } from '../../components/time.tsx'
import { wholeClient } from '../../data/sdk.ts'
import { RefusedRows } from './refused-rows.tsx'

/** How many users are sent at once. */
const concurrency = 6

/** Makes users from a file of Kinde or Auth0, read in the browser: first shows what is in it, then does it. */
export function ImportUsers({ close }: { close: () => void }) {
  const refresh = useRefresh()
  const [file, setFile] = useState<File>()
  const [existing, setExisting] = useState<Existing>('skip')
  const [done, setDone] = useState(0)
  const stop = useRef(new AbortController())
  const preview = useMutation({ mutationFn: examine })
  const doing = useMutation({
    async mutationFn(chosen: File) {
      const refused: RefusedRow[] = []
      setDone(0)
      const { state, isWhole } = await importUsers(rowsOf(chosen), new ImportTarget(wholeClient(), existing), {
        concurrency,
        signal: stop.current.signal,
        report: (row) => void refused.push(row),
        onProgress: ({ done }) => setDone(done),
      })
      return { state, isWhole, refused }
    },
    onSettled: () => refresh('users'),
  })
  useLeaveWarning(doing.isPending, 'The import is not finished yet, and ends here.')
  // Whoever leaves the dialog wants no more of them.
  useEffect(() => {
    stop.current = new AbortController()
    return () => stop.current.abort()
  }, [])
  const rows = preview.data?.rows ?? 0
  return (
    <Modal opened onClose={close} closeOnClickOutside={!doing.isPending} title="Import users" size="lg">
      <div className="stack">
        <p className="soft">
          Kinde’s NDJSON and CSV, and exports of Auth0. Hashes of passwords are taken over as they are. Organizations
          are found by their external id or code, roles and permissions by their keys: they must be there.
        </p>
        <label className="stack-narrow">
          <span className="field-label">File</span>
          <input
            type="file"
            accept=".ndjson,.jsonl,.json,.csv"
            disabled={doing.isPending}
            onChange={(event) => {
              const chosen = event.currentTarget.files?.[0]
              setFile(chosen)
              doing.reset()
              preview.reset()
              if (chosen) preview.mutate(chosen)
            }}
          />
        </label>
        <Select
          label="Users who are there already"
          data={[
            { value: 'skip', label: 'Leave as they are' },
            { value: 'update', label: 'Add what the file has of them' },
          ]}
          value={existing}
          onChange={(value) => setExisting((value as Existing | null) ?? 'skip')}
          allowDeselect={false}
          disabled={doing.isPending}
        />
        {preview.isPending && <Bones lines={1} />}
        {preview.isError && <Refusal error={preview.error} />}
        {preview.data && doing.isIdle && (
          <Note tone={preview.data.unreadable > 0 ? 'warn' : 'info'}>
            {count(rows, 'row')} in the file
            {preview.data.unreadable > 0 && `, ${preview.data.unreadable} of which cannot be read`}.
            {preview.data.first !== undefined && ` ${preview.data.first}`}
          </Note>
        )}
        {doing.isPending && (
          <div className="stack-narrow" aria-live="polite">
            <Progress value={(100 * done) / Math.max(1, rows)} aria-label="Rows that are done" />
            <span className="small number">
              {done} of {count(rows, 'row')}
            </span>
          </div>
        )}
        {doing.isError && (
          <>
            <Refusal error={doing.error} />
            <Note tone="warn">
              What was imported stays. To go on, choose the file again; “Add what the file has of them” also completes
              the users who were on their way.
            </Note>
          </>
        )}
        {doing.data && (
          <>
            <Note tone={doing.data.isWhole && doing.data.refused.length === 0 ? 'good' : 'warn'}>
              {doing.data.isWhole ? '' : 'Stopped. '}
              {summaryOf(doing.data.state)}
            </Note>
            {doing.data.refused.length > 0 && (
              <RefusedRows rows={doing.data.refused} file={`${file?.name ?? 'users'}.refused.ndjson`} />
            )}
          </>
        )}
        <div className="actions" style={{ justifyContent: 'flex-end' }}>
          {doing.isPending ? (
            <Button variant="default" onClick={() => stop.current.abort()}>
              Stop
            </Button>
          ) : (
            <Button variant="default" onClick={close}>
              {doing.isSuccess ? 'Close' : 'Cancel'}
            </Button>
          )}
          {!doing.isSuccess && (
            <Button
              loading={doing.isPending}
              disabled={file === undefined || rows === 0 || rows === preview.data?.unreadable}
              onClick={() => {
                stop.current = new AbortController()
                doing.mutate(file!)
              }}
            >
              {rows === 0 ? 'Import' : `Import ${count(rows, 'row')}`}
            </Button>
          )}
        </div>
      </div>
    </Modal>
  )
}

/** "3 imported, 1 there already. 2 rows refused, in whole or in part." A user made without a part counts as both. */
function summaryOf({ imported, updated, existing, refused }: ImportState): string {
  const parts = [
    `${imported} imported`,
    updated > 0 && `${updated} updated`,
    existing > 0 && `${existing} there already`,
  ]
  const ended = refused === 0 ? 'Nothing was refused.' : `${count(refused, 'row')} refused, in whole or in part.`
  return `${parts.filter((part) => part !== false).join(', ')}. ${ended}`
}

/** What is in a file, without anything being sent. */
async function examine(file: File): Promise<{ rows: number; unreadable: number; first?: string }> {
  let rows = 0
  let unreadable = 0
  let first: string | undefined
  for await (const { line, error } of rowsOf(file)) {
    rows += 1
    if (error === undefined) continue
    unreadable += 1
    first ??= `Line ${line}: ${error.message}`
  }
  if (rows === 0) throw new RowError('There is no user in the file.')
  return { rows, unreadable, ...(first === undefined ? {} : { first }) }
}

function rowsOf(file: File) {
  const format = formatOf(file.name)
  if (format === undefined) {
    throw new RowError(`The name ${file.name} does not tell the form: end it with .ndjson, .json or .csv.`)
  }
  return readRows(textOf(file), format)
}

async function* textOf(file: File): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const reader = file.stream().getReader()
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      yield decoder.decode(part.value, { stream: true })
    }
    decoder.decode()
  } catch (error) {
    if (error instanceof TypeError) throw new RowError('The file is no UTF-8 text. Save it as CSV UTF-8, say.')
    throw error
  } finally {
    await reader.cancel()
  }
}
