/** Tells one story: a zoo that sells owls' pictures. By the name of a member, or of what it belongs to and the member. */
const texts: Record<string, string> = {
  code: 'OK',
  message: 'Success',
  description: 'Everything about owls.',
  type: 'light',
  given_name: 'Olivia',
  first_name: 'Olivia',
  family_name: 'Owl',
  last_name: 'Owl',
  full_name: 'Olivia Owl',
  username: 'olivia',
  provided_id: 'olivia_7',
  phone: '+441632960123',
  phone_country_id: 'gb',
  handle: 'aviary',
  external_id: 'aviary_7',
  audience: 'https://api.zoo.example',
  strategy: 'saml:okta',
  display_name: 'Owls at work',
  theme_code: 'dark',
  industry: 'Construction',
  timezone: 'London (Greenwich mean time)',
  industry_key: 'construction',
  timezone_key: 'london_greenwich_mean_time',
  language_key: 'en',
  next_token: 'MjQ6OjI1Ojpvd2w6OmFzYw',
  value: 'Sydney',
  raw: '#336699',
  hex: '#336699',
  hsl: 'hsl(210, 50%, 40%)',
  sender_name: 'The zoo',
  business_name: 'The zoo',
  roles: 'keeper',
  permissions: 'feed:owls',
  scopes: 'read:owls',
  scope: 'read:owls',
  api_scopes: 'read:owls',
  query: 'owl',
  created_by: 'Olivia Owl',
  key_prefix: 'k_live_',
  key_suffix: '9f6b',
  status: 'active',
  source: 'api',
  origin: 'kinde',
  key_code_ref: 'owls_elsewhere',
  plan_code: 'aviary_yearly',
  billing_plan_code: 'aviary_yearly',
  billing_feature_code: 'owls',
  feature_code: 'owls',
  feature_name: 'Owls',
  price_name: 'Per owl',
  max_value: '100',
  meter_value: '12',
  file_name: 'owl.svg',
  path: '/logo',
  event_types: 'user.created',
  kinde_domain: 'https://zoo.kinde.com',
  feature_flag_key: 'night_mode',
  property_key: 'nest',
  directory_name: 'Owls',
  enterprise_connection_name: 'Owls at work',
  last_sync_error: 'The directory did not answer.',
  last_ip_address: '203.0.113.7',
  initial_ip_address: '203.0.113.7',
  last_verified_ip: '203.0.113.7',
  last_user_agent: 'Mozilla/5.0',
  initial_user_agent: 'Mozilla/5.0',
  google_analytics_tag: 'G-0123456789',
  'api.name': 'Zoo API',
  'api_key.name': 'Feeding machine',
  'api_key.type': 'user',
  'api_key.key': 'k_live_keep_this_value_secret_9f6b',
  'application.name': 'Zoo shop',
  'application.type': 'reg',
  'business.code': 'bus_1767f11ce62',
  'business.name': 'The zoo',
  'category.name': 'Nests',
  'connection.name': 'owls_at_work',
  'connection.code': 'OK',
  'environment.code': 'production',
  'environment.name': 'Production',
  'environment_variable.key': 'OWL_FOOD',
  'environment_variable.value': 'mice',
  'event.type': 'user.created',
  'event_type.code': 'user.created',
  'event_type.name': 'User created',
  'identity.type': 'email',
  'identity.name': 'olivia@zoo.example',
  'industry.key': 'construction',
  'industry.name': 'Construction',
  'mfa.type': 'email',
  'mfa.name': 'olivia@zoo.example',
  'organization.name': 'Aviary',
  'permission.key': 'feed:owls',
  'permission.name': 'Feed owls',
  'permission.description': 'May feed the owls.',
  'plan.code': 'aviary_yearly',
  'property.key': 'nest',
  'property.name': 'Nest',
  'property.description': 'Where the nest is.',
  'role.key': 'keeper',
  'role.name': 'Keeper',
  'role.description': 'Feeds the owls.',
  'scope.key': 'read:owls',
  'scope.description': 'May look at the owls.',
  'system_permission.key': 'view:profile',
  'system_permission.name': 'View own profile',
  'timezone.key': 'london_greenwich_mean_time',
  'timezone.name': 'London (Greenwich mean time)',
  'webhook.name': 'Bell',
  'webhook.endpoint': 'https://zoo.example/bell',
  'webhook.description': 'Rings for every new user.',
}

