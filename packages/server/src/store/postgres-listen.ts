import { Session, type SessionOptions } from './postgres-sessions.ts'

const firstRetryMs = 100
const longestRetryMs = 2000
/** How often the connection is tried while nothing comes in: one that died without a word would stay silent for ever. */
const heartbeatMs = 20_000

/**
 * Listens to the notifications of a channel, on a connection of its own, and does not stop when that is lost.
 * @param onNotice called for each notification with its text
 * @param onGap called after a lost connection: nobody knows what was missed
 * @returns a function that ends it
 */
export async function listen(
  options: SessionOptions & { channel: string; onNotice: (payload: string) => void; onGap: () => void },
): Promise<() => Promise<void>> {
  const { channel, onNotice, onGap } = options
  let session: Session | undefined
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  let retryMs = firstRetryMs

  async function connect(): Promise<void> {
    const made = new Session({ ...options, onNotify: (_channel, payload) => onNotice(payload), onLost })
    session = made
    await made.run(`listen "${channel}"`)
    retryMs = firstRetryMs
    timer = setInterval(() => void made.run('select 1').catch(() => {}), heartbeatMs).unref()
  }

  function onLost(): void {
    clearInterval(timer)
    if (isClosed) return
    timer = setTimeout(reconnect, retryMs).unref()
    retryMs = Math.min(retryMs * 2, longestRetryMs)
  }

  function reconnect(): void {
    // Where it fails, the session is lost again, and onLost() sees to the next attempt.
    connect().then(onGap, () => {})
  }

  await connect()
  return async function stopListening() {
    isClosed = true
    clearInterval(timer)
    if (session?.isLost === false) await session.close()
  }
}
