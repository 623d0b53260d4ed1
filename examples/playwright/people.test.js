import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { after, test } from 'node:test'
import { createApp } from '@kindred/example-express'
import { start } from '@kindred/server/testing'
import { chromium } from 'playwright-core'

// Debian's; name another one in CHROMIUM.
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const skip = existsSync(executablePath) ? false : `there is no browser at ${executablePath}: set CHROMIUM`

test('people are shown and added in a browser', { skip }, async () => {
  await using kindred = await start({ seed: { users: [{ email: 'ada@example.com', given_name: 'Ada' }] } })
  Object.assign(process.env, kindred.env)
  kindred.trust()
  const server = createApp().listen(0, '127.0.0.1')
  after(() => server.close())
  await once(server, 'listening')
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  after(() => browser.close())

  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${server.address().port}`)
  assert.deepEqual(await page.getByRole('listitem').allTextContents(), ['Ada <ada@example.com>'])
  await page.getByLabel('Name').fill('Grace')
  await page.getByLabel('E-mail').fill('grace@example.com')
  await page.getByRole('button', { name: 'Add' }).click()
  await page.getByText('Grace <grace@example.com>').waitFor()
  assert.equal(kindred.requests.list({ operation: 'createUser' }).length, 1)
})
