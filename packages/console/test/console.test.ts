// Alone: it starts a browser.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { until } from '../../cli/src/testing-process.ts'
import {
  ConsoleBrowser,
  findChromium,
  look,
  makeOwner,
  open,
  photograph,
  signIn,
  visit,
  widths,
} from './testing-browser.ts'

const chromiumPath = await findChromium()
const skip = chromiumPath === undefined && 'the console, since there is no Chromium: apt-get install chromium'
const browser = chromiumPath === undefined ? undefined! : await ConsoleBrowser.start({ after }, chromiumPath)

/** Walks a journey at each width; `label` tells apart what both of them make. */
function journey(name: string, walk: (page: Page, label: string, width: number) => Promise<void>): void {
  for (const width of widths) {
    test(`${name}, at ${width} px`, { skip }, async () => {
      const page = await browser.page(width)
      try {
        await visit(page, `${browser.kindred.ready.url}/admin`)
        await walk(page, String(width), width)
      } catch (error) {
        await photograph(page, `failed-${name.slice(0, 12)}`).catch(() => {})
        // What it left open is nothing for the next one.
        await page.close()
        throw error
      }
      assert.deepEqual(browser.faults.splice(0), [])
    })
  }
}

test('the link of the first start makes the owner, works once, and leaves the address bar', { skip }, async () => {
  const page = await browser.stranger(1440)
  await page.goto(`${browser.kindred.ready.url}/admin`)
  await page.getByRole('heading', { name: 'Make the owner account' }).waitFor()
  await look(page, 'before-setup')
  const link = await browser.setupLink()
  await page.goto(link)
  await page.getByRole('button', { name: 'Make the account' }).waitFor()
  assert.equal(new URL(page.url()).search, '')
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Ada Lovelace')
  await page.getByLabel('E-mail').fill('ada@example.com')
  await page.getByRole('textbox', { name: 'Password' }).fill('short')
  await page.getByRole('button', { name: 'Make the account' }).click()
  await page
    .getByText(/12 characters/)
    .nth(1)
    .waitFor()
  assert.equal(await page.getByRole('textbox', { name: 'Name' }).inputValue(), 'Ada Lovelace')
  await look(page, 'setup')
  await makeOwner(page, link)
  const other = await browser.stranger(390)
  await other.goto(link)
  await other.getByRole('heading', { name: 'This link does not work' }).waitFor()
  await look(other, 'used-link')
  assert.deepEqual(browser.faults.splice(0), [])
})

