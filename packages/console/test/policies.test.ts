// Alone: it starts a browser.
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { look, open, startConsole } from './testing-browser.ts'

const { browser, journey } = await startConsole()

/** Calls the Management API, which must agree. */
async function made(method: string, path: string, body?: unknown) {
  const reply = await browser.kindred.call(method, path, body)
  assert.ok(reply.status < 300, `${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
  return reply.body
}

const tab = (page: Page, name: string) =>
  page.getByRole('navigation', { name: /^Parts of/ }).getByRole('link', { name, exact: true })

async function apiWithScopes(label: string): Promise<{ id: string; scopes: string[] }> {
  const { api } = await made('POST', '/api/v1/apis', { name: `Orders ${label}`, audience: `orders-${label}` })
  const scopes: string[] = []
  for (const key of ['read:orders', 'write:orders']) {
    scopes.push((await made('POST', `/api/v1/apis/${api.id}/scopes`, { key, description: '' })).scope.id)
  }
  return { id: api.id, scopes }
}

async function member(code: string, name: string, label: string, roles: string[] = []): Promise<string> {
  const { id } = await made('POST', '/api/v1/user', {
    profile: { given_name: name, family_name: label },
    identities: [{ type: 'email', details: { email: `${name.toLowerCase()}.${label}@example.com` } }],
  })
  await made('POST', `/api/v1/organizations/${code}/users`, { users: [{ id, roles }] })
  return id
}

journey('a role gives permissions, API scopes and system permissions, and tells who has it', async (page, label) => {
  const api = await apiWithScopes(`role-${label}`)
  const permission = { name: `Ship orders ${label}`, key: `ship:orders-${label}`, description: 'To anywhere' }
  await made('POST', '/api/v1/permissions', permission)
  const { role } = await made('POST', '/api/v1/roles', { name: `Clerk ${label}`, key: `clerk-${label}` })
  const { organization } = await made('POST', '/api/v1/organization', { name: `Store ${label}` })
  await member(organization.code, 'Ruth', label, [`clerk-${label}`])
  const path = `/api/v1/roles/${role.id}`

  await open(page, '/roles/list', 'Roles and permissions')
  await page.getByRole('link', { name: `Clerk ${label}` }).click()
  await page.getByLabel('Description').fill('Takes orders')
  await page.getByRole('button', { name: 'Save role' }).click()
  await page.getByText('was saved').waitFor()
  await look(page, 'role')

  await tab(page, 'Permissions').click()
  await page.getByRole('checkbox', { name: permission.name }).check()
  await page.getByRole('button', { name: 'Save permissions' }).click()
  await page.getByText('The permissions were saved').waitFor()
  await look(page, 'role-permissions')
  const { permissions } = await made('GET', `${path}/permissions`)
  assert.deepEqual(
    permissions.map(({ key }: { key: string }) => key),
    [permission.key],
  )

  await tab(page, 'API scopes').click()
  await page.getByRole('searchbox', { name: 'Search the scopes' }).fill(`orders role-${label}`)
  await page.getByRole('checkbox', { name: `All scopes of Orders role-${label}` }).check()
  await page.getByRole('checkbox', { name: 'write:orders' }).uncheck()
  await page.getByRole('button', { name: 'Save scopes' }).click()
  await page.getByText('The scopes were saved').waitFor()
  await page.getByRole('searchbox', { name: 'Search the scopes' }).fill('')
  await look(page, 'role-scopes')
  const { scopes } = await made('GET', `${path}/scopes`)
  assert.deepEqual(
    scopes.map(({ id }: { id: string }) => id),
    [api.scopes[0]],
  )

  await tab(page, 'System permissions').click()
  await page.getByRole('checkbox', { name: /Read billing/ }).check()
  await page.getByRole('button', { name: 'Save system permissions' }).click()
  await page.getByText('The system permissions were saved').waitFor()
  await look(page, 'role-system-permissions')
  const { system_permissions: held } = await made('GET', `${path}/system_permissions`)
  assert.deepEqual(
    held.map(({ key }: { key: string }) => key),
    ['org:read:billing'],
  )

  await tab(page, 'People').click()
  await page.getByRole('link', { name: `Ruth ${label}` }).waitFor()
  await page.getByRole('link', { name: `Store ${label}` }).waitFor()
  await look(page, 'role-people')

  await tab(page, 'Details').click()
  await page.getByRole('button', { name: 'Delete role' }).click()
  await page.getByText('Removes 1 permission and 1 API scope from 1 member.').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('heading', { level: 1, name: 'Roles and permissions' }).waitFor()
})

journey('an organization has policies, a directory, colours and API keys of its own', async (page, label) => {
  const { organization } = await made('POST', '/api/v1/organization', { name: `Globex ${label}` })
  const at = `/organizations/${organization.code}`
  const api = await apiWithScopes(`key-${label}`)
  const { connection } = await made('POST', '/api/v1/connections', {
    name: `okta-${label}`,
    display_name: `Okta ${label}`,
    strategy: 'saml:okta',
    options: {},
  })
  const policies = async () => {
    const headers = { 'x-kindred-console': '1' }
    const url = `${browser.kindred.ready.url}/admin/api/organizations/${organization.code}/policies`
    return (await page.request.get(url, { headers })).json()
  }

  await open(page, `${at}/policies`, `Globex ${label}`)
  await page.getByRole('switch', { name: /^Whoever signs up with an address/ }).click()
  await page.getByLabel('Domains, one a line').fill('globex.example\nnot a domain')
  await page.getByRole('button', { name: 'Save joining' }).click()
  await page.getByText(/is no domain such as/).waitFor()
  await page.getByLabel('Domains, one a line').fill('globex.example')
  await page.getByRole('button', { name: 'Save joining' }).click()
  await page.getByText('The rules for joining were saved').waitFor()
  await page.getByRole('switch', { name: 'Members must use a second factor' }).click()
  await page.getByRole('switch', { name: 'Factors of its own' }).click()
  await page.getByRole('button', { name: 'Save factors' }).click()
  await page.getByText('Choose at least one factor of its own.').waitFor()
  await page.getByRole('checkbox', { name: 'Authenticator app' }).check()
  await page.getByRole('button', { name: 'Save factors' }).click()
  await page.getByText('The second factors were saved').waitFor()
  await page.getByRole('combobox', { name: 'Passkeys are' }).click()
  await page.getByRole('option', { name: 'Required' }).click()
  await page.getByRole('button', { name: 'Save passkeys' }).click()
  await page.getByText('The passkeys were saved').waitFor()
  await page.getByRole('switch', { name: 'A lifetime of its own' }).click()
  await page.getByLabel('Lifetime in seconds').fill('3600')
  await page.getByRole('button', { name: 'Save sessions' }).click()
  await page.getByText('The sessions were saved').waitFor()
  await look(page, 'organization-policies')
  const set = await policies()
  assert.deepEqual(
    [set.is_auto_join_domain_list, set.is_enforce_mfa, set.mfa?.enabled_factors, set.passkey_policy],
    [true, true, ['mfa:authenticator_app'], 'mandatory'],
  )
  assert.equal(set.sessions.authenticated_session_lifetime, 3600)

  await tab(page, 'Sign-in').click()
  await page.getByRole('heading', { name: 'No directory' }).waitFor()
  await look(page, 'organization-sign-in')
  await page.getByRole('switch', { name: `Okta ${label}` }).click()
  await page.getByRole('button', { name: 'Add directory' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill(`Everyone ${label}`)
  await look(page, 'directory-new')
  await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click()
  const token = await page.getByRole('dialog').locator('pre').innerText()
  assert.match(token, /^kstkn_/)
  await look(page, 'directory-token')
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByText(`…${token.slice(-4)}`).waitFor()
  assert.equal(await page.getByText(token).count(), 0)
  await page.getByRole('button', { name: 'Rename the directory' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill(`Staff ${label}`)
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('button', { name: `Delete the directory Staff ${label}` }).waitFor()
  await look(page, 'organization-directory')
  const { directories } = await made('GET', `/api/v1/directories?organization_code=${organization.code}`)
  assert.deepEqual(
    directories.map((each: Record<string, unknown>) => [each.directory_name, each.enterprise_connection_id]),
    [[`Staff ${label}`, connection.id]],
  )
  await page.getByRole('button', { name: `Delete the directory Staff ${label}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('heading', { name: 'No directory' }).waitFor()

  await tab(page, 'Branding').click()
  await page.getByRole('textbox', { name: 'Buttons', exact: true }).fill('#e0a800')
  await page.getByText(/^Hard to read: text on buttons/).waitFor()
  await page.getByRole('textbox', { name: 'Text on buttons' }).fill('#111111')
  await page.getByText(/^Hard to read/).waitFor({ state: 'detached' })
  // Away from the field, whose palette lies over the button.
  await page.keyboard.press('Tab')
  await page.getByRole('button', { name: 'Save branding' }).click()
  await page.getByText('The branding was saved').waitFor()
  await look(page, 'organization-branding')
  const brand = await made('GET', `/api/v1/organization?code=${organization.code}`)
  assert.deepEqual([brand.button_color.hex, brand.button_text_color.hex], ['#e0a800', '#111111'])

  await tab(page, 'API keys').click()
  await page.getByRole('heading', { name: 'No API keys yet' }).waitFor()
  await page.getByRole('button', { name: 'Add API key' }).first().click()
  await page.getByRole('textbox', { name: 'Name' }).fill(`Robot ${label}`)
  await page.getByRole('combobox', { name: 'API' }).click()
  await page.getByRole('option', { name: `Orders key-${label}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByText('Copy it now').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
  await page.getByText(`Robot ${label}`).waitFor()
  await look(page, 'organization-api-keys')
  const { api_keys: keys } = await made('GET', `/api/v1/api_keys?org_code=${organization.code}`)
  assert.deepEqual(
    keys.map((key: { name: string; api_ids: string[] }) => [key.name, key.api_ids]),
    [[`Robot ${label}`, [api.id]]],
  )
})

journey('an application is kept to people with a role; its tokens and its limit are set', async (page, label) => {
  const { application } = await made('POST', '/api/v1/applications', { name: `Shop ${label}`, type: 'reg' })
  await made('POST', '/api/v1/roles', { name: `Staff ${label}`, key: `staff-${label}` })
  const flag = { name: `Beta ${label}`, description: '', key: `beta_${label}`, type: 'bool', default_value: 'true' }
  await made('POST', '/api/v1/feature_flags', flag)
  const at = `/applications/${application.id}`

  await open(page, `${at}/access-roles`, `Shop ${label}`)
  const control = page.getByRole('switch', { name: 'Only people with one of these roles may sign in' })
  await control.and(page.locator(':disabled')).waitFor()
  await look(page, 'access-roles')
  await page.getByRole('checkbox', { name: `Staff ${label}` }).check()
  await page.getByRole('button', { name: 'Save roles' }).click()
  await page.getByText('The access roles were saved').waitFor()
  await control.and(page.locator(':enabled')).click()
  await page.getByText('Only people with one of the roles may sign in.').waitFor()
  const shown = (await made('GET', `/api/v1/applications/${application.id}`)).application
  assert.equal(shown.is_access_control_enabled, true)

  await tab(page, 'Sign-in').click()
  await page.getByRole('switch', { name: 'Ask for first and last name at sign-up' }).click()
  await page.getByLabel('Language').fill('de')
  await page.getByRole('button', { name: 'Save pages' }).click()
  await page.getByText('The pages were saved').waitFor()
  await look(page, 'application-sign-in')

  await tab(page, 'Tokens').click()
  await page.getByLabel('Access token, in seconds').fill('600')
  await page.getByRole('button', { name: 'Save lifetimes' }).click()
  await page.getByText('The lifetimes were saved').waitFor()
  // By keyboard: on a phone the notice that the lifetimes were saved lies over the options.
  await page.getByRole('combobox', { name: 'Feature flags' }).fill(`Beta ${label}`)
  await page.getByRole('option', { name: `Beta ${label}` }).waitFor()
  for (const key of ['ArrowDown', 'Enter', 'Escape']) await page.keyboard.press(key)
  await page.getByRole('button', { name: 'Save contents' }).click()
  await page.getByText('What tokens carry was saved').waitFor()
  await look(page, 'application-tokens')
  const after = (await made('GET', `/api/v1/applications/${application.id}`)).application
  assert.deepEqual(
    [after.access_token_lifetime, after.m2m_token.feature_flags, after.is_ask_for_name],
    [600, [`beta_${label}`], !shown.is_ask_for_name],
  )

  await tab(page, 'Details').click()
  await page.getByRole('combobox', { name: 'Limit' }).click()
  await page.getByRole('option', { name: 'A limit of its own' }).click()
  await page.getByLabel('Requests').fill('2000000')
  await page.getByRole('button', { name: 'Save limit' }).click()
  await page.getByLabel('Requests').and(page.locator('[aria-invalid=true]')).waitFor()
  await page.getByLabel('Requests').fill('250')
  await page.getByRole('button', { name: 'Save limit' }).click()
  await page.getByText('The rate limit was saved').waitFor()
  await page.reload()
  await page.getByLabel('Requests').and(page.locator('[value="250"]')).waitFor()
  await look(page, 'application-details')
})

journey(
  'a person gets an API scope in one organization, and a password that the server never sees',
  async (page, label) => {
    const api = await apiWithScopes(`user-${label}`)
    const { organization } = await made('POST', '/api/v1/organization', { name: `Initech ${label}` })
    const id = await member(organization.code, 'Sam', label)
    await open(page, `/users/${id}/organizations`, `Sam ${label}`)
    await page.getByRole('button', { name: `Choose API scopes in Initech ${label}` }).click()
    await page.getByRole('searchbox', { name: 'Search the scopes' }).fill(`user-${label}`)
    await page.getByRole('checkbox', { name: 'read:orders' }).check()
    await look(page, 'user-scopes')
    await page.getByRole('button', { name: 'Save scopes' }).click()
    await page.getByText('Of their own: read:orders').waitFor()
    await look(page, 'user-organizations')
    const { results } = await made(
      'GET',
      `/api/v1/search/users?api_scopes=read:orders&expand=api_scopes&query=sam.${label}`,
    )
    assert.deepEqual(results[0].api_scopes, [{ org_code: organization.code, scope: 'read:orders', api_id: api.id }])

    await tab(page, 'Profile').click()
    await page.getByRole('button', { name: 'Set a password' }).click()
    await page.getByRole('textbox', { name: 'Password' }).fill('a password of Sam')
    await look(page, 'user-password')
    const sent = page.waitForRequest((request) => request.url().endsWith('/password'))
    await page.getByRole('dialog').getByRole('button', { name: 'Set password' }).click()
    const body = (await sent).postDataJSON()
    await page.getByText('was set').waitFor()
    assert.deepEqual([body.hashing_method, body.is_temporary_password], ['pbkdf2', true])
    assert.equal(JSON.stringify(body).includes('a password of Sam'), false)
    await page.getByRole('button', { name: 'Refresh claims' }).click()
    await page.getByText('The claims were refreshed').waitFor()
    await look(page, 'user-profile')
  },
)

journey('a plan is set up, an organization agrees to it, and usage is recorded', async (page, label) => {
  const { organization } = await made('POST', '/api/v1/organization', { name: `Hooli ${label}` })
  await open(page, '/billing/plans', 'Billing')
  await page.getByRole('button', { name: 'Add plan' }).first().click()
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(`Pro ${label}`)
  await page.getByRole('textbox', { name: 'Code', exact: true }).fill(`pro-${label}`)
  await page.getByRole('button', { name: 'Add feature' }).click()
  await page.getByLabel('Name of the feature').fill('Seats')
  await page.getByLabel('Code of the feature').fill('seats')
  await page.getByLabel('Price of a unit, cents').fill('900')
  await page.getByLabel('At most').fill('50')
  await look(page, 'plan-new')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText(`Pro ${label} was saved.`).waitFor()
  await look(page, 'billing-plans')

  await open(page, `/organizations/${organization.code}/billing`, `Hooli ${label}`)
  await page.getByRole('heading', { name: 'Not a customer' }).waitFor()
  await look(page, 'organization-billing')
  await page.getByRole('button', { name: 'Make it a customer' }).click()
  await page.getByLabel('Address for bills').fill(`bills-${label}@hooli.example`)
  await page.getByRole('combobox', { name: 'Plan' }).click()
  await page.getByRole('option', { name: `Pro ${label}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: `bills-${label}@hooli.example` }).waitFor()
  await page.getByRole('button', { name: `Record usage pro-${label}` }).click()
  await page.getByLabel('Amount').fill('7')
  await page.getByRole('dialog').getByRole('button', { name: 'Record', exact: true }).click()
  await page.getByText('The usage was recorded').waitFor()
  await page.getByRole('cell', { name: '7', exact: true }).waitFor()
  await look(page, 'billing-customer')
  const { billing } = await made('GET', `/api/v1/organization?code=${organization.code}&expand=billing`)
  assert.deepEqual(
    billing.agreements.map(({ plan_code }: { plan_code: string }) => plan_code),
    [`pro-${label}`],
  )
  await open(page, '/billing/customers', 'Billing')
  await page.getByRole('link', { name: `Hooli ${label}` }).waitFor()
  await look(page, 'billing-customers-list')
})

