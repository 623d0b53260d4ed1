import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import postgres from 'postgres'
import { startPostgres } from './postgres.ts'
import { debianBinaries, unprivilegedAccount } from './postgres-binaries.ts'

test('PostgreSQL starts durable, empty and in UTF-8, and leaves no process and no folder when stopped', async (t) => {
  const server = await startPostgres()
  t.after(server.stop)
  assert.equal(new URL(server.url).hostname, '127.0.0.1')
  const { folder, pid, settings } = await inspectServer(server.url)
  assert.deepEqual(settings, {
    fsync: 'on',
    encoding: 'UTF8',
    lower: process.platform === 'linux' ? 'äß' : 'Äß',
    tables: 0,
  })
  assert.ok(runs(pid) && existsSync(folder))

  await server.stop()
  assert.ok(!runs(pid))
  assert.ok(!existsSync(folder))
  await server.stop() // once more does nothing
})

test('stop() does not wait for those who are connected', { timeout: 30_000 }, async () => {
  const server = await startPostgres()
  const sql = postgres(server.url, { max: 1, onnotice: () => {} })
  const { pid } = await inspectServer(server.url)
  await sql`select 1` // connected
  const sleeping = assert.rejects(Promise.resolve(sql`select pg_sleep(600)`))
  await server.stop()
  await sleeping
  await sql.end({ timeout: 0 }) // without, it may wait for a reply of the connection that is gone
  assert.ok(!runs(pid))
})

test('a wrong password is refused', async (t) => {
  const server = await startPostgres()
  t.after(server.stop)
  const url = new URL(server.url)
  url.password = 'wrong'
  const sql = postgres(url.href, { max: 1 })
  await assert.rejects(Promise.resolve(sql`select 1`), { code: '28P01' })
  await sql.end()
})

test('given flags win, and a refused one is told with what PostgreSQL said', async (t) => {
  const server = await startPostgres({ flags: ['-c', 'fsync=off'] })
  t.after(server.stop)
  assert.equal((await inspectServer(server.url)).settings.fsync, 'off')
  await assert.rejects(startPostgres({ flags: ['-c', 'fsync=perhaps'] }), {
    message: /^postgres did not start: .* parameter "fsync" requires a Boolean value$/,
  })
})

test("Debian's PostgreSQL serves where the npm package does not run", async (t) => {
  const bin = await debianBinaries(await unprivilegedAccount())
  if (bin === undefined) return t.skip('none installed')
  const server = await startPostgres({ bin })
  t.after(server.stop)
  assert.equal((await inspectServer(server.url)).settings.encoding, 'UTF8')
})

test('PostgreSQL and its folder go away when the process that started it is killed', { timeout: 30_000 }, async (t) => {
  const source = `
    import { startPostgres } from ${JSON.stringify(new URL('postgres.ts', import.meta.url).href)}
    console.log((await startPostgres()).url)
    setInterval(() => {}, 1000)`
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [url] = await once(owner.stdout.setEncoding('utf8'), 'data')
  const { folder, pid } = await inspectServer(String(url).trim())

  owner.kill('SIGKILL')
  while (existsSync(folder) || runs(pid)) await delay(50, undefined, { signal: t.signal })
})

async function inspectServer(url: string) {
  const sql = postgres(url, { max: 1 })
  const [row] = await sql`
    select current_setting('data_directory') as data, split_part(pg_read_file('postmaster.pid'), chr(10), 1)::int as pid,
      current_setting('fsync') as fsync, current_setting('server_encoding') as encoding, lower('Äß') as lower,
      (select count(*)::int from pg_tables where schemaname = 'public') as tables`
  await sql.end()
  if (row === undefined) throw new Error('no row')
  const { data, pid, ...settings } = row
  return { folder: dirname(data), pid: Number(pid), settings }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it runs, as another account
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
