/** What the exit code of `kindred` says. docs/cli.md tells the same. */
export const exitCodes = {
  ok: 0,
  /** The server refused: something does not exist, or is not valid. Also what nobody foresaw. */
  refused: 1,
  /** The command line or the settings cannot be used. Nothing was sent. */
  usage: 2,
  /** No answer: nobody listens, the name has no address, the certificate is not trusted, it took too long. */
  unreachable: 3,
  /** The credentials are not good, or do not allow it. */
  unauthorized: 4,
  /** The server failed, or asks to wait. The same command may succeed later. */
  unavailable: 5,
  /** Done, but for the entries that were reported. */
  partly: 6,
} as const

/** An error that is told in one message, without a stack. The message says what to do next. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: number

  constructor(message: string, exitCode: number = exitCodes.usage) {
    super(message)
    this.exitCode = exitCode
  }
}
