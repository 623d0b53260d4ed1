import type { Migration } from 'kysely/migration'
import * as start from './0001-start.ts'
import * as rolesFlagsMembers from './0002-roles-flags-members.ts'

/** Applied in the order of their names, once each. A landed migration never changes: add the next one. */
export const migrations: Record<string, Migration> = {
  '0001-start': start,
  '0002-roles-flags-members': rolesFlagsMembers,
}
