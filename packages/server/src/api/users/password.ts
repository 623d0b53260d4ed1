import { type Static, Type } from '@sinclair/typebox'
import { invalid } from '../../errors.ts'
import { Choice, ok, operation, SuccessReply } from '../../operation.ts'
import { holdUser } from '../../store/users.ts'

/** What verification of pbkdf2 takes when `iterations` is left out: FusionAuth's default factor. */
const defaultIterations = 24_000
const mostIterations = 10_000_000
/** Of a hash, a salt or a key, in characters. */
const longestText = 4096

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
type Method = (typeof methods)[number]

/** FusionAuth's names: the hash function, and the length of the key in bits where it is not 256. */
const pbkdf2Variants = ['salted-pbkdf2-hmac-sha256', 'salted-pbkdf2-hmac-sha256-512', 'salted-pbkdf2-hmac-sha512-512']

const PasswordBody = Type.Object({
  hashed_password: Type.String({
    description: 'The hash, in the form that the method gives it. The password itself is never taken.',
  }),
  hashing_method: Type.Optional(
    Choice(methods, { description: 'The method by which the hash was made; bcrypt when left out.' }),
  ),
  salt: Type.Optional(
    Type.String({
      description:
        'For md5 and sha256: what was put before or after the password. For pbkdf2 and firebase-scrypt: the salt, base64. ' +
        'Hashes of the other methods hold their own.',
    }),
  ),
  salt_position: Type.Optional(
    Choice(['prefix', 'suffix'], {
      description: 'For md5 and sha256 with a salt: whether it stands before or after the password.',
    }),
  ),
  iterations: Type.Optional(
    Type.Integer({ description: 'For pbkdf2: how many rounds were made; 24000 when left out.' }),
  ),
  variant: Type.Optional(
    Type.String({ description: `For pbkdf2: the function and its length, one of ${pbkdf2Variants.join(', ')}.` }),
  ),
  signer_key: Type.Optional(Type.String({ description: "For firebase-scrypt: the project's signer key, base64." })),
  salt_separator: Type.Optional(
    Type.String({ description: "For firebase-scrypt: the project's salt separator, base64." }),
  ),
  rounds: Type.Optional(Type.Integer({ description: "For firebase-scrypt: the project's rounds, 1 to 16." })),
  mem_cost: Type.Optional(Type.Integer({ description: "For firebase-scrypt: the project's memory cost, 1 to 20." })),
  is_temporary_password: Type.Optional(
    Type.Boolean({ description: 'True asks for a new password after the next sign-in with this one.' }),
  ),
})
type PasswordInput = Static<typeof PasswordBody>

export const setUserPassword = operation({
  id: 'SetUserPassword',
  method: 'PUT',
  path: '/api/v1/users/{user_id}/password',
  scope: 'update:user_passwords',
  tag: 'Users',
  summary: "Set a user's password",
  description:
    'Takes over a password as the hash that another system has of it, in place of the one that the user had. Which ' +
    'members are needed depends on the method. Nothing of it can be read again.',
  body: PasswordBody,
  bodyRequired: true,
  example: {
    body: {
      // Of the word `hoot`.
      hashed_password: '$2b$10$abcdefghijklmnopqrstuudc0iWXGjLyeZGK1uMNcuegQVo/9eH6K',
      hashing_method: 'bcrypt',
      is_temporary_password: false,
    },
  },
  responses: { 200: SuccessReply },
  handler: async ({ params, body, db, now, environment, record }) => {
    if ('password' in body) {
      throw invalid(
        'password',
        'A password is never taken as it is. Send its hash as hashed_password, and the method as hashing_method.',
        'PLAIN_PASSWORD_REFUSED',
      )
    }
    const method = body.hashing_method ?? 'bcrypt'
    const hash = hashOf(method, body)
    const { id } = await holdUser(db, params.user_id)
    const isTemporary = body.is_temporary_password ?? false
    const password = {
      sealed: environment.cipher.seal(JSON.stringify({ method, ...hash }), `user_passwords:${id}`),
      is_temporary: isTemporary,
      set_at_ms: now,
    }
    await db
      .insertInto('user_passwords')
      .values({ user_id: id, ...password })
      .onConflict((conflict) => conflict.column('user_id').doUpdateSet(password))
      .execute()
    record('user.password_set', { user: { id }, hashing_method: method, is_temporary_password: isTemporary })
    return ok
  },
})

const bcrypt = String.raw`\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}`
/** Modular crypt hashes: DES, BSDi's DES, MD5, SHA-256, SHA-512. */
const crypt = [
  '[./A-Za-z0-9]{13}',
  '_[./A-Za-z0-9]{19}',
  String.raw`\$1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}`,
  String.raw`\$5\$(rounds=\d{4,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43}`,
  String.raw`\$6\$(rounds=\d{4,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}`,
].join('|')

/** The forms of hashes that are texts of their own; the other ones are base64. */
const forms: Partial<Record<Method, { pattern: RegExp; words: string }>> = {
  bcrypt: { pattern: new RegExp(`^${bcrypt}$`), words: '$2a$, $2b$ or $2y$, the cost, and 53 characters' },
  crypt: { pattern: new RegExp(`^(${crypt})$`), words: 'a crypt hash: DES, $1$, $5$ or $6$' },
  md5: { pattern: /^[0-9a-f]{32}$/i, words: '32 hexadecimal digits' },
  sha256: { pattern: /^[0-9a-f]{64}$/i, words: '64 hexadecimal digits' },
  wordpress: {
    pattern: new RegExp(String.raw`^(\$[PH]\$[./A-Za-z0-9]{31}|\$wp${bcrypt})$`),
    words: '$P$ or $H$ and 31 characters, or $wp$2y$ and a bcrypt hash',
  },
}