test('a wrong password is told and the address stays; signing out ends the session', { skip }, async () => {
  const page = await browser.stranger(390)
  const { url } = browser.kindred.ready
  await page.goto(`${url}/admin/users`)
  await page.getByLabel('E-mail').fill('ada@example.com')
  await page.getByRole('textbox', { name: 'Password' }).fill('not the password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').waitFor()
  assert.equal(await page.getByLabel('E-mail').inputValue(), 'ada@example.com')
  await look(page, 'sign-in')
  await signIn(page, url)
  await page.getByRole('button', { name: 'Open the navigation' }).click()
  await page.getByRole('button', { name: /Ada Lovelace/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  assert.deepEqual(browser.faults.splice(0), [])
})

journey('a machine gets an application, scopes and a token that lists the users', async (page, label) => {
  const name = `Nightly report ${label}`
  await open(page, '/applications', 'Applications')
  await look(page, 'applications')
  await page.getByRole('button', { name: 'Add application' }).first().click()
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(name)
  await look(page, 'application-new')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('heading', { level: 1, name }).waitFor()
  await page.getByRole('button', { name: 'Show the client secret' }).click()
  await look(page, 'application')
  await page.getByRole('link', { name: 'Choose the API' }).click()
  await look(page, 'application-apis')
  await page.getByRole('button', { name: 'Authorize for Kinde Management API' }).click()
  await page.getByRole('heading', { name: 'Scopes for Kinde Management API' }).waitFor()
  await page.getByRole('button', { name: 'Read everything' }).click()
  await page.getByRole('button', { name: 'Users only' }).click()
  await page.getByLabel('Search the scopes').fill('create a user')
  await look(page, 'application-scopes')
  await page.getByRole('button', { name: 'Save scopes' }).click()
  await page.getByText('The scopes were saved').waitFor()
  await page.getByRole('link', { name: 'Test', exact: true }).click()
  await page.getByRole('button', { name: 'Get token' }).click()
  await page.getByText(/left$/).waitFor()
  assert.match(await page.locator('pre', { hasText: '"gty"' }).innerText(), /"client_credentials"/)
  await page.getByRole('button', { name: 'Send GET' }).click()
  await page.locator('pre', { hasText: '"users"' }).waitFor()
  await look(page, 'application-test')
})

journey('the quick start has ten programs with the values of the application', async (page, _label, width) => {
  const { client_id: id, client_secret: secret, ca_file: caFile } = browser.kindred.ready
  await open(page, `/applications/${id}/quick-start`)
  const tabs = page.getByRole('tab')
  await tabs.first().waitFor()
  assert.equal(await tabs.count(), 10)
  for (let index = 0; index < 10; index += 1) {
    await tabs.nth(index).click()
    const text = await page.getByRole('tabpanel').locator('pre').innerText()
    assert.ok(text.includes(id) && !text.includes(secret!), await tabs.nth(index).innerText())
  }
  await page.getByRole('tab', { name: 'JavaScript' }).click()
  await look(page, 'quick-start')
  await page.getByRole('button', { name: 'Copy the JavaScript program' }).click()
  const copied = await page.evaluate<string>('navigator.clipboard.readText()')
  assert.ok(copied.includes(secret!))
  await page.getByRole('button', { name: 'Copy the commands' }).click()
  const commands = await page.evaluate<string>('navigator.clipboard.readText()')
  if (width !== widths[0]) return
  const file = join(browser.kindred.folder, 'copied.mjs')
  writeFileSync(file, copied)
  const { stdout } = await promisify(execFile)(process.execPath, [file], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile! },
  })
  assert.equal(JSON.parse(stdout).code, 'OK')
  const { folder } = browser.kindred
  const bin = join(import.meta.dirname, '../../cli/bin/kindred.js')
  const script = `set -e\nkindred() { '${process.execPath}' '${bin}' "$@"; }\n${commands}`
  const { stdout: printed } = await promisify(execFile)('sh', ['-c', script], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, XDG_CONFIG_HOME: folder },
  })
  assert.match(printed, /client_credentials/)
  assert.match(printed, /"users": ?\[/)
})

journey('a secret is added, used, and retired with a warning', async (page, label) => {
  const { client_id: id } = browser.kindred.ready
  await open(page, `/applications/${id}/secrets`)
  await page.getByRole('button', { name: 'Add secret' }).first().click()
  await page.getByLabel('Label').fill(`Report server ${label}`)
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  const secret = await page.getByRole('dialog').locator('pre').innerText()
  await page.getByRole('button', { name: 'Done' }).click()
  await browser.kindred.newToken(secret)
  // The use is written a moment later.
  await until(async () => {
    const headers = { 'x-kindred-console': '1' }
    const reply = await page.request.get(`${browser.kindred.ready.url}/admin/api/applications/${id}/secrets`, {
      headers,
    })
    const { secrets } = (await reply.json()) as { secrets: { label: string; last_used_at: string | null }[] }
    return secrets.find((each) => each.label === `Report server ${label}`)?.last_used_at !== null
  })
  await page.reload()
  await page.getByRole('button', { name: `Retire Report server ${label}` }).click()
  await page.getByText('It is in use.').waitFor()
  await look(page, 'secret-retire')
  await page.getByRole('dialog').getByRole('button', { name: 'Retire', exact: true }).click()
  await page.getByText('was retired').waitFor()
  await look(page, 'secrets')
  await assert.rejects(browser.kindred.newToken(secret), /invalid_client/)
})

