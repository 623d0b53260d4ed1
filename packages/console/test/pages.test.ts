// Alone: it starts a browser.
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { look, measure, startConsole, visit, widths } from './testing-browser.ts'

const { browser, journey } = await startConsole()

/** Calls the Management API, which must agree. */
async function made(method: string, path: string, body?: unknown) {
  const reply = await browser.kindred.call(method, path, body)
  assert.ok(reply.status < 300, `${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
  return reply.body
}

/** A name as long as names get, for what must not break a page. */
const longName = 'Bartholomäus-Maximilian Featherstonehaugh-Wolfeschlegelsteinhausenbergerdorff'

/** The addresses of pages, with something on each; made once. */
let addresses: Promise<string[]> | undefined

async function fill(): Promise<string[]> {
  const { organization } = await made('POST', '/api/v1/organization', { name: `${longName} and Sons` })
  const people: { id: string }[] = []
  for (const name of ['Ada', 'Grace', longName]) {
    const email = `${name
      .slice(0, 60)
      .replaceAll(/[^A-Za-z]/g, '')
      .toLowerCase()}@example.com`
    people.push(
      await made('POST', '/api/v1/user', {
        profile: { given_name: name, family_name: 'Lovelace' },
        identities: [{ type: 'email', details: { email } }],
      }),
    )
  }
  const users = people.map(({ id }) => ({ id }))
  await made('POST', `/api/v1/organizations/${organization.code}/users`, { users })
  const { role } = await made('POST', '/api/v1/roles', { name: 'Clerk', key: 'clerk' })
  await made('POST', '/api/v1/permissions', { name: 'Ship orders', key: 'ship:orders', description: 'To anywhere' })
  const flag = { name: 'Beta', description: '', key: 'beta', type: 'bool', default_value: 'true' }
  await made('POST', '/api/v1/feature_flags', flag)
  await made('POST', '/api/v1/environment_variables', { key: 'REPORTS', value: 'https://reports.example.com' })
  const { api } = await made('POST', '/api/v1/apis', { name: 'Orders', audience: 'https://orders.example.com' })
  const user = `/users/${people.at(-1)!.id}`
  const application = `/applications/${browser.kindred.ready.client_id}`
  const of = (at: string, ...parts: string[]) => [at, ...parts.map((part) => `${at}/${part}`)]
  return [
    ...['/', '/activity', '/requests', '/applications', '/apis', '/api-keys', '/users', '/organizations'],
    ...of(application, 'apis', 'secrets', 'quick-start', 'test', 'tokens', 'properties'),
    ...of(`/apis/${api.id}`, 'scopes', 'applications'),
    ...of(user, 'identities', 'organizations', 'properties', 'flags', 'security', 'events'),
    ...of(`/organizations/${organization.code}`, 'members', 'policies', 'sign-in', 'branding', 'flags', 'applications'),
    ...['/roles', '/roles/list', '/roles/permissions', `/roles/${role.id}`],
    ...['/billing', '/flags', '/properties', '/connections', '/webhooks', '/variables', '/signing-keys'],
    ...['/settings', '/settings/environment', '/settings/security', '/administrators', '/account'],
  ]
}

interface Shift {
  value: number
  moved: string[]
}

/** What moved on a page since it came, other than by a click or a key. @see https://web.dev/articles/cls */
async function shifts(page: Page): Promise<Shift[]> {
  return page.evaluate<Shift[]>(`new Promise((resolve) => {
    const shifts = []
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput, sources } of list.getEntries()) {
        if (!hadRecentInput) shifts.push({ value, moved: sources.map(({ node }) => (node?.outerHTML ?? '').slice(0, 200)) })
      }
    }).observe({ type: 'layout-shift', buffered: true })
    // What was noted before is told in a task of its own.
    setTimeout(() => resolve(shifts), 20)
  })`)
}

journey('every page has an address, comes without moving, and is dark where the system is', async (page, _, width) => {
  addresses ??= fill()
  const titles = new Set<string>()
  await page.emulateMedia({ colorScheme: 'dark' })
  try {
    for (const address of await addresses) {
      await visit(page, `${browser.kindred.ready.url}/admin${address}`)
      // Colours are the same at each width; the journeys look at light pages at both.
      const check = width === widths[0] ? look : measure
      await check(page, `dark${address.replaceAll(/\/|[\w]{20,}/g, '-')}`)
      assert.equal(new URL(page.url()).pathname, `/admin${address.replace(/^\/$/, '')}`.replace(/^\/admin$/, '/admin/'))
      const moved = await shifts(page)
      const sum = moved.reduce((total, { value }) => total + value, 0)
      assert.ok(sum < 0.02, `${address} at ${width} px shifts by ${sum}: ${JSON.stringify(moved, null, 1)}`)
      titles.add(await page.title())
    }
  } finally {
    await page.emulateMedia({ colorScheme: null })
  }
  assert.equal(titles.size, (await addresses).length)
})

journey('an address without a page says so and leads home', async (page) => {
  await visit(page, `${browser.kindred.ready.url}/admin/nowhere/at-all`, 'There is no such page')
  await look(page, 'no-such-page')
  await page.getByRole('link', { name: 'Go to the home page' }).click()
  await page.getByRole('heading', { level: 1, name: 'Hello, Ada' }).waitFor()
})
