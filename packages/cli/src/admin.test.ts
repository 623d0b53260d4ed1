import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testDatabase } from '../../server/src/testing.ts'
import { runKindred, startKindred, temporaryFolder } from './testing-process.ts'

const isInMemory = (process.env.KINDRED_TEST_STORE ?? 'memory') === 'memory'

if (isInMemory) {
  test('administrators in memory cannot be reached by another process, which says so', async () => {
    const settings = { KINDRED_DATABASE_URL: 'memory:' }
    for (const words of [['setup-link'], ['reset-password', 'ada@example.com']]) {
      const { code, stdout, stderr } = await runKindred(['admin', ...words], { settings })
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, /^KINDRED_DATABASE_URL: administrators in memory [^\n]+\n$/)
    }
  })
} else {
  test('whoever has the machine gets into the console, beside a running server', async (t) => {
    const database = await testDatabase()
    t.after(() => database.drop())
    const folder = temporaryFolder(t)
    const kindred = await startKindred(t, { folder, settings: { KINDRED_DATABASE_URL: database.url } })
    const settings = { KINDRED_DATABASE_URL: database.url, KINDRED_URL: kindred.ready.url }
    const admin = (...words: string[]) => runKindred(['admin', ...words], { folder, settings })
    const redeem = async (line: string, account: object) => {
      const link = new URL(line.trim())
      assert.equal(link.origin, kindred.ready.url)
      const { status } = await kindred.send('POST', '/admin/api/links/redeem', {
        headers: { 'x-kindred-console': '1', 'content-type': 'application/json' },
        body: JSON.stringify({ token: link.searchParams.get('token'), ...account }),
      })
      return status
    }

    const early = await admin('reset-password', 'ada@example.com')
    assert.deepEqual([early.code, early.stderr.includes('kindred admin setup-link')], [2, true])
    const setup = await admin('setup-link')
    assert.equal(setup.code, 0, setup.stderr)
    const account = { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery staple' }
    assert.equal(await redeem(setup.stdout, account), 200)
    const late = await admin('setup-link')
    assert.deepEqual([late.code, late.stdout, late.stderr.includes('reset-password')], [2, '', true])

    const unknown = await admin('reset-password', 'eve@example.com')
    assert.deepEqual([unknown.code, unknown.stdout], [2, ''])
    assert.match(unknown.stderr, /There are: ada@example\.com\n$/)
    const reset = await admin('reset-password', 'ADA@example.com')
    assert.equal(reset.code, 0, reset.stderr)
    assert.equal(await redeem(reset.stdout, { password: 'a quite different password' }), 200)
    assert.equal(await redeem(reset.stdout, { password: 'a quite different password' }), 404)
  })
}
