import type { UsersCreateInput, UsersSetPasswordInput } from '@kindred/sdk'

// Runs in the console's page too: nothing of Node may be imported here, and no global of Node alone.

type Password = Omit<UsersSetPasswordInput, 'user_id'>

/** One user of a file, in the words of the API. */
export interface ImportedUser {
  profile: NonNullable<UsersCreateInput['profile']>
  providedId: string | undefined
  identities: { type: 'email' | 'phone' | 'username'; value: string; isVerified: boolean }[]
  /** Of social and enterprise connections, by their strategy: `oauth2:google`. */
  connected: { strategy: string; value: string }[]
  isSuspended: boolean
  password: Password | undefined
  properties: Record<string, string>
  featureFlags: { key: string; value: string }[]
  organizations: ImportedMembership[]
}

export interface ImportedMembership {
  /** The organization's id in the system that the file comes from, or its code. */
  externalId: string
  roles: string[]
  permissions: string[]
  scopes: { audience: string; scope: string }[]
}

/** Why a row cannot be imported. */
export class RowError extends Error {
  override readonly name = 'RowError'
}

type Members = Record<string, unknown>

/**
 * A user of Kinde's NDJSON, or of an export of Auth0: which one, its members tell.
 * @throws {RowError} when it has nothing to recognise the user by, or a member of another type
 */
export function userOfJson(row: unknown): ImportedUser {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) throw new RowError('The row is no JSON object.')
  const members = row as Members
  const isAuth0 = 'user_id' in members || '_id' in members || 'passwordHash' in members || 'given_name' in members
  return checked(isAuth0 ? userOfAuth0(members) : userOfKinde(members))
}

/**
 * A user of Kinde's CSV, by the names of its columns.
 * @throws {RowError}
 */
export function userOfCsv(row: Record<string, string>): ImportedUser {
  const list = (value: string | undefined) =>
    (value ?? '')
      .split(',')
      .map((each) => each.trim())
      .filter(Boolean)
  const roles = list(row.roles ?? row.role_key)
  const permissions = list(row.permissions ?? row.permission_key)
  const organizations = list(row.external_organization_id)
  if (organizations.length === 0 && (roles.length > 0 || permissions.length > 0)) {
    throw new RowError('Roles and permissions are held in an organization: external_organization_id is empty.')
  }
  const identities = [
    ...identity('email', row.email, isTrue(row.email_verified)),
    ...identity('phone', row.phone, isTrue(row.phone_verified)),
    ...identity('username', row.username, false),
  ]
  return checked({
    ...empty(),
    profile: names(row.first_name, row.last_name, row.picture),
    providedId: row.id || row.provided_id || undefined,
    identities,
    password: passwordOf({ ...row, hashing_algorithm: row.hashing_method }),
    organizations: organizations.map((externalId) => ({ externalId, roles, permissions, scopes: [] })),
  })
}

function userOfKinde(row: Members): ImportedUser {
  const listed = objects(row, 'identities')
  const identities = listed.flatMap((each) => {
    const type = text(each, 'type')
    const value = text(each, 'identity')
    return isPlain(type) ? identity(type, value, each.is_verified === true) : []
  })
  const has = (type: string) => identities.some((each) => each.type === type)
  return {
    ...empty(),
    profile: names(text(row, 'first_name'), text(row, 'last_name'), text(row, 'picture')),
    providedId: text(row, 'id') ?? text(row, 'provided_id'),
    identities: [
      ...(has('email') ? [] : identity('email', text(row, 'email'), row.email_verified === true)),
      ...(has('phone') ? [] : identity('phone', text(row, 'phone'), row.phone_verified === true)),
      ...(has('username') ? [] : identity('username', text(row, 'username'), false)),
      ...identities,
    ],
    connected: listed.flatMap((each) => {
      const strategy = text(each, 'type')
      const value = text(each, 'identity')
      return strategy === undefined || value === undefined || isPlain(strategy) ? [] : [{ strategy, value }]
    }),
    isSuspended: row.is_suspended === true,
    password: row.password == null ? undefined : passwordOf(object(row, 'password')),
    properties: Object.fromEntries(
      objects(row, 'properties').map((each) => [text(each, 'key') ?? '', text(each, 'value') ?? '']),
    ),
    featureFlags: objects(row, 'feature_flags').map((each) => ({
      key: text(each, 'key') ?? '',
      value: text(each, 'value') ?? '',
    })),
    organizations: objects(row, 'organizations').map((each) => ({
      externalId: text(each, 'external_id') ?? text(each, 'code') ?? '',
      roles: texts(each, 'roles'),
      permissions: texts(each, 'permissions'),
      scopes: objects(each, 'scopes').map((scope) => ({
        audience: text(scope, 'audience') ?? '',
        scope: text(scope, 'scope') ?? '',
      })),
    })),
  }
}

