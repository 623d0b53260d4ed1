import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { ApiError, invalid } from '../errors.ts'

/** Argon2id as OWASP's cheat sheet on password storage asks for at least: 19 MiB, two passes, one lane. RFC 9106. */
const cost = { memory: 19_456, passes: 2, parallelism: 1 } as const
const saltBytes = 16
const tagBytes = 32

const shortest = 12
const longest = 128

/** Hashes that run at once, so that signing tokens finds threads of the pool; and how many may wait for their turn. */
const mostRunning = 2
const mostWaiting = 64

/** Derived once for accounts that do not exist, so that their refusal takes the same time. */
const nobodysPassword = `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${'A'.repeat(22)}$${'A'.repeat(43)}`

/** Hashes a password on another thread. @returns a PHC string */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes)
  const tag = await derive(password, salt, cost)
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${base64(salt)}$${base64(tag)}`
}

/**
 * Compares a password with a PHC string, in the same time whether there is one or not.
 * @param stored null for an account that does not exist
 */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  const [, memory, passes, parallelism, salt, tag] =
    /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(stored ?? nobodysPassword)!
  const expected = Buffer.from(tag!, 'base64')
  const derived = await derive(password, Buffer.from(salt!, 'base64'), {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
  })
  return timingSafeEqual(derived, expected) && stored !== null
}

/** Words that many passwords of this length are made of. */
const common =
  /^(?:password|passwort|kindred|welcome|letmein|qwerty|qwertz|administrator|admin|iloveyou|changeme|secret)+$/

/**
 * @param related what a password must not be: name and address of its owner
 * @throws {ApiError} 400 PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG or PASSWORD_TOO_COMMON
 */
export function requireGoodPassword(password: string, related: readonly string[], field = 'password'): void {
  const length = [...password].length
  if (length < shortest) {
    throw invalid(
      field,
      `A password has ${shortest} characters or more; a sentence is easy to remember.`,
      'PASSWORD_TOO_SHORT',
    )
  }
  if (length > longest) throw invalid(field, `A password has ${longest} characters at most.`, 'PASSWORD_TOO_LONG')
  const plain = password.normalize('NFKC').toLowerCase()
  const words = plain.replaceAll(/[^a-z]/g, '')
  const isCommon =
    new Set(plain).size < 5 ||
    '01234567890123456789'.includes(plain) ||
    common.test(words) ||
    related.some((text) => text !== '' && plain.replaceAll(/[\s\d!.]+$/g, '') === text.toLowerCase())
  if (isCommon) {
    throw invalid(
      field,
      'This password is among the first that anyone would try: take another one.',
      'PASSWORD_TOO_COMMON',
    )
  }
}

let running = 0
const waiting: (() => void)[] = []

/** Derives in its turn. @throws {ApiError} 503 where more wait than can be served soon */
async function derive(
  password: string,
  nonce: Buffer,
  { memory, passes, parallelism }: { memory: number; passes: number; parallelism: number },
): Promise<Buffer> {
  if (running >= mostRunning) {
    if (waiting.length >= mostWaiting) {
      throw new ApiError(503, 'BUSY', 'Too many people are signing in at this moment. Try again in a second.')
    }
    // Whoever ends hands its place on.
    await new Promise<void>((resolve) => waiting.push(resolve))
  } else running += 1
  try {
    return await new Promise((resolve, reject) => {
      const message = password.normalize('NFKC')
      const parameters = { message, nonce, memory, passes, parallelism, tagLength: tagBytes }
      argon2('argon2id', parameters, (error, tag) => (error === null ? resolve(tag) : reject(error)))
    })
  } finally {
    const next = waiting.shift()
    if (next === undefined) running -= 1
    else next()
  }
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '')
}