journey('a connected app is set up, and its secret is not shown again', async (page, label) => {
  await open(page, '/settings/connected-apps', 'Settings')
  await page.getByText('Address to come back to').waitFor()
  await look(page, 'connected-apps-empty')
  await page.getByRole('button', { name: 'Add app' }).first().click()
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(`GitLab ${label}`)
  await page.getByLabel('Reference').fill(`gitlab-${label}`)
  await page.getByLabel('Where people authorize it').fill('nowhere')
  await page.getByLabel('Where tokens are fetched').fill('https://gitlab.example/oauth/token')
  await page.getByLabel('Client id').fill('client')
  await page.getByRole('textbox', { name: 'Client secret' }).fill('hush-hush')
  await page.getByLabel('Scopes').fill('read_user  api')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByLabel('Where people authorize it').and(page.locator('[aria-invalid=true]')).waitFor()
  await page.getByLabel('Where people authorize it').fill('https://gitlab.example/oauth/authorize')
  await look(page, 'connected-app-new')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText(`GitLab ${label} was saved.`).waitFor()
  await look(page, 'connected-apps')
  const [edit, menu] = [
    page.getByRole('button', { name: `Edit GitLab ${label}` }),
    page.getByRole('button', { name: `Actions for GitLab ${label}` }),
  ]
  await edit.or(menu).click()
  if ((await menu.count()) > 0) await page.getByRole('menuitem', { name: 'Edit' }).click()
  await page.getByText('One is kept. Empty: it stays.').waitFor()
  assert.equal(await page.getByRole('textbox', { name: 'Client secret' }).inputValue(), '')
  assert.equal(await page.getByLabel('Scopes').inputValue(), 'read_user api')
})

