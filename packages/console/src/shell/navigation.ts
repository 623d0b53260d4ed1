import type { IconName } from '../components/icon.tsx'

export interface Place {
  to: string
  label: string
  icon: IconName
  /** further words under which the command palette finds it */
  words?: string
}

/** What the console has, in the order of its navigation. */
export const navigation: { title?: string; places: Place[] }[] = [
  {
    places: [
      { to: '/', label: 'Home', icon: 'home', words: 'overview statistics' },
      { to: '/activity', label: 'Activity', icon: 'activity', words: 'audit log events changes history' },
      { to: '/requests', label: 'Requests', icon: 'requests', words: 'log errors refused calls' },
    ],
  },
  {
    title: 'Access',
    places: [
      { to: '/applications', label: 'Applications', icon: 'applications', words: 'm2m clients secrets keys' },
      { to: '/apis', label: 'APIs', icon: 'apis', words: 'audience scopes openapi import' },
      { to: '/api-keys', label: 'API keys', icon: 'key' },
    ],
  },
  {
    title: 'People',
    places: [
      { to: '/users', label: 'Users', icon: 'users', words: 'identities profiles' },
      { to: '/organizations', label: 'Organizations', icon: 'organizations', words: 'members tenants invites' },
      { to: '/roles', label: 'Roles and permissions', icon: 'roles', words: 'matrix' },
      {
        to: '/billing',
        label: 'Billing',
        icon: 'billing',
        words: 'subscribers plans customers agreements entitlements meter',
      },
    ],
  },
  {
    title: 'Configuration',
    places: [
      { to: '/flags', label: 'Feature flags', icon: 'flags', words: 'overrides' },
      { to: '/properties', label: 'Properties', icon: 'properties', words: 'categories custom fields' },
      { to: '/connections', label: 'Connections', icon: 'connections', words: 'sso saml social' },
      { to: '/webhooks', label: 'Webhooks', icon: 'webhooks', words: 'deliveries events' },
      { to: '/variables', label: 'Environment variables', icon: 'variables' },
      {
        to: '/settings',
        label: 'Settings',
        icon: 'settings',
        words: 'business environment logos passkeys mfa connected apps',
      },
      { to: '/signing-keys', label: 'Signing keys', icon: 'lock', words: 'jwks rotate' },
      { to: '/administrators', label: 'Administrators', icon: 'administrators', words: 'team invite console' },
    ],
  },
]
