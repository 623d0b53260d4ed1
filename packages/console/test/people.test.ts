// Alone: it starts a browser.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { look, open, startConsole } from './testing-browser.ts'

const { browser, journey } = await startConsole()

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

/** The file that a click on a button hands to the browser. */
async function downloaded(page: Page, button: string): Promise<{ name: string; text: string }> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('dialog').getByRole('button', { name: button, exact: true }).click(),
  ])
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') }
}
