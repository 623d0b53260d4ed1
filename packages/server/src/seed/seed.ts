import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { kindeEventTypes } from '../journal/record.ts'
import { strategies } from '../store/connections.ts'

const text = (description: string) => Type.Optional(Type.String({ description }))
const flag = (description: string) => Type.Optional(Type.Boolean({ description }))
const list = <Item extends TSchema>(item: Item, description: string) => Type.Optional(Type.Array(item, { description }))
const contexts = ['usr', 'org', 'app'] as const
const closed = { additionalProperties: false }

function OneOf<const Values extends readonly string[]>(values: Values, description: string) {
  return Type.Unsafe<Values[number]>({ type: 'string', enum: values, description })
}

/** An object with any members, of which each fits `schema`; OpenAPI 3.0 has no `patternProperties`. */
function MapOf<Schema extends TSchema>(schema: Schema, options: { description?: string } = {}) {
  return Type.Unsafe<Record<string, Static<Schema>>>({ type: 'object', additionalProperties: schema, ...options })
}

const Value = Type.Union([Type.String(), Type.Number(), Type.Boolean()])
const values = (what: string) => Type.Optional(MapOf(Value, { description: what }))
const id = (pattern: string, what: string) =>
  Type.Optional(Type.String({ pattern, description: `${what}; made when left out.` }))

const Scope = Type.Union([
  Type.String({ description: 'Key of the scope.' }),
  Type.Object({ key: Type.String({ description: 'Key of the scope.' }), description: text('What it allows.') }, closed),
])

const Api = Type.Object(
  {
    name: Type.String({ description: 'Name of the API; others refer to it by that, or by its audience.' }),
    audience: Type.String({ description: 'What tokens for it have as their audience.' }),
    id: id('^[\\w-]{1,64}$', 'Id of the API'),
    scopes: list(Scope, 'Scopes that applications can have for it.'),
  },
  closed,
)

const Permission = Type.Union([
  Type.String({ description: 'Key of the permission, which is its name too.' }),
  Type.Object(
    {
      key: Type.String({ description: 'The permission as code and other parts of the seed name it.' }),
      name: text('Name of the permission; its key when left out.'),
      description: text('What it allows.'),
      id: id('^[\\w-]{1,64}$', 'Id of the permission'),
    },
    closed,
  ),
])

const Role = Type.Object(
  {
    key: Type.String({ description: 'The role as code and other parts of the seed name it.' }),
    name: text('Name of the role; its key when left out.'),
    description: text('What it is for.'),
    id: id('^[\\w-]{1,64}$', 'Id of the role'),
    is_default_role: flag('Whether whoever joins an organization gets it.'),
    permissions: list(Type.String(), 'Keys of its permissions.'),
    apis: Type.Optional(MapOf(Type.Array(Type.String()), { description: 'Scopes of the role, by API.' })),
  },
  closed,
)

const PropertyCategory = Type.Object(
  {
    name: Type.String({ description: 'Name of the category.' }),
    context: OneOf(contexts, 'Whose properties it holds: usr, org or app.'),
  },
  closed,
)

const Property = Type.Object(
  {
    key: Type.String({ description: 'The property as code and other parts of the seed name it.' }),
    name: text('Name of the property; its key when left out.'),
    description: text('What it is for.'),
    type: Type.Optional(
      OneOf(['single_line_text', 'multi_line_text'], 'Kind of its values; single_line_text when left out.'),
    ),
    context: OneOf(contexts, 'Whose property it is: usr, org or app.'),
    is_private: flag('Whether its values stay out of tokens; false when left out.'),
    category: text('Name of its category; the first one of its context when left out.'),
  },
  closed,
)

const FeatureFlag = Type.Object(
  {
    key: Type.String({ description: 'The flag as code and other parts of the seed name it.' }),
    name: text('Name of the flag; its key when left out.'),
    description: text('What it switches.'),
    type: Type.Optional(OneOf(['str', 'int', 'bool'], 'Type of its values; that of default_value when left out.')),
    default_value: Type.Union([Type.String(), Type.Number(), Type.Boolean()], {
      description: 'What it is worth where nothing else is said.',
    }),
    allow_override_level: Type.Optional(
      OneOf(['env', 'org', 'usr', 'none'], 'Down to where it can be overridden; everywhere (usr) when left out.'),
    ),
    value: Type.Optional(Value),
  },
  closed,
)

