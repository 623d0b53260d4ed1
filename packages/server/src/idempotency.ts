import { hash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Caller } from './auth.ts'
import type { Environment } from './environment.ts'
import { ApiError } from './errors.ts'
import type { UploadedFile } from './operation.ts'
import type { Cipher } from './store/cipher.ts'
import { claimKey, type KeptReply, type KeyedRequest, keepReply, releaseKey } from './store/idempotency-keys.ts'
import type { Db } from './store/tables.ts'

/** How often a request looks whether an equal one that calls another server has come to an end, and for how long. */
const pollMs = 50
const mostPolls = 400

/**
 * Reads the header `Idempotency-Key` of a write. A key belongs to its caller, a method and a path. Whoever calls without
 * a token shares a name with strangers: there the request itself is part of the key.
 * @param url path and query
 * @throws {ApiError} 400 INVALID_IDEMPOTENCY_KEY
 */
export function keyedRequest(
  key: string | string[],
  { caller, method, url }: { caller: Caller; method: string; url: string },
  sent: { text: string | undefined; file: UploadedFile | undefined },
): KeyedRequest {
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new ApiError(
      400,
      'INVALID_IDEMPOTENCY_KEY',
      'An Idempotency-Key has 1 to 255 visible ASCII characters and comes once, such as a UUID.',
    )
  }
  const [path, query = ''] = url.split(/\?(.*)/s)
  // Of a file what it says and not how it was wrapped: the boundary of a multipart body is another one each time.
  const body =
    sent.file === undefined ? [sent.text ?? ''] : [sent.file.name, sent.file.contentType, hashOf(sent.file.bytes)]
  const sha256 = hashOf(JSON.stringify([query, ...body]))
  const owner = caller.administrator?.id ?? (caller.applicationId || sha256)
  return { id: hashOf(JSON.stringify([owner, method, path, key])), sha256 }
}

function hashOf(content: string | Buffer): string {
  return hash('sha256', content)
}

/** An answer, and whether it is the first one given again. */
export interface OnceReply {
  reply: KeptReply
  isReplayed: boolean
}

/** Carries out a write unless a request with its key did: claim, work and answer are of one transaction. */
export async function once(
  db: Db,
  request: KeyedRequest,
  context: { cipher: Cipher; now: number },
  work: () => Promise<KeptReply>,
): Promise<OnceReply> {
  const kept = await claimKey(db, request, context)
  if (kept === 'running') throw stillRunning()
  if (kept !== undefined) return { reply: kept, isReplayed: true }
  const reply = await work()
  await keepReply(db, request, reply, context.cipher)
  return { reply, isReplayed: false }
}

/**
 * Carries out a write that calls other servers, for which no transaction may wait: its key is taken before, and its
 * answer kept after. A request with the same key waits for the one that runs.
 * @throws {ApiError} 409 IDEMPOTENCY_KEY_IN_USE when that takes too long
 */
export async function callOutOnce(
  request: KeyedRequest,
  { store, cipher, now }: Environment,
  work: () => Promise<KeptReply>,
): Promise<OnceReply> {
  for (let polls = 0; ; polls += 1) {
    const kept = await store.write((db) => claimKey(db, request, { cipher, now: now() }))
    if (kept === undefined) break
    if (kept !== 'running') return { reply: kept, isReplayed: true }
    if (polls === mostPolls) throw stillRunning()
    await delay(pollMs)
  }
  try {
    const reply = await work()
    await store.write((db) => keepReply(db, request, reply, cipher))
    return { reply, isReplayed: false }
  } catch (error) {
    await store.write((db) => releaseKey(db, request))
    throw error
  }
}

function stillRunning(): ApiError {
  return new ApiError(
    409,
    'IDEMPOTENCY_KEY_IN_USE',
    'The first request with this Idempotency-Key is still running. Repeat this one in a moment.',
  )
}