journey(
  'an API is registered, its scopes come from an OpenAPI file, and an application gets tokens for it',
  async (page, label) => {
    await open(page, '/apis', 'APIs')
    await look(page, 'apis')
    await page.getByRole('button', { name: 'Register API' }).click()
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill(`Invoices ${label}`)
    await page.getByLabel('Audience').fill(`https://invoices-${label}.example.com`)
    await page.getByRole('button', { name: 'Register', exact: true }).click()
    await page.getByRole('heading', { name: 'No scopes yet' }).waitFor()
    await look(page, 'api-empty')
    await page.getByRole('button', { name: 'Add scope' }).click()
    await page.getByRole('textbox', { name: 'Scope', exact: true }).fill('read:invoices')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Import from OpenAPI' }).click()
    const flows = {
      clientCredentials: {
        tokenUrl: 'https://example.com',
        scopes: { 'read:invoices': 'Read', 'write:invoices': 'Write' },
      },
    }
    const document = {
      openapi: '3.0.3',
      info: { title: 'Invoices', version: '1' },
      paths: {},
      components: { securitySchemes: { oauth: { type: 'oauth2', flows } } },
    }
    await page.setInputFiles('input[type=file]', {
      name: 'invoices.json',
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify(document)),
    })
    await page.getByText('1 scope to add, 1 there already').waitFor()
    await look(page, 'api-import')
    await page.getByRole('button', { name: 'Import 1 scope' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('cell', { name: 'write:invoices', exact: true }).waitFor()
    await look(page, 'api-scopes')
    await page.getByRole('link', { name: 'Applications' }).last().click()
    await page.getByRole('switch', { name: 'First M2M application is authorized' }).click({ force: true })
    await page.getByRole('table').getByRole('link', { name: 'Scopes' }).click()
    await page.getByRole('button', { name: 'All', exact: true }).click()
    await page.getByRole('button', { name: 'Save scopes' }).click()
    await page.getByText('The scopes were saved').waitFor()
    await look(page, 'api-application-scopes')
  },
)

journey('a user is created, refused twice, found, changed, suspended and deleted', async (page, label) => {
  const email = `zoe.${label}@example.com`
  await open(page, '/users', 'Users')
  await look(page, 'users')
  for (const [first, isRefused] of [
    ['Zoë', false],
    ['Another', true],
  ] as const) {
    await open(page, '/users?dialog=new', 'Users')
    await page.getByLabel('First name').fill(first)
    await page.getByLabel('Last name').fill('Meyer')
    await page.getByLabel('E-mail', { exact: true }).fill(email)
    await page.getByRole('dialog').getByRole('button', { name: 'Add user' }).click()
    if (!isRefused) await page.getByRole('heading', { level: 1, name: 'Zoë Meyer' }).waitFor()
    else {
      await page
        .getByText(/already|another user|in use|exists/i)
        .first()
        .waitFor()
      assert.equal(await page.getByLabel('First name').inputValue(), 'Another')
      await look(page, 'user-refused')
    }
  }
  await open(page, '/users', 'Users')
  await page.keyboard.press('/')
  await page.keyboard.type(`oe.${label}`)
  await page.getByRole('link', { name: 'Zoë Meyer' }).first().waitFor()
  await page.waitForURL(/q=oe/, { waitUntil: 'commit' })
  await look(page, 'users-found')
  await page.getByRole('link', { name: 'Zoë Meyer' }).first().click()
  await page.getByLabel('First name').fill('Zoe')
  await page.getByRole('button', { name: 'Save profile' }).click()
  await page.getByRole('heading', { level: 1, name: 'Zoe Meyer' }).waitFor()
  await look(page, 'user')
  await page.getByRole('button', { name: 'Suspend' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Suspend' }).click()
  await page.getByRole('button', { name: 'Lift the suspension' }).waitFor()
  for (const tab of [
    'Identities',
    'Organizations and roles',
    'Properties',
    'Feature flags',
    'Sessions and MFA',
    'Events',
  ]) {
    await page
      .getByRole('navigation', { name: /^Parts of/ })
      .getByRole('link', { name: tab })
      .click()
    await page.getByRole('heading', { level: 2 }).first().waitFor()
    await look(page, `user-${tab.split(' ')[0]!.toLowerCase()}`)
  }
  await page.getByText('User created').waitFor()
  await page.getByRole('link', { name: 'Profile' }).click()
  await page.getByRole('button', { name: 'Delete user' }).click()
  await look(page, 'user-delete')
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('heading', { level: 1, name: 'Users' }).waitFor()
  await page.getByText('was deleted').waitFor()
})

journey('users come from a file, with reasons for what is refused, and leave as one', async (page, label) => {
  const row = (name: string, more: object = {}) =>
    JSON.stringify({ email: `${name}.${label}@example.com`, first_name: name, last_name: label, ...more })
  const lines = [
    row('Ines'),
    row('Olaf', { organizations: [{ external_id: 'nowhere' }] }),
    '{"first_name":"Nobody"}',
    row('Ugo', { properties: [{ key: 'not_defined', value: 'x' }] }),
  ]
  await open(page, '/users', 'Users')
  await page.getByRole('button', { name: 'Import', exact: true }).first().click()
  await page.setInputFiles('input[type=file]', {
    name: 'people.ndjson',
    mimeType: 'application/x-ndjson',
    buffer: Buffer.from(lines.join('\n')),
  })
  await page.getByText('4 rows in the file, 1 of which cannot be read.').waitFor()
  await look(page, 'users-import')
  await page.getByRole('button', { name: 'Import 4 rows' }).click()
  await page.getByText('2 imported. 3 rows refused, in whole or in part.').waitFor()
  await look(page, 'users-imported')
  const report = await downloaded(page, 'Download the report')
  assert.equal(report.name, 'people.ndjson.refused.ndjson')
  const refused = report.text.trimEnd().split('\n')
  assert.deepEqual(
    refused.map((line) => JSON.parse(line)).map(({ line, step }) => [line, step]),
    [
      [2, 'user'],
      [3, 'user'],
      [4, 'properties'],
    ],
  )
  assert.match(refused[0]!, /no organization with the external_id .*nowhere/)
  await page.getByRole('button', { name: 'Close' }).last().click()
  await page.getByRole('link', { name: `Ugo ${label}` }).waitFor()

  await open(page, '/users?dialog=import', 'Users')
  await page.setInputFiles('input[type=file]', {
    name: 'people.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(`email,first_name\nINES.${label}@example.com,Inés\nomar.${label}@example.com,Omar\n`),
  })
  await page.getByRole('button', { name: 'Import 2 rows' }).click()
  await page.getByText('1 imported, 1 there already. Nothing was refused.').waitFor()

  await open(page, '/users?dialog=export', 'Users')
  await look(page, 'users-export')
  const lined = await downloaded(page, 'Export')
  const users = lined.text.trimEnd().split('\n')
  await page.getByText(`${users.length} users in`).waitFor()
  const ines = users
    .map((line) => JSON.parse(line))
    .find(({ first_name: first, last_name: last }) => first === 'Ines' && last === label)
  assert.deepEqual(ines.identities, [{ type: 'email', identity: `Ines.${label}@example.com` }])
  await page.getByRole('dialog').getByText('CSV', { exact: true }).click()
  const table = await downloaded(page, 'Export')
  assert.match(table.name, /^users-\d{4}-\d\d-\d\d\.csv$/)
  assert.match(table.text, /^email,email_verified,id,/)
  assert.ok(table.text.includes(`omar.${label}@example.com,,`))
})

/** The file that a click on a button hands to the browser. */
async function downloaded(page: Page, button: string): Promise<{ name: string; text: string }> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('dialog').getByRole('button', { name: button, exact: true }).click(),
  ])
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') }
}