const Member = Type.Union([
  Type.String({ description: 'A user: e-mail address, username, provided_id or id.' }),
  Type.Object(
    {
      user: Type.String({ description: 'E-mail address, username, provided_id or id of the user.' }),
      roles: list(Type.String(), 'Keys of roles; those that everyone gets when left out.'),
      permissions: list(Type.String(), 'Keys of permissions beside those of the roles.'),
    },
    closed,
  ),
])

const Organization = Type.Object(
  {
    name: text('Name of the organization; needed unless it is the default one.'),
    code: id('^org_\\w{1,60}$', 'Code of the organization'),
    is_default: flag('It is the one that every environment has: it is changed, and not made.'),
    handle: text('A word of its own.'),
    external_id: text('The id that your own system has for it.'),
    is_auto_membership_enabled: flag('Whether whoever signs in with its code becomes a member.'),
    theme_code: text('light, dark or user_preference.'),
    background_color: text('Colour of pages.'),
    button_color: text('Colour of buttons.'),
    button_text_color: text('Colour of the text on buttons.'),
    link_color: text('Colour of links.'),
    sender_name: text('The name in which e-mails are sent.'),
    sender_email: text('The address from which e-mails are sent.'),
    feature_flags: values('Values of feature flags in the organization, by key.'),
    properties: values('Values of properties, by key.'),
    connections: list(Type.String(), 'Names of the connections that its members can use.'),
    members: list(Member, 'Who belongs to it.'),
  },
  closed,
)

const User = Type.Object(
  {
    email: text('E-mail address; others refer to the user by it.'),
    emails: list(Type.String(), 'Further e-mail addresses.'),
    username: text('Username.'),
    phone: text('Phone number in the international form, +61412345678.'),
    is_verified: flag('Whether addresses and number are known to be theirs.'),
    given_name: text('Given name.'),
    family_name: text('Family name.'),
    picture: text('URL of a picture.'),
    provided_id: text('The id that your own system has for the user.'),
    id: id('^kp_\\w{1,60}$', 'Id of the user'),
    is_suspended: flag('Whether the user may not sign in.'),
    organization: text('The organization that the user joins; the default one when left out.'),
    properties: values('Values of properties, by key.'),
    feature_flags: values('Values of feature flags for the user, by key.'),
    password: Type.Optional(
      MapOf(Type.Unknown(), {
        description: 'The body of PUT /api/v1/users/{user_id}/password: hashed_password, hashing_method …',
      }),
    ),
  },
  closed,
)

const Connection = Type.Object(
  {
    name: Type.String({ description: 'The connection as code and other parts of the seed name it.' }),
    display_name: text('The name that people see; its name when left out.'),
    strategy: OneOf(strategies, 'How people are recognised.'),
    options: Type.Optional(MapOf(Type.Unknown(), { description: 'What the provider needs, as in the API.' })),
    organization: text('The organization that an enterprise connection is held to.'),
  },
  closed,
)

const Application = Type.Object(
  {
    name: Type.String({ description: 'Name of the application.' }),
    type: OneOf(['m2m', 'reg', 'spa', 'device'], 'Type of the application.'),
    client_id: id('^[A-Za-z0-9_-]{1,64}$', 'Client id'),
    client_secret: id('^[A-Za-z0-9]{40,60}$', 'Client secret of the types m2m and reg'),
    organization: text('The organization that an application of the type m2m is held to.'),
    scopes: list(Type.String(), 'Scopes of the Management API.'),
    apis: Type.Optional(
      MapOf(Type.Array(Type.String()), {
        description: 'Scopes of other APIs, by name or audience; an empty list only authorizes.',
      }),
    ),
    access_token_lifetime: Type.Optional(Type.Integer({ description: 'Seconds.' })),
    login_uri: text('Where signing in begins.'),
    homepage_uri: text('Its home page.'),
    redirect_uris: list(Type.String(), 'Where people may be sent after signing in.'),
    logout_uris: list(Type.String(), 'Where people may be sent after signing out.'),
    connections: list(Type.String(), 'Names of the connections that can be used to sign in to it; these alone.'),
    access_roles: list(Type.String(), 'Keys of the roles that may sign in, where access is controlled.'),
    is_access_control_enabled: flag('Whether only people with these roles may sign in.'),
    is_allow_faceless_auth: flag("Whether the application's own pages stand in for those of the server."),
    is_ask_for_name: flag('Whether people are asked for their names at sign-up.'),
    has_marketing_consent: flag('Whether the sign-up page has a box to agree to marketing.'),
    has_sign_in_link_on_sign_up_page: flag('Whether the sign-up page leads to the sign-in page.'),
    has_register_link_on_sign_in_page: flag('Whether the sign-in page leads to the sign-up page.'),
    has_sign_in_with_sso_button: flag('Whether a button leads to single sign-on.'),
    use_gravatar_fallback: flag('Whether Gravatar gives the picture of people who have none.'),
    properties: Type.Optional(MapOf(Type.Union([Type.String(), Type.Boolean()]))),
  },
  closed,
)

