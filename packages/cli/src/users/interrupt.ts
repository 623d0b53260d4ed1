/** Ctrl+C lets what is on its way come to an end; a second one does not. */
export async function untilInterrupt<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const stop = new AbortController()
  const onInterrupt = () => {
    process.off('SIGINT', onInterrupt)
    stop.abort()
  }
  process.on('SIGINT', onInterrupt)
  try {
    return await work(stop.signal)
  } finally {
    process.off('SIGINT', onInterrupt)
  }
}
