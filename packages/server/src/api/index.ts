import type { Operation } from '../operation.ts'
import * as apiKeys from './api-keys.ts'
import * as apis from './apis/apis.ts'
import * as apiApplications from './apis/applications.ts'
import * as apiApplicationsScopes from './apis/applications-scopes.ts'
import * as apiScopes from './apis/scopes.ts'
import * as applicationAccessRoles from './applications/access-roles.ts'
import * as applications from './applications/applications.ts'
import * as authLogoutUrls from './applications/auth-logout-urls.ts'
import * as authRedirectUrls from './applications/auth-redirect-urls.ts'
import * as applicationConnections from './applications/connections.ts'
import * as applicationProperties from './applications/properties.ts'
import * as billing from './billing.ts'
import * as business from './business.ts'
import * as connectedApps from './connected-apps.ts'
import * as connections from './connections.ts'
import * as directories from './directories.ts'
import * as environment from './environment/environment.ts'
import * as environmentFeatureFlags from './environment/feature-flags.ts'
import * as environmentLogos from './environment/logos.ts'
import * as environmentVariables from './environment-variables.ts'
import * as eventTypes from './event-types.ts'
import * as events from './events.ts'
import * as featureFlags from './feature-flags.ts'
import * as identities from './identities.ts'
import * as industries from './industries.ts'
import * as mfa from './mfa.ts'
import * as organizationConnections from './organizations/connections.ts'
import * as organizationFeatureFlags from './organizations/feature-flags.ts'
import * as organizationInvites from './organizations/invites.ts'
import * as organizationLogos from './organizations/logos.ts'
import * as organizationMfa from './organizations/mfa.ts'
import * as organizations from './organizations/organizations.ts'
import * as organizationPasskey from './organizations/passkey.ts'
import * as organizationProperties from './organizations/properties.ts'
import * as organizationRoleUsers from './organizations/roles-users.ts'
import * as organizationSessions from './organizations/sessions.ts'
import * as organizationUsers from './organizations/users.ts'
import * as organizationUserApiScopes from './organizations/users-apis-scopes.ts'
import * as organizationUserMfa from './organizations/users-mfa.ts'
import * as organizationUserPermissions from './organizations/users-permissions.ts'
import * as organizationUserRoles from './organizations/users-roles.ts'
import * as passkey from './passkey.ts'
import * as permissions from './permissions.ts'
import * as properties from './properties.ts'
import * as propertyCategories from './property-categories.ts'
import * as rolePermissions from './roles/permissions.ts'
import * as roles from './roles/roles.ts'
import * as roleScopes from './roles/scopes.ts'
import * as roleSystemPermissions from './roles/system-permissions.ts'
import * as search from './search.ts'
import * as subscribers from './subscribers.ts'
import * as systemPermissions from './system-permissions.ts'
import * as timezones from './timezones.ts'
import * as userFeatureFlags from './users/feature-flags.ts'
import * as userIdentities from './users/identities.ts'
import * as userMfa from './users/mfa.ts'
import * as userPassword from './users/password.ts'
import * as userProperties from './users/properties.ts'
import * as userClaims from './users/refresh-claims.ts'
import * as userSessions from './users/sessions.ts'
import * as users from './users/users.ts'
import * as webhooks from './webhooks.ts'

/** Every operation of the Management API. One line for each file; nothing else. */
export const operations: readonly Operation[] = [
  apiKeys,
  apis,
  apiApplications,
  apiApplicationsScopes,
  apiScopes,
  applications,
  applicationAccessRoles,
  applicationConnections,
  applicationProperties,
  authLogoutUrls,
  authRedirectUrls,
  organizations,
  organizationConnections,
  organizationFeatureFlags,
  organizationInvites,
  organizationRoleUsers,
  organizationUsers,
  organizationUserApiScopes,
  organizationUserMfa,
  organizationUserPermissions,
  organizationUserRoles,
  organizationLogos,
  organizationMfa,
  organizationPasskey,
  organizationProperties,
  organizationSessions,
  users,
  userClaims,
  userFeatureFlags,
  userProperties,
  userIdentities,
  userMfa,
  userPassword,
  userSessions,
  billing,
  business,
  connectedApps,
  connections,
  directories,
  identities,
  eventTypes,
  events,
  industries,
  environment,
  environmentFeatureFlags,
  environmentLogos,
  environmentVariables,
  featureFlags,
  mfa,
  passkey,
  permissions,
  properties,
  propertyCategories,
  roles,
  rolePermissions,
  roleScopes,
  roleSystemPermissions,
  search,
  subscribers,
  systemPermissions,
  timezones,
  webhooks,
].flatMap((file) => Object.values(file).filter((value): value is Operation => isOperation(value)))

function isOperation(value: unknown): value is Operation {
  return typeof value === 'object' && value !== null && 'handler' in value
}