journey('an organization has members with roles, and a role gets permissions in the matrix', async (page, label) => {
  const { kindred } = browser
  const user = {
    profile: { given_name: 'Mei', family_name: label },
    identities: [{ type: 'email', details: { email: `mei.${label}@example.com` } }],
  }
  assert.equal((await kindred.call('POST', '/api/v1/user', user)).status, 200)
  await open(page, '/roles/permissions', 'Roles and permissions')
  await page.getByRole('button', { name: 'Add permission' }).click()
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(`Write reports ${label}`)
  await page.getByLabel('Key').fill(`write:reports-${label}`)
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('cell', { name: `write:reports-${label}`, exact: true }).waitFor()
  await open(page, '/roles/list?dialog=new', 'Roles and permissions')
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(`Editor ${label}`)
  await page.getByLabel('Key').fill(`editor-${label}`)
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('cell', { name: `editor-${label}`, exact: true }).waitFor()
  await look(page, 'roles-list')
  await page.getByRole('link', { name: 'Matrix' }).click()
  const box = page.getByRole('checkbox', { name: `Editor ${label}: Write reports ${label}` })
  const saved = page.waitForResponse((reply) => reply.request().method() === 'PATCH')
  await box.click()
  await box.and(page.locator(':checked')).waitFor()
  await saved
  await page.reload()
  await box.and(page.locator(':checked')).waitFor()
  await look(page, 'roles')

  await open(page, '/organizations?dialog=new', 'Organizations')
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(`Acme ${label}`)
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: `Acme ${label}` }).waitFor()
  await look(page, 'organization')
  await page.getByRole('link', { name: 'Members' }).click()
  await page.getByRole('button', { name: 'Add members' }).first().click()
  await page.getByRole('combobox', { name: 'People' }).fill(`mei.${label}`)
  await page.getByRole('option', { name: `Mei ${label}` }).click()
  await page.getByRole('dialog').getByText('Add members to').click()
  await page.getByRole('combobox', { name: 'Roles' }).click()
  await page.getByRole('option', { name: `Editor ${label}` }).click()
  await page.getByRole('dialog').getByText('Add members to').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('link', { name: `Mei ${label}` }).waitFor()
  for (const tab of ['Members', 'Invites', 'Feature flags', 'Properties', 'M2M applications', 'Branding']) {
    await page
      .getByRole('navigation', { name: /^Parts of/ })
      .getByRole('link', { name: tab })
      .click()
    await page.getByRole('heading', { level: 2, name: tab, exact: true }).waitFor()
    await look(page, `organization-${tab.split(' ')[0]!.toLowerCase()}`)
  }
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20" fill="#2456c9"/></svg>'
  await page.setInputFiles('input[aria-label="Upload: Logo on a light ground"]', {
    name: 'logo.svg',
    mimeType: 'image/svg+xml',
    buffer: Buffer.from(svg),
  })
  await page.getByRole('img', { name: /logo\.svg/ }).waitFor()
  await open(page, '/organizations', 'Organizations')
  await look(page, 'organizations')
})