journey('who leaves a page with changes that are not saved is asked first', async (page, label) => {
  const { application } = await made('POST', '/api/v1/applications', { name: `Draft ${label}`, type: 'm2m' })
  await open(page, '/applications', 'Applications')
  await page.getByRole('link', { name: `Draft ${label}` }).click()
  const name = page.getByLabel('Name of the application')
  await name.fill('Renamed')
  await tab(page, 'Secrets').click()
  const question = page.getByRole('dialog', { name: 'Leave without saving?' })
  await question.waitFor()
  await look(page, 'leave')
  await question.getByRole('button', { name: 'Stay' }).click()
  assert.equal(await name.inputValue(), 'Renamed')
  await page.goBack()
  await question.waitFor()
  assert.ok(page.url().endsWith(`/applications/${application.id}`))
  await question.getByRole('button', { name: 'Leave' }).click()
  await page.getByRole('heading', { level: 1, name: 'Applications' }).waitFor()

  await page.getByRole('link', { name: `Draft ${label}` }).click()
  await name.fill(`Draft ${label} 2`)
  await page.getByRole('button', { name: 'Save name' }).click()
  await page.getByText('The name was saved').waitFor()
  await tab(page, 'Secrets').click()
  await page.getByRole('heading', { level: 2, name: 'Secrets' }).waitFor()

  // Who deletes what a page is about is not asked whether to save it.
  await tab(page, 'Details').click()
  await name.fill('Never saved')
  await page.getByRole('button', { name: 'Delete application' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('heading', { level: 1, name: 'Applications' }).waitFor()
  assert.equal(await question.count(), 0)
})
