import { Kindred } from '@kindred/sdk'
import { clientSettings } from '../api.ts'

/** The whole SDK, for what takes many calls. A page that uses it is the only one that loads it. */
export function wholeClient(): Kindred {
  return new Kindred({ ...clientSettings, maxRetries: 5 })
}
