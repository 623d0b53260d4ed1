import { queryOptions } from '@tanstack/react-query'
import { call } from '../../api.ts'
import { everything } from '../../data/everything.ts'

export interface ConnectionRow {
  id: string
  name: string
  display_name: string
  strategy: string
}

export interface Connection extends ConnectionRow {
  organization_code: string | null
  /** without secrets */
  options: Record<string, unknown>
  /** names of the secret options that have a value */
  secrets_set: string[]
  application_ids: string[]
}

export const connectionsQuery = queryOptions({
  queryKey: ['connections', 'all'],
  queryFn: () => everything<ConnectionRow>('/api/v1/connections', 'connections'),
})

export const connectionQuery = (id: string) =>
  queryOptions({
    queryKey: ['connections', 'one', id],
    queryFn: async () => (await call<{ connection: Connection }>(`GET /admin/api/connections/${id}`)).connection,
  })

const social = ['apple', 'bitbucket', 'discord', 'facebook', 'github', 'gitlab', 'google', 'linkedin', 'microsoft']
const moreSocial = ['patreon', 'slack', 'stripe', 'twitch', 'twitter', 'xero']
const names: Record<string, string> = {
  github: 'GitHub',
  gitlab: 'GitLab',
  linkedin: 'LinkedIn',
  otp: 'One-time code',
  twitter: 'X',
  'oauth2:azure_ad': 'Entra ID (OAuth 2.0)',
  'wsfed:azure_ad': 'Entra ID (WS-Fed)',
  'saml:custom': 'SAML',
  'saml:cloudflare': 'Cloudflare (SAML)',
  'saml:okta': 'Okta (SAML)',
  'saml:microsoft': 'Microsoft (SAML)',
  'saml:google': 'Google Workspace (SAML)',
}

/** What people call a provider: `oauth2:google` is Google. */
export function strategyName(strategy: string): string {
  const provider = strategy.split(':')[1] ?? strategy
  return names[strategy] ?? names[provider] ?? provider.charAt(0).toUpperCase() + provider.slice(1)
}

const option = (strategy: string) => ({ value: strategy, label: strategyName(strategy) })

export const strategies = [
  { group: 'Social', items: [...social, ...moreSocial].map((provider) => option(`oauth2:${provider}`)) },
  {
    group: 'Company',
    items: [
      'oauth2:azure_ad',
      'wsfed:azure_ad',
      'saml:custom',
      'saml:okta',
      'saml:google',
      'saml:microsoft',
      'saml:cloudflare',
    ].map(option),
  },
]

export interface Field {
  name: string
  label: string
  kind: 'text' | 'secret' | 'lines' | 'switch' | 'long'
  about?: string
}

const client: Field[] = [
  { name: 'client_id', label: 'Client id', kind: 'text', about: 'As the provider gave it.' },
  { name: 'client_secret', label: 'Client secret', kind: 'secret' },
]
const company: Field[] = [
  {
    name: 'home_realm_domains',
    label: 'Domains, one a line',
    kind: 'lines',
    about: 'People with such an address are led here.',
  },
  { name: 'is_create_missing_user', label: 'Make an account for people who have none', kind: 'switch' },
  { name: 'is_force_show_sso_button', label: 'Show the button although there are domains', kind: 'switch' },
]
const entra: Field[] = [
  ...client,
  { name: 'entra_id_domain', label: 'Entra ID domain', kind: 'text' },
  ...company,
  { name: 'is_sync_user_profile_on_login', label: 'Take over the profile at each sign-in', kind: 'switch' },
]
const saml: Field[] = [
  { name: 'saml_entity_id', label: 'Entity id', kind: 'text' },
  { name: 'saml_idp_metadata_url', label: 'Address of the metadata', kind: 'text' },
  {
    name: 'saml_idp_metadata_xml',
    label: 'Or the metadata itself',
    kind: 'long',
    about: 'XML, where there is no address.',
  },
  { name: 'saml_email_key_attr', label: 'Attribute with the e-mail address', kind: 'text' },
  { name: 'saml_first_name_key_attr', label: 'Attribute with the first name', kind: 'text' },
  { name: 'saml_last_name_key_attr', label: 'Attribute with the last name', kind: 'text' },
  ...company,
]

/** What the provider of a connection needs to be told. */
export function fieldsOf(strategy: string): Field[] {
  if (strategy.startsWith('saml:')) return saml
  return strategy.endsWith(':azure_ad') ? entra : client
}
