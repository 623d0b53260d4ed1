import { domainToASCII } from 'node:url'
import { type TObject, type TSchema, Type } from '@sinclair/typebox'
import { invalid, shown } from '../errors.ts'
import { Choice, Nullable } from '../operation.ts'
import { addressFault } from '../store/callback-url.ts'
import type { ConnectionOptions } from '../store/connections.ts'
import { isEnterprise } from '../store/identity-values.ts'
import { memberCheck } from '../validate.ts'

const text = (description: string, maxLength = 512) => Type.Optional(Type.String({ description, maxLength }))
const choice = <const Values extends readonly string[]>(values: Values, description: string) =>
  Type.Optional(Choice(values, { description }))
const toggle = (description: string) => Type.Optional(Type.Boolean({ description }))
/** The most that parameters passed on may hold, in characters of JSON. */
const largestUpstreamParams = 8192

const credentials = {
  client_id: text('The id that the provider has given to you.'),
  client_secret: text('The secret that goes with it. It is kept encrypted, and never shown again.', 4096),
}
const ofAll = {
  is_use_custom_domain: toggle('Whether the provider sends people back to the custom domain.'),
  is_trusted: toggle('Whether an account is merged with another one of the same e-mail address.'),
}
const ofEnterprise = {
  // The Go client of Terraform's provider writes an empty list as null.
  home_realm_domains: Type.Optional(
    Nullable(
      Type.Array(Type.String({ maxLength: 254 }), {
        maxItems: 100,
        description: 'People with addresses of these domains sign in here: `example.com` or `@example.com`.',
      }),
    ),
  ),
  is_auto_join_organization_enabled: toggle('Whether whoever signs in joins the organization of the connection.'),
  is_create_missing_user: toggle('Whether whoever signs in for the first time gets a user.'),
  is_force_show_sso_button: toggle('Whether the sign-in page shows a button for it although domains lead to it.'),
  upstream_params: Type.Optional(
    Type.Object(
      {},
      {
        additionalProperties: true,
        description: `Parameters that the provider gets beside the usual ones, up to ${largestUpstreamParams} characters of JSON.`,
      },
    ),
  ),
}

const socialOptions = Type.Object(
  { ...credentials, ...ofAll },
  { description: 'Of social providers: the strategies `oauth2:…`, without `oauth2:azure_ad`.' },
)

const entraOptions = Type.Object(
  {
    ...credentials,
    entra_id_domain: text('The domain of the tenant.', 254),
    is_use_common_endpoint: toggle("Whether Microsoft's address for all tenants is used, and not that of the domain."),
    is_sync_user_profile_on_login: toggle('Whether each sign-in brings the profile up to date.'),
    is_retrieve_provider_user_groups: toggle("Whether a user's groups are asked for."),
    is_extended_attributes_required: toggle('Whether more of the profile is asked for than name and address.'),
    ...ofEnterprise,
    ...ofAll,
  },
  { description: 'Of Microsoft Entra ID: the strategies `oauth2:azure_ad` and `wsfed:azure_ad`.' },
)

const samlOptions = Type.Object(
  {
    saml_entity_id: text('The name of this side in SAML; the provider is set up with the same one.', 1024),
    saml_idp_metadata_url: text("Where the provider's metadata is. Not needed beside the metadata itself.", 2048),
    saml_idp_metadata_xml: text(
      "The provider's metadata, for one that has no address for it. It goes before the address.",
      500_000,
    ),
    saml_sign_in_url: text("Where people are sent to sign in, in place of the metadata's address.", 2048),
    sign_request_algorithm: choice(['RSA-SHA256', 'RSA-SHA1'], 'How requests are signed.'),
    protocol_binding: choice(['HTTP-REDIRECT', 'HTTP-POST'], 'How requests are sent.'),
    name_id_format: choice(
      ['Persistent', 'Transient', 'Email address', 'Unspecified'],
      'The kind of name by which the provider is asked to identify people.',
    ),
    saml_email_key_attr: text('The attribute that holds the e-mail address.'),
    saml_user_id_key_attr: text("The attribute that holds the provider's id of the user."),
    saml_first_name_key_attr: text('The attribute that holds the first name.'),
    saml_last_name_key_attr: text('The attribute that holds the last name.'),
    saml_signing_certificate: text('The certificate with which requests are signed, PEM.', 20_000),
    saml_signing_private_key: text('Its private key, PEM. It is kept encrypted, and never shown again.', 20_000),
    ...ofEnterprise,
    ...ofAll,
  },
  { description: 'Of SAML providers: the strategies `saml:…`.' },
)

