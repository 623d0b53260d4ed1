import type { Operation } from '../operation.ts'
import * as activity from './activity.ts'
import * as administrators from './administrators.ts'
import * as apiKeys from './api-keys.ts'
import * as applicationAccess from './application-access.ts'
import * as applicationSecrets from './application-secrets.ts'
import * as billingCustomers from './billing-customers.ts'
import * as billingPlans from './billing-plans.ts'
import * as connectedApps from './connected-apps.ts'
import * as definitionsOverview from './definitions-overview.ts'
import * as flagOverview from './flag-overview.ts'
import * as invites from './invites.ts'
import * as links from './links.ts'
import * as me from './me.ts'
import * as memberScopes from './member-scopes.ts'
import * as organizationPolicies from './organization-policies.ts'
import * as rateLimit from './rate-limit.ts'
import * as reach from './reach.ts'
import * as requests from './requests.ts'
import * as scopeImport from './scope-import.ts'
import * as session from './session.ts'
import * as sessions from './sessions.ts'
import * as signingKeys from './signing-keys.ts'
import * as statistics from './statistics.ts'
import * as testToken from './test-token.ts'
import * as userFactors from './user-factors.ts'
import * as webhookDeliveries from './webhook-deliveries.ts'

/**
 * The operations of the console, under `/admin/api/`. Kinde has none of them: they are no part of the Management API's
 * document.
 */
export const adminOperations: readonly Operation[] = [
  session,
  links,
  me,
  sessions,
  administrators,
  invites,
  activity,
  requests,
  statistics,
  applicationSecrets,
  testToken,
  signingKeys,
  webhookDeliveries,
  scopeImport,
  reach,
  applicationAccess,
  rateLimit,
  flagOverview,
  definitionsOverview,
  userFactors,
  billingPlans,
  billingCustomers,
  connectedApps,
  apiKeys,
  organizationPolicies,
  memberScopes,
].flatMap((file) => Object.values(file).filter((value): value is Operation => isOperation(value)))

function isOperation(value: unknown): value is Operation {
  return typeof value === 'object' && value !== null && 'handler' in value
}