const timed = '019bc1b3d4a0f3a1c85e7d2b904f6c18'

/** Whose id begins with another word than its name, or is of another form. */
const ids: Record<string, string> = {
  api: '838f208d006a482dbd8cdb79a9889f68',
  api_application: '3b0b5c6c8fcc464fab397f4969b5f482',
  app: '3b0b5c6c8fcc464fab397f4969b5f482',
  application: '3b0b5c6c8fcc464fab397f4969b5f482',
  assignment_permission: '019bc1b3-d4a0-0f3a-1c85-e7d2b904f6c2',
  billing_customer: `customer_${timed}`,
  client: '3b0b5c6c8fcc464fab397f4969b5f482',
  connection: `conn_${timed}`,
  customer_agreement: `agreement_${timed}`,
  enterprise_connection: `conn_${timed}`,
  environment_variable: `env_var_${timed}`,
  factor: `mfa_${timed}`,
  key: `api_key_${timed}`,
  org: 'org_1767f11ce62',
  organization: 'org_1767f11ce62',
  organization_user: `kp_${timed}`,
  permission: '019bc1b3-d4a0-0f3a-1c85-e7d2b904f6c2',
  property: `prop_${timed}`,
  result: `kp_${timed}`,
  role: '019bc1b3-d4a0-0f3a-1c85-e7d2b904f6c1',
  saml_entity: 'https://login.zoo.example',
  scope: `api_scope_${timed}`,
  session: 'b7d1f0c24e3a4f0e9f6b2a5c8d7e1f30',
  system_permission: '019bc1b3-d4a0-0f3a-1c85-e7d2b904f6c3',
  user: `kp_${timed}`,
  variable: `env_var_${timed}`,
}

/**
 * A text that the name of a member lets expect.
 * @param path names from the outside in, what the member belongs to before it
 */
export function exampleText(path: readonly string[]): string {
  const name = path.at(-1)!
  const owner = singular(path.at(-2) ?? '')
  const own = `${owner}.${name}`
  if (Object.hasOwn(texts, own)) return texts[own]!
  if (name === 'code' && owner === 'organization') return ids.org!
  if (Object.hasOwn(texts, name)) return texts[name]!
  if (name === 'id' || /^(starting_after|ending_before)$/.test(name)) return exampleId(owner)
  if (/^org(anization)?_codes?$|^organizations$/.test(name)) return ids.org!
  const [, noun] =
    /^(.+?)_ids?$/.exec(name) ?? /^(.+)_(?:added|updated|removed|connected|disconnected)$/.exec(name) ?? []
  if (noun !== undefined) return exampleId(singular(noun))
  if (/_(on|at|from|to|in|since|expiry|timestamp)$/.test(name)) return exampleMoment
  if (/e?mail$/.test(name) || name === 'identity') return 'olivia@zoo.example'
  if (/color/.test(name)) return '#336699'
  if (/^(picture|logo|logo_dark|favicon_\w+)$/.test(name)) return 'https://zoo.example/owl.svg'
  if (/ur[il]s?$|^endpoint$/.test(name)) return `https://zoo.example/${name.replace(/_?ur[il]s?$/, '') || 'owls'}`
  if (/domains?$/.test(name)) return 'zoo.example'
  if (/secret|token|api_key|password/.test(name)) return 'keep_this_value_secret'
  return name === 'name' ? 'Owls' : name
}

/** A moment, RFC 3339. */
export const exampleMoment = '2026-01-15T12:00:00Z'

/** A whole number that the name of a member lets expect. */
export function exampleNumber(name: string): number {
  if (/lifetime|expir/.test(name)) return 3600
  if (name === 'timestamp') return 1_768_478_400
  return name === 'page_size' ? 10 : 1
}

function exampleId(noun: string): string {
  return ids[noun] ?? `${noun}_${timed}`
}

/** `roles` → `role`, `identities` → `identity`. */
export function singular(noun: string): string {
  return noun.replace(/ies$/, 'y').replace(/([^s])s$/, '$1')
}
