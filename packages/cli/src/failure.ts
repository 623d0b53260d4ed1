import { exitCodes } from './exit-code.ts'

/** What went wrong, for whoever typed the command. */
export interface Failure {
  exitCode: number
  message: string
  code?: string
  status?: number
  requestId?: string
  /** What to do next, where the message does not say it. */
  next?: string
  /** The message tells nothing of it: the stack has to. */
  isUnforeseen?: boolean
}

interface Thrown extends Error {
  code?: string
  exitCode?: number
  status?: number
  requestId?: string
}

/**
 * Reads an error by its name, so that commands which call no server need not load what calls it.
 * @param error of commander, of the server's start, of @kindred/sdk, or a CommandError
 */
export function failureOf(error: unknown): Failure {
  const { name, code, exitCode, message, status, requestId } = error as Thrown
  switch (name) {
    case 'CommandError':
      return { exitCode: exitCode!, message }
    case 'StartError':
      return { exitCode: exitCodes.usage, message }
    case 'ConfigurationError':
    case 'InputError':
      return { exitCode: exitCodes.usage, message, code }
    case 'NetworkError':
    case 'TimeoutError':
      return {
        exitCode: exitCodes.unreachable,
        message: networkMessage(message, code),
        code,
        next: networkAdvice(code),
      }
    case 'AuthenticationError':
      return {
        ...{ exitCode: exitCodes.unauthorized, message, code, status, requestId },
        next: 'Check with: kindred doctor. Give other credentials with: kindred login',
      }
    case 'PermissionError':
    case 'MissingScopeError':
      return { exitCode: exitCodes.unauthorized, message, code, status, requestId }
    case 'RateLimitError':
    case 'ServerError':
      return { exitCode: exitCodes.unavailable, message, code, status, requestId }
    case 'ApiError':
    case 'ConflictError':
    case 'NotFoundError':
    case 'ValidationError':
      return { exitCode: exitCodes.refused, message, code, status, requestId }
    case 'KindredError':
      return { exitCode: exitCodes.refused, message, code }
    default:
      return { exitCode: exitCodes.refused, message: message ?? String(error), isUnforeseen: true }
  }
}

/** The failure as text: a line of what is wrong, and one of what to do where there is more to say. */
export function failureText({ message, next, requestId, status, code }: Failure): string {
  const facts = [status === undefined ? undefined : `status ${status}`, code, requestId && `request ${requestId}`]
  const told = facts.filter(Boolean).join(', ')
  return [`error: ${message}${told === '' ? '' : ` [${told}]`}`, ...(next === undefined ? [] : [next]), ''].join('\n')
}

/** The failure as one JSON line, for `--json`. */
export function failureLine({ exitCode, message, code, status, requestId, next }: Failure): string {
  return `${JSON.stringify({ error: { message, code, status, request_id: requestId, next, exit_code: exitCode } })}\n`
}

/** The library's advice is for programs. */
function networkMessage(message: string, code: string | undefined): string {
  if (code !== 'CERTIFICATE_NOT_TRUSTED') return message
  return message.split('. ', 1)[0]!.concat('.')
}

function networkAdvice(code: string | undefined): string | undefined {
  switch (code) {
    case 'CERTIFICATE_NOT_TRUSTED':
      return 'Name the file of its authority: --ca-file .kindred/ca.pem, or set NODE_EXTRA_CA_CERTS. kindred doctor tells more.'
    case 'UNREACHABLE':
      return 'Find out why with: kindred doctor. Start a server of your own with: kindred serve'
    default:
      return undefined
  }
}
