import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { BearerCheck } from '../auth.ts'
import { start } from '../testing.ts'
import { buildConsole } from './console.ts'

/** The console over a folder with a few files; `outside.txt` lies beside it. */
async function startSite(t: TestContext, options: { isBuilt: boolean }) {
  const { environment } = await start(t)
  const root = await mkdtemp(join(tmpdir(), 'kindred-site-'))
  t.after(() => rm(root, { recursive: true }))
  const dist = join(root, 'dist')
  if (options.isBuilt) {
    await mkdir(join(dist, 'assets'), { recursive: true })
    await writeFile(join(dist, 'index.html'), '<!doctype html><title>Console</title>')
    await writeFile(join(dist, 'assets/main-B3xk9aQ1.js'), 'run()')
    await writeFile(join(dist, 'assets/main-B3xk9aQ1.js.br'), 'compressed')
    await writeFile(join(dist, 'favicon.svg'), '<svg/>')
    await writeFile(join(root, 'outside.txt'), 'outside')
    await symlink(join(root, 'outside.txt'), join(dist, 'link.txt'))
  }
  const isManagementAudience = () => false
  const bearer = new BearerCheck({ ...environment, isManagementAudience })
  const app = await buildConsole({ environment, bearer, isManagementAudience }, pathToFileURL(`${dist}/`))
  t.after(() => app.close())
  const get = (url: string, headers: Record<string, string> = {}) => app.inject({ method: 'GET', url, headers })
  return { get, app, dist }
}

test('the page is served at every address below /admin that names no file, and is always asked for anew', async (t) => {
  const { get } = await startSite(t, { isBuilt: true })
  for (const url of ['/admin', '/admin/', '/admin/users/kp_1?tab=roles', '/admin/setup?token=abc']) {
    const { statusCode, headers, body } = await get(url)
    assert.deepEqual([statusCode, body], [200, '<!doctype html><title>Console</title>'], url)
    assert.equal(headers['cache-control'], 'no-cache')
    assert.equal(headers['content-type'], 'text/html; charset=utf-8')
    assert.equal((await get(url, { 'if-none-match': String(headers.etag) })).statusCode, 304)
  }
})

test('no page may be framed, run a script that is written into it, or load anything from elsewhere', async (t) => {
  const { get } = await startSite(t, { isBuilt: true })
  for (const url of ['/admin', '/admin/assets/main-B3xk9aQ1.js', '/admin/favicon.svg']) {
    const { headers } = await get(url)
    const policy = new Map(
      String(headers['content-security-policy'])
        .split('; ')
        .map((rule) => [rule.split(' ', 1)[0]!, rule.slice(rule.indexOf(' ') + 1)]),
    )
    assert.equal(policy.get('default-src'), "'none'")
    assert.equal(policy.get('script-src'), "'self'")
    assert.equal(policy.get('connect-src'), "'self'")
    assert.equal(policy.get('frame-ancestors'), "'none'")
    assert.equal(policy.get('base-uri'), "'none'")
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['referrer-policy'], 'same-origin')
  }
})

test('files with a hash in their name are kept for good, and come compressed where a browser takes that', async (t) => {
  const { get } = await startSite(t, { isBuilt: true })
  const url = '/admin/assets/main-B3xk9aQ1.js'
  const plain = await get(url)
  assert.deepEqual([plain.body, plain.headers['content-encoding']], ['run()', undefined])
  assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable')
  const compressed = await get(url, { 'accept-encoding': 'gzip, br;q=1.0' })
  assert.deepEqual([compressed.body, compressed.headers['content-encoding']], ['compressed', 'br'])
  assert.equal(compressed.headers['content-type'], 'text/javascript; charset=utf-8')
  assert.equal((await get('/admin/favicon.svg')).headers['cache-control'], 'no-cache')
})

test('no address leads out of the folder', async (t) => {
  const { get } = await startSite(t, { isBuilt: true })
  for (const path of [
    '../outside.txt',
    '..%2foutside.txt',
    '%2e%2e/outside.txt',
    '%2e%2e%2foutside.txt',
    '..%5coutside.txt',
    'assets/../../outside.txt',
    'assets%2f..%2f..%2foutside.txt',
    '%252e%252e/outside.txt',
    '/etc/passwd.txt',
    '%00.txt',
    '%zz',
    'link.txt',
    'assets/',
    'assets/no-such-file.js',
    `${'x'.repeat(5000)}.js`,
  ]) {
    const { statusCode, body } = await get(`/admin/${path}`)
    assert.ok(!body.includes('outside') && !body.includes('root:'), path)
    assert.ok([200, 400, 404].includes(statusCode), `${statusCode} ${path}`)
    if (statusCode === 200) assert.match(body, /Console/, path)
  }
})

test('an address of no operation is no page', async (t) => {
  const { get } = await startSite(t, { isBuilt: true })
  for (const url of ['/admin/api', '/admin/api/', '/admin/api/no-such']) {
    const { statusCode, headers } = await get(url)
    assert.equal(statusCode, 404, url)
    assert.match(String(headers['content-type']), /json/)
  }
})

test('a later build is served without a restart', async (t) => {
  const { get, dist } = await startSite(t, { isBuilt: true })
  await get('/admin')
  await writeFile(join(dist, 'assets/next-C3xk9aQ1.js'), 'next()')
  await get('/admin/users')
  assert.equal((await get('/admin/assets/next-C3xk9aQ1.js')).body, 'next()')
})

test('without a build there is the start page, and a line where the reference will be', async (t) => {
  const { get } = await startSite(t, { isBuilt: false })
  for (const url of ['/admin', '/admin/setup?token=x']) assert.match((await get(url)).body, /Kindred is running/)
  const docs = await get('/docs')
  assert.equal(docs.statusCode, 404)
  assert.match(docs.body, /npm run build/)
})
