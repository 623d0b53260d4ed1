export {
  type Call,
  Client,
  type ListCall,
  type NoInput,
  type RawRequest,
  type RequestOptions,
} from './client.ts'
export * from './errors.ts'
export type { Hooks, RequestEvent, ResponseEvent, RetryEvent, TokenEvent } from './hooks.ts'
export { Kindred } from './kindred.ts'
export { List, type Page, type Paging } from './list.ts'
export type { OperationInfo, ParameterInfo } from './operation-info.ts'
export type { ClientOptions, Timing } from './options.ts'
export type { Reply } from './reply-error.ts'
export * from './resources/index.ts'
export { MemoryTokenStore, type StoredToken, type TokenStore } from './token-store.ts'
export type * from './types.ts'