/**
 * What a sign-in needs to compare a password with: the hash, and the parameters that the method has.
 * @throws {ApiError} 400 naming the member that is missing, not of the right form, or not of this method
 */
function hashOf(method: Method, body: PasswordInput): Record<string, string | number> {
  if (method !== 'firebase-scrypt') {
    for (const name of ['signer_key', 'salt_separator', 'rounds', 'mem_cost'] as const) refuseMember(name, method, body)
  }
  const hash = body.hashed_password
  switch (method) {
    case 'md5':
    case 'sha256':
      return { hash: textHash(method, hash), ...addedSalt(body) }
    case 'pbkdf2':
      return {
        hash: base64('hashed_password', hash, 'INVALID_HASHED_PASSWORD'),
        salt: base64('salt', needed('salt', 'SALT_REQUIRED', method, body), 'INVALID_SALT'),
        variant: pbkdf2Variant(needed('variant', 'VARIANT_REQUIRED', method, body)),
        iterations: within('iterations', body.iterations ?? defaultIterations, mostIterations, 'INVALID_ITERATIONS'),
      }
    case 'firebase-scrypt':
      for (const name of ['iterations', 'variant'] as const) refuseMember(name, method, body)
      return {
        hash: base64('hashed_password', hash, 'INVALID_HASHED_PASSWORD'),
        salt: base64('salt', needed('salt', 'SALT_REQUIRED', method, body), 'INVALID_SALT'),
        signer_key: base64(
          'signer_key',
          needed('signer_key', 'INVALID_SIGNER_KEY', method, body),
          'INVALID_SIGNER_KEY',
        ),
        salt_separator: base64(
          'salt_separator',
          needed('salt_separator', 'INVALID_SALT_SEPARATOR', method, body),
          'INVALID_SALT_SEPARATOR',
        ),
        rounds: within('rounds', needed('rounds', 'INVALID_ROUNDS', method, body), 16, 'INVALID_ROUNDS'),
        mem_cost: within('mem_cost', needed('mem_cost', 'INVALID_MEM_COST', method, body), 20, 'INVALID_MEM_COST'),
      }
    case 'aspnet-identity-v2':
      for (const name of ['salt', 'salt_position', 'iterations', 'variant'] as const) refuseMember(name, method, body)
      return { hash: aspnetIdentityV2(hash) }
    default:
      return { hash: textHash(method, hash) }
  }
}

function textHash(method: Method, hash: string): string {
  const { pattern, words } = forms[method]!
  if (pattern.test(hash)) return hash
  throw invalid('hashed_password', `A hash of the method ${method} is ${words}.`, 'INVALID_HASHED_PASSWORD')
}

function addedSalt({ salt, salt_position: position }: PasswordInput): Record<string, string> {
  if (!salt) return {}
  if (salt.length > longestText) throw invalid('salt', `A salt has ${longestText} characters at most.`, 'INVALID_SALT')
  if (position !== undefined) return { salt, salt_position: position }
  throw invalid(
    'salt_position',
    'The member salt_position is missing: say whether the salt is prefix or suffix of the password.',
    'SALT_POSITION_REQUIRED',
  )
}

function pbkdf2Variant(variant: string): string {
  if (pbkdf2Variants.includes(variant)) return variant
  throw invalid('variant', `The member variant must be one of ${pbkdf2Variants.join(', ')}.`, 'INVALID_VARIANT')
}

/** A format marker of 0, a salt of 16 bytes, a key of 32: PBKDF2 with HMAC-SHA1, 1000 rounds. */
function aspnetIdentityV2(hash: string): string {
  const bytes = Buffer.from(base64('hashed_password', hash, 'INVALID_HASHED_PASSWORD'), 'base64')
  if (bytes.length === 49 && bytes[0] === 0) return hash
  throw invalid(
    'hashed_password',
    'A PasswordHash of ASP.NET Identity 2 is base64 of 49 bytes, the first of which is 0.',
    'INVALID_HASHED_PASSWORD',
  )
}

/** Either alphabet, because exports of Firebase come in both. The value is not shown again: it may be a secret. */
function base64(name: keyof PasswordInput, value: string, code: string): string {
  if (/^[A-Za-z0-9+/_-]+={0,2}$/.test(value) && value.length <= longestText) return value
  throw invalid(name, `The member ${name} must be base64.`, code)
}

function within(name: keyof PasswordInput, value: number, most: number, code: string): number {
  if (value >= 1 && value <= most) return value
  throw invalid(name, `The member ${name} must be from 1 to ${most}; ${value} was sent.`, code)
}

function needed<Name extends keyof PasswordInput>(
  name: Name,
  code: string,
  method: Method,
  body: PasswordInput,
): NonNullable<PasswordInput[Name]> {
  const value = body[name]
  if (value !== undefined && value !== '') return value as NonNullable<PasswordInput[Name]>
  throw invalid(name, `The member ${name} is missing: the method ${method} needs it.`, code)
}

/** An empty text counts as nothing sent: that is how some clients spell it. */
function refuseMember(name: keyof PasswordInput, method: Method, body: PasswordInput): void {
  const value = body[name]
  if (value === undefined || value === '') return
  throw invalid(name, `The method ${method} has no ${name}: leave it out.`, `${name.toUpperCase()}_NOT_ALLOWED`)
}