journey('flags, properties, connections, variables and API keys are defined', async (page, label) => {
  await open(page, '/flags?dialog=new', 'Feature flags')
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(`New dashboard ${label}`)
  await page.getByLabel('Key').fill(`new_dashboard_${label}`)
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByText(`new_dashboard_${label}`).waitFor()
  const { organizations } = (await browser.kindred.call('GET', '/api/v1/organizations')).body
  const override = `/api/v1/organizations/${organizations[0].code}/feature_flags/new_dashboard_${label}?value=true`
  assert.equal((await browser.kindred.call('PATCH', override)).status, 200)
  await page.reload()
  await page.getByText(`new_dashboard_${label}`).waitFor()
  await look(page, 'flags')

  await open(page, '/properties/categories?dialog=new', 'Properties')
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(`Contract ${label}`)
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('cell', { name: `Contract ${label}`, exact: true }).waitFor()
  await look(page, 'categories')
  await open(page, '/properties?dialog=new', 'Properties')
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(`Customer number ${label}`)
  await page.getByLabel('Key').fill(`customer_number_${label}`)
  await page.getByRole('combobox', { name: 'Category' }).click()
  await page.getByRole('option', { name: `Contract ${label}` }).click()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText(`customer_number_${label}`).waitFor()
  await look(page, 'properties')

  await open(page, '/connections?dialog=new', 'Connections')
  await page.getByRole('textbox', { name: 'Name' }).last().fill(`google_${label}`)
  await page.getByLabel('Client id').fill('client')
  await page.getByRole('textbox', { name: 'Client secret' }).fill('secret')
  await look(page, 'connection-new')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('heading', { name: 'Options' }).waitFor()
  assert.equal(await page.getByLabel('Client id').inputValue(), 'client')
  await look(page, 'connection')

  await open(page, '/variables?dialog=new', 'Environment variables')
  await page.getByLabel('Key').fill(`REPORTS_${label}`)
  await page.getByRole('textbox', { name: 'Value' }).fill('https://reports.example.com')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('cell', { name: `REPORTS_${label}`, exact: true }).waitFor()
  await look(page, 'variables')

  await open(page, '/api-keys?dialog=new', 'API keys')
  await look(page, 'api-key-new')
  await page.getByRole('button', { name: 'Cancel' }).click()
  await look(page, 'api-keys')
})

