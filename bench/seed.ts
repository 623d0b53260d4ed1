import { DatabaseSync } from 'node:sqlite'
import postgres from 'postgres'
import { searchIndexUpdate } from '../packages/server/src/store/user-search-index.ts'
import { userDocument, userSearchText } from '../packages/server/src/store/users.ts'

const firstNames = ['Ada', 'Grace', 'Alan', 'Katherine', 'Edsger', 'Barbara', 'Donald', 'Radia', 'Tim', 'Margaret']
const lastNames = ['Lovelace', 'Hopper', 'Turing', 'Johnson', 'Dijkstra', 'Liskov', 'Knuth', 'Perlman', 'Hamilton']
const startMs = Date.parse('2024-01-01T00:00:00Z')
const batch = 20_000

/** The rows of one user, the same for the same number. */
function userRows(index: number) {
  const id = `kp_${(index * 2_654_435_761).toString(16).padStart(16, '0')}${index.toString(16).padStart(16, '0')}`
  const email = `${firstNames[index % 10]}.${index.toString(36)}@example.com`.toLowerCase()
  const user = {
    id,
    provided_id: null,
    first_name: firstNames[index % 10]!,
    last_name: `${lastNames[index % 9]} ${index.toString(36)}`,
    picture: null,
    is_suspended: false,
    is_password_reset_requested: false,
    email,
    phone: null,
    username: null,
    total_sign_ins: 0,
    failed_sign_ins: 0,
    last_signed_in_at_ms: null,
    created_at_ms: startMs + index,
    search_text: '',
    document: '',
    claims_refreshed_at_ms: null,
  }
  user.search_text = userSearchText(user, [{ type: 'email', value: email }])
  user.document = userDocument(user, null)
  const identity = { id: `identity_${index.toString(16).padStart(32, '0')}`, user_id: id, value: email }
  return { user, identity }
}

/** The `index`-th user's id. */
export function userId(index: number): string {
  return userRows(index).user.id
}

/** Fills a SQLite database that a server has made, and no server has open, with users. */
export function seedSqlite(file: string, count: number): void {
  const database = new DatabaseSync(file)
  database.exec('pragma synchronous = off; pragma foreign_keys = off; pragma cache_size = -400000')
  const { code } = database.prepare('select code from organizations where is_default').get() as { code: string }
  const insertUser = database.prepare(
    `insert into users (id, first_name, last_name, is_suspended, is_password_reset_requested, email, created_at_ms,
      search_text, document) values (?, ?, ?, 0, 0, ?, ?, ?, ?)`,
  )
  const insertIdentity = database.prepare(
    `insert into identities (id, user_id, type, value, value_key, is_confirmed, is_primary, created_at_ms)
      values (?, ?, 'email', ?, ?, 1, 1, ?)`,
  )
  const insertMember = database.prepare(
    'insert into organization_users (organization_code, user_id, joined_at_ms) values (?, ?, ?)',
  )
  const updateIndex = searchIndexUpdate(database)
  for (let from = 0; from < count; from += batch) {
    database.exec('begin')
    for (let index = from; index < Math.min(from + batch, count); index += 1) {
      const { user, identity } = userRows(index)
      const { id, first_name, last_name, email, created_at_ms, search_text, document } = user
      insertUser.run(id, first_name, last_name, email, created_at_ms, search_text, document)
      insertIdentity.run(identity.id, id, email, email, created_at_ms)
      insertMember.run(code, id, created_at_ms)
    }
    updateIndex()
    database.exec('commit')
  }
  database.exec('pragma wal_checkpoint(truncate)')
  database.close()
}

/** The same for PostgreSQL. */
export async function seedPostgres(url: string, schema: string, count: number): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {}, connection: { search_path: `${schema}, public` } })
  const [organization] = await sql<{ code: string }[]>`select code from organizations where is_default`
  // An index over a million texts is made several times faster than it is filled.
  await sql`drop index if exists users_search`
  for (let from = 0; from < count; from += batch) {
    const rows = Array.from({ length: Math.min(batch, count - from) }, (_, offset) => userRows(from + offset))
    const column = (name: keyof (typeof rows)[0]['user']) => rows.map(({ user }) => user[name] as string)
    await sql`
      insert into users (id, first_name, last_name, is_suspended, is_password_reset_requested, email, created_at_ms,
        search_text, document)
      select id, first, last, false, false, email, created, text, document from unnest(${column('id')}::text[],
        ${column('first_name')}::text[], ${column('last_name')}::text[], ${column('email')}::text[],
        ${column('created_at_ms')}::bigint[], ${column('search_text')}::text[], ${column('document')}::text[])
        as made (id, first, last, email, created, text, document)`
    await sql`
      insert into identities (id, user_id, type, value, value_key, is_confirmed, is_primary, created_at_ms)
      select id, owner, 'email', email, email, true, true, ${startMs} from unnest(
        ${rows.map(({ identity }) => identity.id)}::text[], ${column('id')}::text[], ${column('email')}::text[])
        as made (id, owner, email)`
    await sql`
      insert into organization_users (organization_code, user_id, joined_at_ms)
      select ${organization!.code}, id, ${startMs} from unnest(${column('id')}::text[]) as made (id)`
  }
  await sql`create index users_search on users using gin (search_text public.gin_trgm_ops)`
  await sql`vacuum analyze users`
  await sql`vacuum analyze identities`
  await sql.end()
}
