import type { Terminal } from '../terminal.ts'

/** One line of a terminal that tells how far a command is; elsewhere nothing is told. */
export interface Progress {
  show: (text: string) => void
  /** Takes the line away. */
  end: () => void
}

export function progressOf({ stderr }: Terminal): Progress {
  if (!stderr.isTTY) return { show() {}, end() {} }
  const clear = '\r\u001b[2K'
  return {
    show: (text) => void stderr.write(`${clear}${text.slice(0, (stderr.columns ?? 80) - 1)}`),
    end: () => void stderr.write(clear),
  }
}
