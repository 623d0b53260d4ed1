import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { start, type TestServer } from '../testing.ts'
import type { Db } from './tables.ts'
import {
  memberOf,
  signedInSince,
  type UserCondition,
  withApiScope,
  withId,
  withIdentity,
  withOrganization,
  withProperty,
} from './user-conditions.ts'
import { findUsers, searchText } from './user-search.ts'
import { seqOfUser } from './users.ts'

/**
 * As many users as make a difference to the way in which they are found, far apart in the list, as after many were
 * deleted: some of them only in the first part that is looked at, some only behind it.
 */
const userCount = 1_300
/** Of which the number of users that are looked at in one statement is a multiple: some are the last ones of a part. */
const distance = 100

interface Sample {
  seq: number
  id: string
  text: string
  organizations: string[]
  town: string
  hasScope: boolean
  signedInMs: number | null
}

const samples: Sample[] = Array.from({ length: userCount }, (_, n) => ({
  seq: (n + 1) * distance,
  id: `kp_${n}`,
  text: searchText([`user ${n}`, n % 100 === 7 ? 'rare' : null, n >= 1_000 ? 'late' : null, n < 5 ? 'early' : null]),
  organizations: [
    ...(n % 40 === 0 ? [] : ['everyone']),
    ...(n >= 250 ? ['late'] : []),
    ...(n % 300 === 1 ? ['few'] : []),
  ],
  town: n % 3 === 0 ? 'Perth' : `town ${n}`,
  hasScope: n % 2 === 0 && n % 40 !== 0,
  signedInMs: n % 500 === 499 ? n : null,
}))

async function startWithSamples(t: TestContext): Promise<TestServer> {
  const server = await start(t)
  await server.write(async (db) => {
    for (const code of ['everyone', 'late', 'few']) {
      const row = { code, name: code, name_sort: code, is_default: false, is_auto_membership_enabled: false }
      await db
        .insertInto('organizations')
        .values({ ...row, created_at_ms: 0 })
        .execute()
    }
    const { id: apiId } = await db.selectFrom('apis').select('id').executeTakeFirstOrThrow()
    await db
      .insertInto('api_scopes')
      .values({ id: 'scope', api_id: apiId, key: 'read:owls', description: '', created_at_ms: 0 })
      .execute()
    const property = {
      id: 'town',
      key: 'town',
      name: 'town',
      context: 'usr',
      type: 'single_line_text',
      created_at_ms: 0,
    }
    await db
      .insertInto('properties')
      .values({ ...property, is_private: false, is_kinde_property: false })
      .execute()
    for (let n = 0; n < userCount; n += 100) await insert(db, samples.slice(n, n + 100))
  })
  return server
}

async function insert(db: Db, users: readonly Sample[]): Promise<void> {
  const members = users.flatMap(({ id, organizations }) => organizations.map((code) => ({ id, code })))
  await db
    .insertInto('users')
    .values(
      users.map((user) => ({
        seq: user.seq,
        id: user.id,
        is_suspended: false,
        is_password_reset_requested: false,
        last_signed_in_at_ms: user.signedInMs,
        created_at_ms: 0,
        search_text: user.text,
        document: JSON.stringify({ id: user.id }),
      })) as never,
    )
    .execute()
  await db
    .insertInto('organization_users')
    .values(
      members.map(({ id, code }) => ({
        organization_code: code,
        user_id: id,
        joined_at_ms: 0,
        user_seq: seqOfUser(db, id),
      })),
    )
    .execute()
  await db
    .insertInto('user_api_scopes')
    .values(
      users
        .filter((user) => user.hasScope)
        .map(({ id }) => ({ organization_code: 'everyone', user_id: id, scope_id: 'scope' })),
    )
    .execute()
  await db
    .insertInto('property_values')
    .values(users.map(({ id, town }) => ({ property_id: 'town', owner_id: id, value: town })))
    .execute()
  await db
    .insertInto('identities')
    .values(
      users.map(({ id, seq }) => ({
        id: `identity_${id}`,
        user_id: id,
        type: 'username',
        value: `U${seq}`,
        value_key: `u${seq}`,
        is_confirmed: false,
        is_primary: true,
        connection_id: '',
        created_at_ms: 0,
      })) as never,
    )
    .execute()
}

