import type { Call } from './client.ts'
import type { Paging } from './list.ts'

/** One operation of the API, as data. */
export interface OperationInfo extends Call {
  /** Kinde's operation id: `getUsers`. */
  id: string
  /** Its name in this package: `users.list`. */
  name: string
  /** The part of the name before the last dot: `users`. */
  resource: string
  /** The part behind it: `list`. */
  action: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** The scope that the token must carry; null where none is needed. */
  scope: string | null
  /** May be called without a token. */
  isAnonymous: boolean
  /** The chapter of Kinde's documentation. */
  tag: string
  summary: string
  description: string
  /** Those of the path first, then of the query, then of the body. */
  parameters: readonly ParameterInfo[]
  /** For lists: the member of the reply that holds the entries. */
  items?: string
  /** For lists: how they are paged. */
  paging?: Paging
}

/** One member of an operation's input. */
export interface ParameterInfo {
  name: string
  in: 'path' | 'query' | 'body' | 'form'
  isRequired: boolean
  /** `any` where several types are taken. */
  type: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object' | 'file' | 'any'
  isNullable?: boolean
  /** All the values that are taken. */
  values?: readonly string[]
  /** `date-time`, `uri` and the like, where the text has a form. */
  format?: string
  description: string
}
