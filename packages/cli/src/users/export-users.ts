import { open } from 'node:fs/promises'
import type { Kindred } from '@kindred/sdk'
import type { Checkpoint } from './checkpoint.ts'
import { exportedPages, headOf } from './exported-user.ts'
import type { Format } from './rows.ts'

/** How far an export has come. */
export interface ExportState {
  /** Where the next page begins. */
  cursor: string
  /** How long the file is up to there. */
  bytes: number
  count: number
}

/**
 * Writes every user, a page at a time, and keeps a checkpoint after each.
 * @param options `isFull` adds what takes requests for each user: which identities are verified, property values, roles
 *   and permissions
 * @returns how many users the file holds; `isWhole` false when the signal has ended it
 */
export async function exportUsers(
  kindred: Kindred,
  options: {
    file: string
    format: Format
    isFull: boolean
    checkpoint: Checkpoint<ExportState>
    signal: AbortSignal
    onProgress: (count: number) => void
  },
): Promise<{ count: number; isWhole: boolean }> {
  const { file, format, isFull, checkpoint, signal, onProgress } = options
  const earlier = await checkpoint.read()
  const handle = await open(file, earlier === undefined ? 'w' : 'r+', 0o600)
  let { bytes, count } = earlier ?? { bytes: 0, count: 0 }
  try {
    // What was written after the last checkpoint is written again.
    await handle.truncate(bytes)
    const append = async (text: string) => {
      const { bytesWritten } = await handle.write(text, bytes, 'utf8')
      bytes += bytesWritten
    }
    if (earlier === undefined) await append(headOf(format))
    for await (const page of exportedPages(kindred, { format, isFull, from: earlier?.cursor })) {
      const { cursor } = page
      await append(page.text)
      count += page.count
      onProgress(count)
      if (cursor === undefined) break
      await handle.datasync()
      await checkpoint.write({ cursor, bytes, count })
      if (signal.aborted) return { count, isWhole: false }
    }
  } finally {
    await handle.close()
  }
  await checkpoint.remove()
  return { count, isWhole: true }
}
