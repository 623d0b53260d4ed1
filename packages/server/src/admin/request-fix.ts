import { canonicalScope } from '../management-api.ts'
import type { LoggedCall } from '../request-log.ts'

/** The one thing that makes a refused call succeed. */
export interface Fix {
  action:
    | 'add_scope'
    | 'use_audience'
    | 'authorize_api'
    | 'get_token'
    | 'send_token'
    | 'check_credentials'
    | 'correct_input'
    | 'check_id'
    | 'check_address'
    | 'use_general_application'
    | 'change_role'
    | 'sign_in'
    | 'wait'
    | 'see_log'
  message: string
  scope?: string
  audience?: string
  application_id?: string
  field?: string
}

/** What to do about a refusal, told from its code. @param baseUrl of the server */
export function fixOf(call: LoggedCall, baseUrl: string): Fix | null {
  const { reason } = call
  if (reason === null) return null
  const audience = `${baseUrl}/api`
  const application = call.applicationId === null ? {} : { application_id: call.applicationId }
  const { code, message, field } = reason
  if (code === 'SCOPE_MISSING' && call.scope !== null) {
    const fix = `Enable the scope ${call.scope} for the application under APIs, then get a new token.`
    return { action: 'add_scope', message: fix, scope: call.scope, audience, ...application }
  }
  if (code === 'invalid_scope') {
    const scope = quoted(message, 'scope')
    const fix = `Enable the scope ${scope ?? 'that was asked for'} for the application, or leave it out of the request.`
    return {
      action: 'add_scope',
      message: fix,
      ...(scope === undefined ? {} : { scope: canonicalScope(scope) }),
      ...application,
    }
  }
  if (code === 'INVALID_AUDIENCE') {
    return {
      action: 'use_audience',
      message: `Ask for a token with the audience ${audience}.`,
      audience,
      ...application,
    }
  }
  const refusedAudience = quoted(message, 'audience')
  if (code === 'invalid_request' && call.status === 403 && refusedAudience !== undefined) {
    const fix = `Authorize the application for the API ${refusedAudience}, or correct the audience.`
    return { action: 'authorize_api', message: fix, audience: refusedAudience, ...application }
  }
  const known = fixes[code] ?? (call.status === 404 && code !== 'ROUTE_NOT_FOUND' ? notFoundFix : undefined)
  if (known !== undefined) return { ...known, ...(field === undefined ? {} : { field }), ...application }
  if (call.status >= 500) {
    return { action: 'see_log', message: `The server's log tells more under the request id ${call.requestId}.` }
  }
  return { action: 'correct_input', message, ...(field === undefined ? {} : { field }), ...application }
}

const notFoundFix: Fix = {
  action: 'check_id',
  message: 'Look the id up in the list: it may belong to something that was deleted, or to another environment.',
}

const fixes: Record<string, Fix> = {
  TOKEN_MISSING: { action: 'send_token', message: 'Send the header Authorization: Bearer <token>.' },
  TOKEN_EXPIRED: { action: 'get_token', message: 'Get a new token from POST /oauth2/token.' },
  TOKEN_INVALID: { action: 'get_token', message: 'Get a token from POST /oauth2/token of this server.' },
  invalid_client: {
    action: 'check_credentials',
    message:
      'Compare client id and client secret with those of the application; the secret may have been retired or have expired.',
  },
  unauthorized_client: {
    action: 'check_credentials',
    message: 'Use an application of the type Machine to machine.',
  },
  access_denied: {
    action: 'use_general_application',
    message: 'The organization of the application is suspended: lift that, or use another application.',
  },
  ORGANIZATION_ACCESS_DENIED: {
    action: 'use_general_application',
    message: 'Use a general M2M application, or keep to the organization of this one.',
  },
  ROUTE_NOT_FOUND: {
    action: 'check_address',
    message: 'No operation has this address: compare it with the API reference.',
  },
  METHOD_NOT_ALLOWED: {
    action: 'check_address',
    message: 'The address is right, the method is not: compare it with the API reference.',
  },
  ROLE_INSUFFICIENT: { action: 'change_role', message: 'An owner can give the administrator a role that may do this.' },
  CONSOLE_ONLY: { action: 'sign_in', message: 'Only an administrator in the console may do this.' },
  SESSION_MISSING: { action: 'sign_in', message: 'Sign in to the console.' },
  SESSION_ENDED: { action: 'sign_in', message: 'Sign in to the console again.' },
  TOO_MANY_ATTEMPTS: { action: 'wait', message: 'Wait as long as Retry-After says.' },
  TOO_MANY_REQUESTS: { action: 'wait', message: 'Wait as long as Retry-After says, or raise the limit.' },
}

/** The value that a message of the token endpoint quotes: `scope 'read:users'`. */
function quoted(message: string, word: string): string | undefined {
  return new RegExp(`${word} '([^']+)'`).exec(message)?.[1]
}