const Webhook = Type.Object(
  {
    name: Type.String({ description: 'Name of the webhook.' }),
    endpoint: Type.String({ description: 'Where events are sent.' }),
    event_types: Type.Array(OneOf(kindeEventTypes, 'A type of event.'), { description: 'Which events are sent.' }),
    description: text('What it is for.'),
    is_enabled: flag('Whether events are sent; true when left out.'),
  },
  closed,
)

const EnvironmentVariable = Type.Object(
  {
    key: Type.String({ description: 'Name of the variable.' }),
    value: Type.String({ description: 'Its value.' }),
    is_secret: flag('Whether the value is not shown again.'),
  },
  closed,
)

/**
 * What an environment begins with. Things are named, and refer to each other, by what people know them by: the key of a
 * role, the e-mail address of a user, the handle of an organization. What has no name of its own in the API is spelled as
 * the API spells it. A JSON Schema, and with {@link Seed} the type of the same.
 */
export const seedSchema = Type.Object(
  {
    business: Type.Optional(MapOf(Type.Unknown(), { description: 'The body of PATCH /api/v1/business.' })),
    property_categories: list(PropertyCategory, 'Categories of properties.'),
    properties: list(Property, 'Properties of users, organizations or applications.'),
    feature_flags: list(FeatureFlag, 'Feature flags; `value` overrides one in the environment.'),
    permissions: list(Permission, 'Permissions.'),
    apis: list(Api, 'APIs with their scopes.'),
    roles: list(Role, 'Roles with their permissions.'),
    organizations: list(Organization, 'Organizations with their members.'),
    users: list(User, 'Users.'),
    connections: list(Connection, 'Connections.'),
    applications: list(Application, 'Applications with their scopes.'),
    users_file: text('More users: the name of a file beside this one that has one in each line, in JSON.'),
    members_file: text('More members: one in each line, as in `members`, with the `organization` beside the `user`.'),
    environment_variables: list(EnvironmentVariable, 'Environment variables.'),
    webhooks: list(Webhook, 'Webhooks. What the seed itself makes is not sent to them.'),
  },
  { ...closed, description: 'What an environment begins with.' },
)

export type Seed = Static<typeof seedSchema>

/** What a seed made, by the names that it uses. */
export interface Seeded {
  /** Client id and secret by name; the secret is empty for types that have none. */
  applications: Record<string, { clientId: string; clientSecret: string }>
  /** Ids by name. */
  apis: Record<string, string>
  /** Codes by handle, or by name where there is no handle. */
  organizations: Record<string, string>
  /** Ids by key. */
  roles: Record<string, string>
  permissions: Record<string, string>
  /** Ids by e-mail address, username, provided id or phone, whichever comes first. */
  users: Record<string, string>
  /** Ids by name. */
  connections: Record<string, string>
  webhooks: Record<string, string>
}

/** A seed that cannot be used, or a name in it that means nothing. Nothing of the seed was stored. */
export class SeedError extends Error {
  /** The place in the seed: `users[3].email`. Empty for the seed as a whole. */
  readonly path: string

  constructor(path: string, message: string, options: { cause?: unknown } = {}) {
    super(path === '' ? message : `${path}: ${message}`, options)
    this.name = 'SeedError'
    this.path = path
  }
}
