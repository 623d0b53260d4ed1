import type { Operation } from '../operation.ts'
import * as apiKeys from './api-keys.ts'
import * as apis from './apis/apis.ts'
import * as apiApplications from './apis/applications.ts'
import * as apiApplicationsScopes from './apis/applications-scopes.ts'
import * as apiScopes from './apis/scopes.ts'
import * as applications from './applications/applications.ts'
import * as authLogoutUrls from './applications/auth-logout-urls.ts'
import * as authRedirectUrls from './applications/auth-redirect-urls.ts'
import * as billing from './billing.ts'
import * as business from './business.ts'
import * as industries from './industries.ts'
import * as organizations from './organizations/organizations.ts'
import * as permissions from './permissions.ts'
import * as rolePermissions from './roles/permissions.ts'
import * as roles from './roles/roles.ts'
import * as roleScopes from './roles/scopes.ts'
import * as roleSystemPermissions from './roles/system-permissions.ts'
import * as subscribers from './subscribers.ts'
import * as systemPermissions from './system-permissions.ts'
import * as timezones from './timezones.ts'
import * as userMfa from './users/mfa.ts'
import * as userClaims from './users/refresh-claims.ts'
import * as userSessions from './users/sessions.ts'
import * as users from './users/users.ts'

/** Every operation of the Management API. One line for each file; nothing else. */
export const operations: readonly Operation[] = [
  apiKeys,
  apis,
  apiApplications,
  apiApplicationsScopes,
  apiScopes,
  applications,
  authLogoutUrls,
  authRedirectUrls,
  organizations,
  users,
  userClaims,
  userMfa,
  userSessions,
  billing,
  business,
  industries,
  permissions,
  roles,
  rolePermissions,
  roleScopes,
  roleSystemPermissions,
  subscribers,
  systemPermissions,
  timezones,
].flatMap((file) => Object.values(file).filter((value): value is Operation => isOperation(value)))

function isOperation(value: unknown): value is Operation {
  return typeof value === 'object' && value !== null && 'handler' in value
}
