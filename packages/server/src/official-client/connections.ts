import assert from 'node:assert/strict'
import { test } from 'node:test'
import { column, refusal, sdk } from './testing-sdk.ts'

const { Connections, Directories, Organizations } = sdk

test('Connections: made, listed by its domain, changed in part and as a whole, deleted', async () => {
  const { organization } = await Organizations.createOrganization({ requestBody: { name: 'Owls at work' } })
  const { connection } = await Connections.createConnection({
    requestBody: {
      name: 'Okta',
      display_name: 'Owls at work',
      strategy: 'saml:okta',
      organization_code: organization.code,
      options: { home_realm_domains: ['owls.example'] },
    },
  })
  const connectionId = connection.id
  const read = async () => (await Connections.getConnection({ connectionId })).connection
  assert.deepEqual([(await read()).name, (await read()).strategy], ['Okta', 'saml:okta'])
  const found = await Connections.getConnections({ homeRealmDomain: 'owls.example' })
  assert.deepEqual(column(found.connections, 'id'), [connectionId])
  await Connections.updateConnection({ connectionId, requestBody: { display_name: 'Night owls' } })
  assert.deepEqual([(await read()).name, (await read()).display_name], ['Okta', 'Night owls'])
  await Connections.replaceConnection({ connectionId, requestBody: { name: 'Okta 2', display_name: 'Owls' } })
  assert.deepEqual([(await read()).name, (await read()).display_name], ['Okta 2', 'Owls'])
  await Connections.deleteConnection({ connectionId })
  assert.deepEqual(await refusal(Connections.getConnection({ connectionId })), [404, 'CONNECTION_NOT_FOUND'])
})

test('Directories: made with a token, listed by organization, renamed, deleted', async () => {
  const { organization } = await Organizations.createOrganization({ requestBody: { name: 'Directory of owls' } })
  const { connection } = await Connections.createConnection({
    requestBody: { name: 'Okta', strategy: 'saml:okta', organization_code: organization.code },
  })
  const { directory } = await Directories.createDirectory({
    requestBody: {
      org_code: organization.code,
      directory_name: 'Owls',
      provider_code: 'okta',
      enterprise_connection_id: connection.id,
    },
  })
  const directoryId = directory.id
  await Directories.updateDirectory({ directoryId, requestBody: { directory_name: 'All owls' } })
  const read = (await Directories.getDirectory({ directoryId })).directory
  assert.equal(read.directory_name ?? read.name, 'All owls')
  const { directories } = await Directories.getDirectories({ organizationCode: organization.code })
  assert.deepEqual(column(directories, 'id'), [directoryId])
  await Directories.deleteDirectory({ directoryId })
  assert.deepEqual(await refusal(Directories.getDirectory({ directoryId })), [404, 'DIRECTORY_NOT_FOUND'])
})
