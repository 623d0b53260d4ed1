import type { Terminal } from '../terminal.ts'

const barWidth = 24
const everyMs = 100

/** A line on the terminal's standard error that tells how far a command has come. Elsewhere it writes nothing. */
export class Progress {
  readonly #terminal: Terminal
  readonly #startedAt = performance.now()
  #shownAt = Number.NEGATIVE_INFINITY

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /**
   * @param share of the whole, 0 to 1; undefined where the whole is not known
   * @param textOf asked for only when it is shown, which is ten times a second at most
   * @param count how many entries were done by this run; undefined where their rate says nothing
   */
  show(share: number | undefined, count: number | undefined, textOf: () => string): void {
    const { stderr } = this.#terminal
    const now = performance.now()
    if (!stderr.isTTY || now - this.#shownAt < everyMs) return
    this.#shownAt = now
    const seconds = (now - this.#startedAt) / 1000
    const rate = count !== undefined && seconds > 0.5 ? ` ${Math.round(count / seconds).toLocaleString('en')}/s` : ''
    const line = `${share === undefined ? '' : barText(share)}${textOf()}${rate}`
    stderr.write(`\r${line.slice(0, (stderr.columns ?? 80) - 1)}\u001b[K`)
  }

  /** Takes the line away. */
  end(): void {
    if (this.#terminal.stderr.isTTY) this.#terminal.stderr.write('\r\u001b[K')
  }
}

function barText(share: number): string {
  const full = Math.round(Math.min(1, share) * barWidth)
  const percent = String(Math.floor(Math.min(1, share) * 100)).padStart(3)
  return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)} ${percent} %  `
}
