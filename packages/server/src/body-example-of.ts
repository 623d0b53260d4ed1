import { operations } from './api/index.ts'
import { bodyExample } from './examples.ts'

/** A body that the operation takes, as API reference and Postman collection have it; undefined where it takes none. */
export function bodyExampleOf(operationId: string): unknown {
  const operation = operations.find(({ id }) => id === operationId)
  return operation && bodyExample(operation)
}