journey('a webhook gets a test event, its delivery is shown and sent again', async (page, label) => {
  let calls = 0
  const receiver = createServer((request, response) => {
    request.resume().on('end', () => {
      calls += 1
      response.end('thanks')
    })
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  try {
    await open(page, '/webhooks', 'Webhooks')
    await look(page, 'webhooks')
    await open(page, '/webhooks?dialog=new', 'Webhooks')
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill(`Customer database ${label}`)
    await page.getByLabel('Address').fill(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`)
    await page.getByRole('checkbox', { name: 'All events of user' }).check()
    await look(page, 'webhook-new')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { level: 1, name: `Customer database ${label}` }).waitFor()
    await page.getByRole('button', { name: 'Send test event' }).click()
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.getByRole('cell', { name: 'Delivered' }).waitFor()
    await page
      .getByRole('button', { name: /^Resend/ })
      .first()
      .click()
    await page.getByText('It is sent again').waitFor()
    await look(page, 'webhook')
    await page.getByRole('table').getByRole('button').first().click()
    await page.getByText('Attempt 1').waitFor()
    await look(page, 'delivery')
    assert.ok(calls >= 1)
  } finally {
    receiver.close()
  }
})

journey('settings, keys, billing and administrators are looked after', async (page, label) => {
  await open(page, '/settings', 'Settings')
  await page.getByRole('textbox', { name: 'Name' }).fill(`Business ${label}`)
  await page.getByRole('button', { name: 'Save business' }).click()
  await page.getByText('The business was saved').waitFor()
  await look(page, 'settings')
  await page.getByRole('link', { name: 'Environment', exact: true }).click()
  await page.getByRole('heading', { name: 'Logos' }).waitFor()
  await look(page, 'settings-environment')
  await page.getByRole('link', { name: 'Factors and passkeys' }).click()
  await page.getByRole('button', { name: 'Save passkeys' }).waitFor()
  await look(page, 'settings-security')
  await open(page, '/signing-keys?dialog=rotate', 'Signing keys')
  await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByRole('cell', { name: 'Retired' }).first().waitFor()
  await look(page, 'signing-keys')
  await open(page, '/billing', 'Billing')
  await look(page, 'billing')
  await open(page, '/billing/customers', 'Billing')
  await look(page, 'billing-customers')
  await open(page, '/administrators?dialog=invite', 'Administrators')
  await page.getByLabel('E-mail').fill(`eve.${label}@example.com`)
  await page.getByRole('combobox', { name: 'Role' }).click()
  await page.getByRole('option', { name: /^Read-only/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Invite' }).click()
  const link = await page.getByRole('dialog').locator('pre').innerText()
  await look(page, 'administrator-link')
  const guest = await browser.stranger(1440)
  await guest.goto(link)
  await guest.getByRole('textbox', { name: 'Name' }).fill(`Eve ${label}`)
  await guest.getByRole('textbox', { name: 'Password' }).fill('another horse battery staple')
  await guest.getByRole('button', { name: 'Join' }).click()
  await guest.getByRole('heading', { level: 1, name: 'Hello, Eve' }).waitFor()
  await open(guest, '/users', 'Users')
  assert.equal(await guest.getByRole('button', { name: 'Add user' }).count(), 0)
  await guest.close()
  await visit(page, `${browser.kindred.ready.url}/admin/administrators`, 'Administrators')
  await page.getByText(`Eve ${label}`, { exact: true }).waitFor()
  await look(page, 'administrators')
  await open(page, '/account', 'Account and sessions')
  await page.getByText('This one').waitFor()
  await look(page, 'account')
})

journey('home, activity and the request log tell what happened and what mends a refusal', async (page) => {
  const refused = await browser.kindred.send('GET', '/api/v1/users', { headers: { authorization: 'Bearer none' } })
  assert.equal(refused.status, 401)
  await open(page, '/', 'Hello, Ada')
  await page.getByRole('heading', { name: 'Requests' }).waitFor()
  await look(page, 'home')
  await open(page, '/activity', 'Activity')
  await look(page, 'activity')
  await page.getByRole('table').getByRole('button').first().click()
  await page.getByRole('dialog').getByText('Type').waitFor()
  await look(page, 'activity-event')
  await open(page, '/requests?status=4xx', 'Requests')
  await page.getByRole('button', { name: 'GET /api/v1/users' }).first().click()
  await page.getByText('What mends it', { exact: true }).waitFor()
  await look(page, 'request')
})

journey('the command palette goes to pages and finds people', async (page, label) => {
  await page.keyboard.press('Control+k')
  await page.getByRole('textbox', { name: 'Search or go to' }).fill('webhoo')
  await page.getByRole('button', { name: 'Webhooks' }).last().waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Webhooks' }).waitFor()
  await page.keyboard.press('Control+k')
  await page.getByRole('textbox', { name: 'Search or go to' }).fill(`mei.${label}`)
  await page.getByText(`mei.${label}@example.com`).waitFor()
  await look(page, 'palette')
})

journey(
  'the API reference asks no other server and tries an operation with the token of an application',
  async (page) => {
    await page.goto(`${browser.kindred.ready.url}/docs`)
    await page.getByLabel('Try it as').selectOption({ label: 'First M2M application' })
    await page.getByText('Calls carry its token.').waitFor()
    await look(page, 'reference')
    await page.getByRole('link', { name: 'Timezones' }).click()
    await page
      .getByRole('button', { name: /timezones/ })
      .first()
      .click()
    await page.getByRole('button', { name: 'Try it out' }).click()
    await page.getByRole('button', { name: 'Execute' }).click()
    await page.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor()
  },
)
