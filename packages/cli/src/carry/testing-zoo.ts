import type { Seed } from '@kindred/server/testing'

/** An environment with something of every kind that is carried. */
export const zoo: Seed = {
  business: {
    business_name: 'Zoo',
    email: 'zoo@example.com',
    timezone_key: 'london_greenwich_mean_time',
    is_click_wrap: true,
  },
  property_categories: [
    { name: 'Care', context: 'usr' },
    { name: 'Sites', context: 'app' },
  ],
  properties: [
    { key: 'diet', context: 'usr', category: 'Care', description: 'What they eat', type: 'multi_line_text' },
    { key: 'region', context: 'org', is_private: true },
    { key: 'tier', context: 'app', category: 'Sites', name: 'Tier' },
  ],
  feature_flags: [
    { key: 'night_tours', default_value: false, value: true, description: 'Tours after dark' },
    { key: 'theme', default_value: 'light', allow_override_level: 'org' },
    { key: 'visitors', default_value: 40, allow_override_level: 'none' },
  ],
  permissions: ['animals.feed', { key: 'animals.move', name: 'Move animals', description: 'To other cages' }],
  apis: [
    {
      name: 'Feeding',
      audience: 'https://feeding.example',
      scopes: ['read:food', { key: 'write:food', description: 'Fill' }],
    },
    { name: 'Empty', audience: 'https://empty.example' },
  ],
  roles: [
    { key: 'guest', is_default_role: true },
    { key: 'keeper', name: 'Keeper', permissions: ['animals.move', 'animals.feed'], apis: { Feeding: ['write:food'] } },
  ],
  organizations: [
    {
      name: 'Northern zoo',
      handle: 'north',
      feature_flags: { night_tours: false },
      properties: { region: 'cold' },
      connections: ['staff'],
      members: [
        { user: 'ape', roles: ['keeper'], permissions: ['animals.move'] },
        { user: 'olive@example.com', permissions: ['animals.move'] },
      ],
    },
  ],
  users: [
    {
      email: 'olive@example.com',
      emails: ['o@example.com'],
      given_name: 'Olive',
      is_verified: true,
      properties: { diet: 'mice' },
    },
    { username: 'ape', organization: 'north', provided_id: 'a-1', is_suspended: true },
  ],
  connections: [{ name: 'staff', display_name: 'Staff', strategy: 'oauth2:github' }],
  applications: [
    { name: 'Worker', type: 'm2m', scopes: ['read:users'], apis: { Feeding: ['write:food'], Empty: [] } },
    { name: 'Worker', type: 'm2m', access_token_lifetime: 600 },
    {
      name: 'Site',
      type: 'reg',
      redirect_uris: ['https://zoo.example/b', 'https://zoo.example/a'],
      logout_uris: ['https://zoo.example/bye'],
      login_uri: 'https://zoo.example/login',
      connections: ['staff'],
      access_roles: ['keeper'],
      is_access_control_enabled: true,
      is_ask_for_name: true,
      properties: { tier: 'gold' },
    },
  ],
  environment_variables: [
    { key: 'MODE', value: 'test' },
    { key: 'TOKEN', value: 'hidden', is_secret: true },
  ],
  webhooks: [
    {
      name: 'Audit',
      endpoint: 'https://zoo.example/hook',
      event_types: ['user.updated', 'user.created'],
      is_enabled: false,
    },
  ],
}
