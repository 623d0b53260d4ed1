import type { Checkpoint } from './checkpoint.ts'
import { type ImportTarget, isOfRow } from './import-target.ts'
import type { ImportedUser } from './imported-user.ts'
import type { FileRow } from './rows.ts'

/** How far an import has come. */
export interface ImportState {
  /** Names the import in idempotency keys, so that going on makes nobody twice. */
  run: string
  /** All rows up to this one are done. */
  done: number
  /** Rows beyond it that are done, a thousand at most. */
  beyond: number[]
  imported: number
  updated: number
  existing: number
  refused: number
}

/** A line of the report: a row, or a part of it, that the server did not take. */
export interface Refusal {
  row: number
  line: number
  /** What was refused: the whole row, or a step after which the user is there without it. */
  step: string
  code: string | undefined
  reason: string
  user_id?: string | undefined
  id?: string | undefined
  identity?: string | undefined
}

// Runs in the console's page too: nothing of Node may be imported here.

const checkpointEveryMs = 500
/** How far rows may get ahead of one that takes long, so that the checkpoint stays small. */
const mostAhead = 1000

/**
 * Sends rows to the server, so many at once. Memory does not grow with their number.
 * @param options `checkpoint` keeps how far it came; `report` is told each refusal; `signal` ends it after the rows that
 *   are on their way
 * @returns how far it came; `isWhole` false when it was stopped
 * @throws when no row can succeed: no connection, wrong credentials, a scope that is missing. The checkpoint stays.
 */
export async function importUsers(
  rows: AsyncIterable<FileRow>,
  target: ImportTarget,
  options: {
    checkpoint?: Checkpoint<ImportState>
    report: (refusal: Refusal) => void | Promise<void>
    concurrency: number
    signal: AbortSignal
    onProgress: (state: ImportState) => void
  },
): Promise<{ state: ImportState; isWhole: boolean }> {
  const { checkpoint, report, concurrency, signal, onProgress } = options
  const earlier = await checkpoint?.read()
  const state = earlier ?? { run: newRun(), done: 0, beyond: [], imported: 0, updated: 0, existing: 0, refused: 0 }
  const beyond = new Set(state.beyond)
  const underway = new Set<Promise<void>>()
  let failure: unknown
  let savedAt = performance.now()

  const save = () => checkpoint?.write({ ...state, beyond: [...beyond] })

  async function work(row: FileRow): Promise<void> {
    const refuse = (step: string, error: Error, userId?: string) => report(refusalOf(row, step, error, userId))
    try {
      if (row.user === undefined) throw row.error
      const { outcome, userId, faults } = await target.import(row.user, `${state.run}-${row.number}`)
      for (const { step, error } of faults) await refuse(step, error, userId)
      state[outcome] += 1
      if (faults.length > 0) state.refused += 1
    } catch (error) {
      if (!isOfRow(error)) throw error
      await refuse('user', error as Error)
      state.refused += 1
    }
    beyond.add(row.number)
    while (beyond.delete(state.done + 1)) state.done += 1
  }

  try {
    for await (const row of rows) {
      if (failure !== undefined || signal.aborted) break
      if (row.number <= state.done || beyond.has(row.number)) continue
      while (row.number - state.done > mostAhead && underway.size > 0) await Promise.race(underway)
      const started: Promise<void> = work(row)
        .catch((error: unknown) => {
          failure ??= error
        })
        .finally(() => underway.delete(started))
      underway.add(started)
      if (underway.size >= concurrency) await Promise.race(underway)
      onProgress(state)
      if (performance.now() - savedAt > checkpointEveryMs) {
        await save()
        savedAt = performance.now()
      }
    }
  } catch (error) {
    failure ??= error
  }
  await Promise.all(underway)
  if (failure !== undefined || signal.aborted) {
    await save()
    if (failure !== undefined) throw failure
    return { state, isWhole: false }
  }
  await checkpoint?.remove()
  return { state, isWhole: true }
}

/** A browser has `randomUUID` on pages that came over https only. */
function newRun(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function refusalOf({ number, line, user }: FileRow, step: string, error: Error, userId: string | undefined): Refusal {
  const { code } = error as { code?: string }
  return {
    ...{ row: number, line, step, code, reason: error.message, user_id: userId },
    ...{ id: user?.providedId, identity: nameOf(user) },
  }
}

function nameOf(user: ImportedUser | undefined): string | undefined {
  return (user?.identities[0] ?? user?.connected[0])?.value
}
