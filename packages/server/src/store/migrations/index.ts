import type { Kysely } from 'kysely'
import * as start from './0001-start.ts'
import * as rolesFlagsMembers from './0002-roles-flags-members.ts'
import * as organizations from './0003-organizations.ts'
import * as members from './0004-members.ts'
import * as environment from './0005-environment.ts'
import * as connections from './0006-connections.ts'
import * as webhooks from './0007-webhooks.ts'
import * as subscribersKeysBilling from './0008-subscribers-keys-billing.ts'
import * as organizationInvites from './0009-organization-invites.ts'
import * as requests from './0010-requests.ts'
import * as administrators from './0011-administrators.ts'
import * as references from './0012-references.ts'
import * as listsAtConstantCost from './0013-lists-at-constant-cost.ts'
import * as changesInTheJournal from './0014-changes-in-the-journal.ts'
import * as oneIndexOfMembers from './0015-one-index-of-members.ts'
import * as organizationsByHandle from './0016-organizations-by-handle.ts'

/** Applied in the order of their names, once each. A landed migration never changes: add the next one. */
export const migrations: Record<string, { up: (db: Kysely<never>) => Promise<void> }> = {
  '0001-start': start,
  '0002-roles-flags-members': rolesFlagsMembers,
  '0003-organizations': organizations,
  '0004-members': members,
  '0005-environment': environment,
  '0006-connections': connections,
  '0007-webhooks': webhooks,
  '0008-subscribers-keys-billing': subscribersKeysBilling,
  '0009-organization-invites': organizationInvites,
  '0010-requests': requests,
  '0011-administrators': administrators,
  '0012-references': references,
  '0013-lists-at-constant-cost': listsAtConstantCost,
  '0014-changes-in-the-journal': changesInTheJournal,
  '0015-one-index-of-members': oneIndexOfMembers,
  '0016-organizations-by-handle': organizationsByHandle,
}
