import { type Kysely, sql } from 'kysely'
import { dialectOf, sortedText } from '../dialect.ts'
import { userSortKeys } from '../user-order.ts'

/** What the lists of an organization's members need: sorting users, finding holders, counting who is active. */
export async function up(db: Kysely<never>): Promise<void> {
  const word = sortedText(dialectOf(db))
  const index = (name: string, on: string, columns: string[]) =>
    db.schema.createIndex(name).on(on).columns(columns).execute()

  for (const name of ['name_sort', 'email_sort']) {
    await db.schema
      .alterTable('users')
      .addColumn(name, word, (column) => column.notNull().defaultTo(sql.lit('')))
      .execute()
  }
  await fillSortKeys(db)
  await index('users_by_name', 'users', ['name_sort', 'seq'])
  await index('users_by_email', 'users', ['email_sort', 'seq'])

  await index('organization_user_roles_by_organization', 'organization_user_roles', [
    'organization_code',
    'role_id',
    'user_id',
  ])
  await db.schema.dropIndex('organization_user_permissions_by_permission').execute()
  await index('organization_user_permissions_by_permission', 'organization_user_permissions', [
    'permission_id',
    'organization_code',
    'user_id',
  ])

  await db.schema
    .createTable('user_token_times')
    .addColumn('user_id', word, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('issued_at_seconds', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('user_token_times_key', ['user_id', 'issued_at_seconds'])
    .execute()
}

interface Named {
  seq: number
  first_name: string | null
  last_name: string | null
  email: string | null
}

/** For the users that there are already. */
async function fillSortKeys(db: Kysely<never>): Promise<void> {
  for (let after = 0; ; ) {
    const { rows } = await sql<Named>`
      select seq, first_name, last_name, email from users where seq > ${after} order by seq limit 1000`.execute(db)
    for (const row of rows) {
      const keys = userSortKeys(row)
      await sql`update users set name_sort = ${keys.name_sort}, email_sort = ${keys.email_sort}
        where seq = ${row.seq}`.execute(db)
    }
    if (rows.length < 1000) return
    after = rows.at(-1)!.seq
  }
}