/** Auth0's names of connections that Kinde has too. */
const strategies: Record<string, string> = {
  'google-oauth2': 'oauth2:google',
  github: 'oauth2:github',
  twitch: 'oauth2:twitch',
  facebook: 'oauth2:facebook',
  bitbucket: 'oauth2:bitbucket',
  windowslive: 'oauth2:microsoft',
  apple: 'oauth2:apple',
  twitter: 'oauth2:twitter',
  linkedin: 'oauth2:linkedin',
}

/** A user of Auth0's export, or of its file of password hashes. */
function userOfAuth0(row: Members): ImportedUser {
  const oid = (row._id as { $oid?: unknown } | undefined)?.$oid
  const id = text(row, 'user_id') ?? (typeof oid === 'string' ? `auth0|${oid}` : undefined)
  const hash = text(row, 'passwordHash') ?? text(row, 'password_hash')
  return {
    ...empty(),
    profile: names(text(row, 'given_name'), text(row, 'family_name'), text(row, 'picture')),
    providedId: id,
    identities: [
      ...identity('email', text(row, 'email'), row.email_verified === true),
      ...identity('phone', text(row, 'phone_number'), row.phone_verified === true),
      ...identity('username', text(row, 'username'), false),
    ],
    connected: objects(row, 'identities').flatMap((each) => {
      const strategy = strategies[text(each, 'connection') ?? ''] ?? strategies[text(each, 'provider') ?? '']
      const value = text(each, 'user_id')
      return strategy === undefined || value === undefined ? [] : [{ strategy, value }]
    }),
    isSuspended: row.blocked === true,
    password:
      hash !== undefined
        ? { hashed_password: hash, hashing_method: 'bcrypt' }
        : row.custom_password_hash == null
          ? undefined
          : passwordOfAuth0(object(row, 'custom_password_hash')),
  }
}

function passwordOfAuth0(custom: Members): Password {
  const algorithm = text(custom, 'algorithm')
  const hash = object(custom, 'hash')
  const value = text(hash, 'value') ?? ''
  if (algorithm === 'bcrypt') return { hashed_password: value, hashing_method: 'bcrypt' }
  if (algorithm !== 'md5' && algorithm !== 'sha256') {
    throw new RowError(
      `Hashes of the method ${algorithm} cannot be taken over. Import the row without custom_password_hash.`,
    )
  }
  const isBase64 = text(hash, 'encoding') === 'base64'
  const hex = isBase64 ? hexOf(bytesOf(value, 'base64')) : value
  if (custom.salt == null) return { hashed_password: hex, hashing_method: algorithm }
  const salt = object(custom, 'salt')
  return {
    hashed_password: hex,
    hashing_method: algorithm,
    salt: decodedSalt(text(salt, 'value') ?? '', text(salt, 'encoding')),
    salt_position: text(salt, 'position') === 'suffix' ? 'suffix' : 'prefix',
  }
}

const methods = [
  'bcrypt',
  'crypt',
  'md5',
  'sha256',
  'wordpress',
  'pbkdf2',
  'firebase-scrypt',
  'aspnet-identity-v2',
] as const

