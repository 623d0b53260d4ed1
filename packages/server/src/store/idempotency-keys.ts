import { ApiError } from '../errors.ts'
import type { Cipher } from './cipher.ts'
import type { Db } from './tables.ts'

/** How long an answer is kept for the same request. */
export const repliesKeptForMs = 86_400_000
/** How long a request that calls other servers may run before its key is free again: its process must have ended. */
export const runsAtMostMs = 60_000

/** A request that carries an idempotency key. */
export interface KeyedRequest {
  /** SHA-256, hex, of the caller, the method, the path and the key. */
  id: string
  /** SHA-256, hex, of the query and the body. */
  sha256: string
}

/** The answer that a request was given. */
export interface KeptReply {
  status: number
  /** Empty for a reply without a body. */
  text: string
}

/**
 * Takes the key for this request. Another transaction with the same key waits until this one has ended, whichever node
 * it runs on; so of two equal requests at the same moment one does the work, and the other finds its answer.
 * @param context `now` in milliseconds since the epoch
 * @returns undefined: the request is to be carried out; else its first answer, or that it is still `running`
 * @throws {ApiError} 422 IDEMPOTENCY_KEY_REUSED when the key came with another request before
 */
export async function claimKey(
  db: Db,
  request: KeyedRequest,
  { cipher, now }: { cipher: Cipher; now: number },
): Promise<KeptReply | 'running' | undefined> {
  const fresh = { request_sha256: request.sha256, created_at_ms: now, status: null, reply_sealed: null }
  const claimed = await db
    .insertInto('idempotency_keys')
    .values({ id: request.id, ...fresh })
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet(fresh)
        .where((where) =>
          where.or([
            where('idempotency_keys.created_at_ms', '<=', now - repliesKeptForMs),
            where.and([
              where('idempotency_keys.status', 'is', null),
              where('idempotency_keys.created_at_ms', '<=', now - runsAtMostMs),
            ]),
          ]),
        ),
    )
    .returning('id')
    .executeTakeFirst()
  if (claimed !== undefined) return undefined
  const row = await db
    .selectFrom('idempotency_keys')
    .select(['request_sha256', 'status', 'reply_sealed'])
    .where('id', '=', request.id)
    .executeTakeFirstOrThrow()
  if (row.request_sha256 !== request.sha256) {
    throw new ApiError(
      422,
      'IDEMPOTENCY_KEY_REUSED',
      'This Idempotency-Key came with another query or body within the last 24 hours. Send a new key for a new request.',
    )
  }
  if (row.status === null || row.reply_sealed === null) return 'running'
  return { status: row.status, text: cipher.open(row.reply_sealed, placeOf(request)) }
}

/** Keeps the answer of a request whose key was claimed. Sealed: replies hold secrets, and people's data. */
export async function keepReply(db: Db, request: KeyedRequest, reply: KeptReply, cipher: Cipher): Promise<void> {
  await db
    .updateTable('idempotency_keys')
    .set({ status: reply.status, reply_sealed: cipher.seal(reply.text, placeOf(request)) })
    .where('id', '=', request.id)
    .execute()
}

/** Gives up a key whose request failed: nothing was done, and it may be tried again. */
export async function releaseKey(db: Db, request: KeyedRequest): Promise<void> {
  await db.deleteFrom('idempotency_keys').where('id', '=', request.id).where('status', 'is', null).execute()
}

function placeOf({ id }: KeyedRequest): string {
  return `idempotency_keys:${id}`
}
