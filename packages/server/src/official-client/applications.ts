import assert from 'node:assert/strict'
import { test } from 'node:test'
import { column, refusal, requestToken, sdk } from './testing-sdk.ts'

const { Apis, Applications, Callbacks, Connections, Properties, PropertyCategories } = sdk

test('Applications: made with its credentials, listed, changed, deleted', async () => {
  const made = (await Applications.createApplication({ requestBody: { name: 'Shop', type: 'reg' } })).application
  assert.match(made.client_secret, /^[A-Za-z0-9]{52}$/)
  const applicationId = made.id
  const requestBody = { name: 'Shop 2', homepage_uri: 'https://shop.example', login_uri: 'https://shop.example/login' }
  await Applications.updateApplication({ applicationId, requestBody })
  const { application } = await Applications.getApplication({ applicationId })
  assert.deepEqual(
    [application.name, application.type, application.homepage_uri, application.login_uri],
    ['Shop 2', 'reg', 'https://shop.example', 'https://shop.example/login'],
  )
  assert.equal(application.client_secret, made.client_secret)
  const names = column((await Applications.getApplications({ sort: 'name_desc', pageSize: 100 })).applications, 'name')
  assert.deepEqual(names, [...names].sort().reverse())
  assert.ok(names.includes('Shop 2'))
  await Applications.deleteApplication({ applicationId })
  assert.deepEqual(await refusal(Applications.getApplication({ applicationId })), [404, 'APPLICATION_NOT_FOUND'])
})

test('Applications: the lifetimes of tokens hold for what the application gets', async () => {
  const { application } = await Applications.createApplication({ requestBody: { name: 'Clock', type: 'm2m' } })
  const applicationId = application.id
  await Applications.updateApplicationTokens({ applicationId, requestBody: { access_token_lifetime: 7200 } })
  const { apis } = await Apis.getApis()
  const [api] = apis.filter((one: { is_management_api: boolean }) => one.is_management_api)
  await Apis.updateApiApplications({ apiId: api.id, requestBody: { applications: [{ id: applicationId }] } })
  const { client_id, client_secret } = application
  const { expiresIn: lifetime } = await requestToken({ client_id, client_secret, audience: api.audience })
  assert.ok(lifetime === 7200 || lifetime === 7199, `${lifetime}`)
})

test('Applications: a connection is enabled for one application and taken from it', async () => {
  const { application } = await Applications.createApplication({ requestBody: { name: 'Door', type: 'reg' } })
  const { connection } = await Connections.createConnection({
    requestBody: { name: 'Owls elsewhere', display_name: 'Owls', strategy: 'oauth2:google' },
  })
  const place = { applicationId: application.id, connectionId: connection.id }
  const enabled = async () =>
    column((await Applications.getApplicationConnections({ applicationId: application.id })).connections, 'id')
  await Applications.enableConnection(place)
  assert.ok((await enabled()).includes(connection.id))
  await Applications.removeConnection(place)
  assert.ok(!(await enabled()).includes(connection.id))
})

test('Applications: a property gets a value', async () => {
  const { category } = await PropertyCategories.createCategory({ requestBody: { name: 'Signs', context: 'app' } })
  await Properties.createProperty({
    requestBody: {
      name: 'Sign',
      key: 'sign',
      type: 'single_line_text',
      context: 'app',
      is_private: false,
      category_id: category.id,
    },
  })
  const { application } = await Applications.createApplication({ requestBody: { name: 'Sign', type: 'reg' } })
  const applicationId = application.id
  await Applications.updateApplicationsProperty({
    applicationId,
    propertyKey: 'sign',
    requestBody: { value: 'Mind the owl' },
  })
  const { properties } = await Applications.getApplicationPropertyValues({ applicationId })
  assert.equal(properties.find(({ key }: { key: string }) => key === 'sign').value, 'Mind the owl')
})

test('Callbacks: URLs are added, replaced and deleted, under both spellings of the methods', async () => {
  const { application } = await Applications.createApplication({ requestBody: { name: 'Callbacks', type: 'reg' } })
  const appId = application.id
  const [one, two, three] = ['https://a.example/1', 'https://a.example/2', 'https://a.example/3']
  for (const [kind, list] of [
    [
      ['getCallbackUrls', 'addRedirectCallbackUrls', 'replaceRedirectCallbackUrls', 'deleteCallbackUrls'],
      'redirect_urls',
    ],
    [['getLogoutUrls', 'addLogoutRedirectUrls', 'replaceLogoutRedirectUrls', 'deleteLogoutUrls'], 'logout_urls'],
  ] as const) {
    for (const spelling of ['Urls', 'UrLs']) {
      const [get, add, replace, remove] = kind.map((name) => name.replace(/Urls$/, spelling))
      const urls = async () => (await Callbacks[get!]({ appId }))[list].sort()
      await Callbacks[add!]({ appId, requestBody: { urls: [one, two] } })
      assert.deepEqual(await urls(), [one, two])
      await Callbacks[replace!]({ appId, requestBody: { urls: [three] } })
      assert.deepEqual(await urls(), [three])
      await Callbacks[remove!]({ appId, urls: three })
      assert.deepEqual(await urls(), [])
    }
  }
})
