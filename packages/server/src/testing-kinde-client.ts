/**
 * A program that uses Kinde's official SDK, unchanged, as its documentation says. Run it in a process of its own:
 * `testing-kinde-client.ts <tour> [base URL]`; it prints what the SDK gave as JSON. Without a base URL the SDK takes its
 * settings from `KINDE_DOMAIN`, `KINDE_MANAGEMENT_CLIENT_ID` and `KINDE_MANAGEMENT_CLIENT_SECRET`.
 */
import * as sdk from '@kinde/management-api-js'

const { init, Apis, Applications, Business, Callbacks, Identities, Industries, Search, Timezones, Users } =
  // biome-ignore lint/suspicious/noExplicitAny: a resolver of ES modules does not find the SDK's own declarations.
  sdk as any

const [, , tour = '', kindeDomain] = process.argv

init(
  kindeDomain === undefined
    ? undefined
    : {
        kindeDomain,
        clientId: process.env.KINDE_MANAGEMENT_CLIENT_ID!,
        clientSecret: process.env.KINDE_MANAGEMENT_CLIENT_SECRET!,
      },
)

const tours: Record<string, () => Promise<unknown>> = {
  async users() {
    const before = await Users.getUsers()
    const created = await Users.createUser({
      requestBody: {
        profile: { given_name: 'Ada', family_name: 'Lovelace' },
        provided_id: 'mine-1',
        identities: [
          { type: 'email', details: { email: 'ada@example.com' } },
          { type: 'username', details: { username: 'ada' } },
        ],
      },
    })
    const { id } = created
    const got = await Users.getUserData({ id, expand: 'identities' })
    const updated = await Users.updateUser({ id, requestBody: { given_name: 'Augusta', is_suspended: true } })
    const added = await Users.createUserIdentity({ userId: id, requestBody: { type: 'email', value: 'a@example.com' } })
    const identities = await Users.getUserIdentities({ userId: id })
    const identityId = added.identity.id
    const identity = await Identities.getIdentity({ identityId })
    await Identities.updateIdentity({ identityId, requestBody: { is_primary: true } })
    const preferred = await Users.getUserData({ id })
    await Identities.deleteIdentity({ identityId })
    const found = await Search.searchUsers({ query: 'lovelace' })
    const page = await Users.getUsers({ pageSize: 1, email: 'ada@example.com' })
    const deleted = await Users.deleteUser({ id })
    const missing = await failure(Users.getUserData({ id }))
    return { before, created, got, updated, identities, identity, preferred, found, page, deleted, missing }
  },

  async apis() {
    const { api } = await Apis.addApis({ requestBody: { name: 'Zoo', audience: 'https://zoo.example' } })
    const apiId = api.id
    const { scope } = await Apis.addApiScope({ apiId, requestBody: { key: 'read:owls', description: 'Look at owls' } })
    const scopeId = scope.id
    const { application } = await Applications.createApplication({ requestBody: { name: 'Keeper', type: 'm2m' } })
    const applicationId = application.id
    await Apis.updateApiApplications({ apiId, requestBody: { applications: [{ id: applicationId }] } })
    await Apis.addApiApplicationScope({ apiId, applicationId, scopeId })
    const got = await Apis.getApi({ apiId })
    const scopes = await Apis.getApiScopes({ apiId })
    await Apis.updateApiScope({ apiId, scopeId, requestBody: { description: 'Look at them all' } })
    const updated = await Apis.getApiScope({ apiId, scopeId })
    await Apis.deleteApiApplicationScope({ apiId, applicationId, scopeId })
    await Apis.deleteApiScope({ apiId, scopeId })
    const deleted = await Apis.deleteApi({ apiId })
    const list = await Apis.getApis()
    await Applications.deleteApplication({ applicationId })
    return { application, got, scopes, updated, deleted, list }
  },

  async applications() {
    const { application } = await Applications.createApplication({ requestBody: { name: 'Shop', type: 'reg' } })
    const appId = application.id
    await Applications.updateApplication({
      applicationId: appId,
      requestBody: {
        name: 'Shop 2',
        homepage_uri: 'https://shop.example',
        redirect_uris: ['https://shop.example/back'],
      },
    })
    await Callbacks.addRedirectCallbackUrls({ appId, requestBody: { urls: ['https://shop.example/more'] } })
    const callbacks = await Callbacks.getCallbackUrls({ appId })
    await Callbacks.replaceRedirectCallbackUrls({ appId, requestBody: { urls: ['https://shop.example/only'] } })
    const replaced = await Callbacks.getCallbackUrls({ appId })
    await Callbacks.deleteCallbackUrls({ appId, urls: 'https://shop.example/only' })
    await Callbacks.addLogoutRedirectUrls({ appId, requestBody: { urls: ['https://shop.example/bye'] } })
    await Callbacks.replaceLogoutRedirectUrls({ appId, requestBody: { urls: ['https://shop.example/ciao'] } })
    const logout = await Callbacks.getLogoutUrls({ appId })
    await Callbacks.deleteLogoutUrls({ appId, urls: 'https://shop.example/ciao' })
    const empty = [await Callbacks.getCallbackUrls({ appId }), await Callbacks.getLogoutUrls({ appId })]
    await Applications.updateApplicationTokens({ applicationId: appId, requestBody: { access_token_lifetime: 3600 } })
    const got = await Applications.getApplication({ applicationId: appId })
    const list = await Applications.getApplications({ sort: 'name_asc', pageSize: 10 })
    const deleted = await Applications.deleteApplication({ applicationId: appId })
    return { callbacks, replaced, logout, empty, got, list, deleted }
  },

  async business() {
    const business = await Business.getBusiness()
    await Business.updateBusiness({ requestBody: { business_name: 'Zoo' } })
    return {
      business,
      renamed: await Business.getBusiness(),
      industries: await Industries.getIndustries(),
      timezones: await Timezones.getTimezones(),
    }
  },

  /** One call, whatever comes of it. */
  async list() {
    return Users.getUsers().catch((error: Failure) => ({ failed: describe(error) }))
  },
}

const made = tours[tour]
if (made === undefined) throw new Error(`There is no tour ${JSON.stringify(tour)}.`)
console.log(JSON.stringify(await made()))

async function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'no failure',
    (error: Failure) => describe(error),
  )
}

interface Failure {
  name: string
  status: number
  body: unknown
}

function describe({ name, status, body }: Failure) {
  return { name, status, body }
}