function passwordOf(row: Members): Password | undefined {
  const hash = text(row, 'hashed_password')
  if (hash === undefined) return undefined
  const named = text(row, 'hashing_algorithm') ?? text(row, 'hashing_method') ?? 'bcrypt'
  const method = methods.find((each) => each === named.toLowerCase())
  if (method === undefined)
    throw new RowError(`There is no hashing method ${JSON.stringify(named)}: ${methods.join(', ')}.`)
  const salt = text(row, 'salt')
  const position = text(row, 'salt_position')
  const isText = method === 'md5' || method === 'sha256'
  const isBase64 = method === 'pbkdf2' || method === 'firebase-scrypt'
  const number = (name: string) => (text(row, name) === undefined ? {} : { [name]: Number(text(row, name)) })
  const word = (name: string) => (text(row, name) === undefined ? {} : { [name]: text(row, name) })
  return {
    hashed_password: hash,
    hashing_method: method,
    ...(salt !== undefined && isText ? { salt: decodedSalt(salt, text(row, 'salt_format')) } : {}),
    ...(salt !== undefined && isBase64 ? { salt } : {}),
    ...(isText && (position === 'prefix' || position === 'suffix') ? { salt_position: position } : {}),
    ...(method === 'pbkdf2' ? { ...number('iterations'), ...word('variant') } : {}),
    ...(method === 'firebase-scrypt'
      ? { ...word('signer_key'), ...word('salt_separator'), ...number('rounds'), ...number('mem_cost') }
      : {}),
  }
}

/** The API takes salts as text. */
function decodedSalt(salt: string, format: string | undefined): string {
  if (format !== 'hex' && format !== 'base64') return salt
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytesOf(salt, format))
  } catch (error) {
    if (error instanceof RowError) throw error
    throw new RowError('The salt is no text, and the API takes no other.')
  }
}

/** @throws {RowError} when the text is not in that form */
function bytesOf(text: string, form: 'hex' | 'base64'): Uint8Array {
  if (form === 'hex') {
    if (!/^(?:[\da-f]{2})*$/i.test(text)) throw new RowError('What is said to be hexadecimal is not.')
    return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  }
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (each) => each.charCodeAt(0))
  } catch {
    throw new RowError('What is said to be base64 is not.')
  }
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function checked(user: ImportedUser): ImportedUser {
  if (user.identities.length === 0 && user.connected.length === 0) {
    throw new RowError('The row has no email, phone or username to recognise the user by.')
  }
  for (const { externalId } of user.organizations) {
    if (externalId === '') throw new RowError('An organization has no external_id.')
  }
  return user
}

function empty(): ImportedUser {
  return {
    ...{ profile: {}, providedId: undefined, identities: [], connected: [], isSuspended: false, password: undefined },
    ...{ properties: {}, featureFlags: [], organizations: [] },
  }
}

function names(given: string | undefined, family: string | undefined, picture: string | undefined) {
  return {
    ...(given ? { given_name: given } : {}),
    ...(family ? { family_name: family } : {}),
    ...(picture ? { picture } : {}),
  }
}

function identity(type: 'email' | 'phone' | 'username', value: string | undefined, isVerified: boolean) {
  return value ? [{ type, value: value.trim(), isVerified }] : []
}

function isPlain(type: string | undefined): type is 'email' | 'phone' | 'username' {
  return type === 'email' || type === 'phone' || type === 'username'
}

function isTrue(value: string | undefined): boolean {
  return value?.trim().toLowerCase() === 'true'
}

/** The member as text; undefined where it is absent, null or empty. */
function text(row: Members, name: string): string | undefined {
  const value = row[name]
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new RowError(`${name} is neither text nor number.`)
}

function texts(row: Members, name: string): string[] {
  const value = row[name] ?? []
  if (!Array.isArray(value)) throw new RowError(`${name} is no list.`)
  return value.map(String)
}

function object(row: Members, name: string): Members {
  const value = row[name]
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new RowError(`${name} is no object.`)
  return value as Members
}

function objects(row: Members, name: string): Members[] {
  const value = row[name] ?? []
  if (!Array.isArray(value) || value.some((each) => typeof each !== 'object' || each === null)) {
    throw new RowError(`${name} is no list of objects.`)
  }
  return value
}