/** `options` of a body: what the strategy's provider needs. Which of the schemas counts is for the strategy to say. */
export const optionsMember = Type.Optional(
  Type.Union([socialOptions, entraOptions, samlOptions], {
    description: "Settings for the strategy's provider. Those of another kind of strategy are refused.",
  }),
)

interface Family {
  name: string
  members: ReadonlySet<string>
  check: (value: unknown) => void
}

const family = (name: string, schema: TObject<Record<string, TSchema>>): Family => ({
  name,
  members: new Set(Object.keys(schema.properties)),
  check: memberCheck('options', schema),
})
const families = {
  social: family('social providers', socialOptions),
  entra: family('Microsoft Entra ID', entraOptions),
  saml: family('SAML providers', samlOptions),
}

function familyOf(strategy: string): Family {
  if (strategy.startsWith('saml:')) return families.saml
  return isEnterprise(strategy) ? families.entra : families.social
}

/**
 * Checks options against what the strategy knows.
 * @returns what is to be kept, without members that are empty, null or unknown; and its domains
 * @throws {ApiError} 400 INVALID_VALUE; INVALID_OPTION for a member of another kind of strategy; INVALID_DOMAIN;
 *   INVALID_URL
 */
export function checkedOptions(
  strategy: string,
  options: ConnectionOptions,
): { values: ConnectionOptions; domains: string[] } {
  const { name, members, check } = familyOf(strategy)
  check(options)
  const kept: [string, unknown][] = []
  for (const [member, value] of Object.entries(options)) {
    if (members.has(member)) {
      if (value !== '' && value !== null) kept.push([member, value])
      continue
    }
    if (!Object.values(families).some((other) => other.members.has(member))) continue
    const message = `A connection of the strategy ${strategy} has the options of ${name}: ${member} is none of them.`
    throw invalid(`options.${member}`, message, 'INVALID_OPTION')
  }
  const values = Object.fromEntries(kept)
  for (const member of ['saml_idp_metadata_url', 'saml_sign_in_url']) requireWebAddress(member, values[member])
  if (JSON.stringify(values.upstream_params ?? {}).length > largestUpstreamParams) {
    const message = `The member options.upstream_params may have ${largestUpstreamParams} characters of JSON at most.`
    throw invalid('options.upstream_params', message)
  }
  const domains = ((values.home_realm_domains as string[] | undefined) ?? []).map((domain, index) => {
    const plain = homeRealm(domain)
    if (plain !== undefined) return plain
    const field = `options.home_realm_domains.${index}`
    throw invalid(field, `${shown(domain)} is no domain, such as example.com.`, 'INVALID_DOMAIN')
  })
  return { values, domains: [...new Set(domains)] }
}

/**
 * A domain as it is looked up: lower case, ASCII, without the `@` of an address.
 * @returns undefined for what is none
 */
export function homeRealm(domain: string): string | undefined {
  const plain = domainToASCII(domain.trim().replace(/^@/, '').toLowerCase())
  return /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/.test(plain)
    ? plain
    : undefined
}

function requireWebAddress(member: string, value: unknown): void {
  if (typeof value !== 'string') return
  const fault = /^https?:/i.test(value) ? addressFault(value) : 'does not begin with https://'
  if (fault !== undefined) throw invalid(`options.${member}`, `The address ${shown(value)} ${fault}.`, 'INVALID_URL')
}