/** Each condition twice: as it is given to the store, and as a sentence about a sample. */
const conditions: Record<string, [(db: Db) => UserCondition, (sample: Sample) => boolean]> = {
  everyone: [() => memberOf('everyone'), ({ organizations }) => organizations.includes('everyone')],
  late: [() => memberOf('late'), ({ organizations }) => organizations.includes('late')],
  few: [() => memberOf('few'), ({ organizations }) => organizations.includes('few')],
  none: [() => memberOf('nowhere'), () => false],
  organized: [() => withOrganization(true), ({ organizations }) => organizations.length > 0],
  alone: [() => withOrganization(false), ({ organizations }) => organizations.length === 0],
  active: [() => signedInSince(600), ({ signedInMs }) => (signedInMs ?? 0) >= 600],
  scoped: [(db) => withApiScope(db, ['scope', 'other'], null), ({ hasScope }) => hasScope],
  elsewhere: [(db) => withApiScope(db, ['scope'], 'late'), () => false],
  perth: [(db) => withProperty(db, 'town', ['Perth', 'Sydney']), ({ town }) => town === 'Perth'],
  town: [(db) => withProperty(db, 'town', ['town 1000']), ({ town }) => town === 'town 1000'],
  named: [(db) => withId(db, ['kp_3', 'kp_1200', 'kp_none']), ({ id }) => id === 'kp_3' || id === 'kp_1200'],
  called: [(db) => withIdentity(db, 'username', ['u100', 'u900']), ({ seq }) => seq === 100 || seq === 900],
}
const combinations = [
  [],
  ...Object.keys(conditions).map((name) => [name]),
  ['everyone', 'late'],
  ['everyone', 'organized', 'scoped'],
  ['alone', 'late'],
  ['late', 'few'],
  ['late', 'perth', 'scoped'],
  ['everyone', 'named'],
]
const searches = [null, 'user', 'us', 'rare', 'late', 'early', 'user 12', '7', 'nobody']

test('users are found alike by every way that leads to them', async (t) => {
  const server = await startWithSamples(t)
  const last = samples.at(-1)!.seq
  let foundSome = 0
  for (const names of combinations) {
    for (const words of searches) {
      const text = words !== null && [...words].length < 3 ? `  ${words}` : words
      const wanted = samples.filter(
        (sample) =>
          names.every((name) => conditions[name]![1](sample)) && (text === null || sample.text.includes(text)),
      )
      for (const [from, backwards, limit] of [
        [0, false, 1],
        [0, false, 500],
        [50_000, false, 1],
        [last, false, 5],
        [last, true, 1],
        [last, true, 500],
        [30_000, true, 1],
        [150, true, 5],
      ] as const) {
        const ahead = backwards
          ? wanted.filter(({ seq }) => seq < from).reverse()
          : wanted.filter(({ seq }) => seq > from)
        const rows = await findUsers(
          server.db,
          names.map((name) => conditions[name]![0](server.db)),
          words,
          { from, backwards, limit },
        )
        assert.deepEqual(
          rows.map(({ seq, document }) => [seq, JSON.parse(document).id]),
          ahead.slice(0, limit).map(({ seq, id }) => [seq, id]),
          `${names} "${words}" from ${from}${backwards ? ' backwards' : ''}, ${limit} at most`,
        )
        foundSome += rows.length > 0 ? 1 : 0
      }
    }
  }
  assert.ok(foundSome > 400)
})

test('the searched text has each field in lower case, in one form of Unicode, and skips what is empty', () => {
  assert.equal(searchText(['Ada KING', null, '', 'Zoe\u0308', 'ﬁ']), '  ada king  zoë  fi')
  assert.equal(searchText([null]), '')
})
