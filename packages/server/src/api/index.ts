import type { Operation } from '../operation.ts'
import * as apis from './apis/apis.ts'
import * as users from './users/users.ts'

/** Every operation of the Management API. One line for each file; nothing else. */
export const operations: readonly Operation[] = [apis, users].flatMap((file) =>
  Object.values(file).filter((value): value is Operation => isOperation(value)),
)

function isOperation(value: unknown): value is Operation {
  return typeof value === 'object' && value !== null && 'handler' in value
}
