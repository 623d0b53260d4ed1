import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { putConnectedApp } from '../store/connected-apps.ts'
import { startOAuthProvider } from '../testing-oauth-provider.ts'
import { refusal, sdk, server } from './testing-sdk.ts'

const { ConnectedApps, Users } = sdk

test('ConnectedApps: a user authorizes an app, its token is given out until it is revoked', async () => {
  const provider = await startOAuthProvider({ after })
  const app = {
    keyCodeRef: 'owls',
    name: 'Owls elsewhere',
    authorizeUrl: `${provider.url}/authorize`,
    tokenUrl: `${provider.url}/token`,
    revokeUrl: `${provider.url}/revoke`,
    clientId: provider.clientId,
    clientSecret: provider.clientSecret,
    scopes: ['hoot'],
    callbackUrl: null,
  }
  await server.write((db) => putConnectedApp(db, app, { ...server.environment, now: server.environment.now() }))
  const { id: userId } = await Users.createUser({ requestBody: { profile: { given_name: 'Connected' } } })
  const { url, session_id: sessionId } = await ConnectedApps.getConnectedAppAuthUrl({ keyCodeRef: 'owls', userId })
  const back = await fetch(await provider.authorize(url))
  assert.equal(back.status, 200)
  const { access_token: token } = await ConnectedApps.getConnectedAppToken({ sessionId })
  assert.ok(provider.good.has(token))
  await ConnectedApps.revokeConnectedAppToken({ sessionId })
  assert.ok(!provider.good.has(token))
  assert.deepEqual(await refusal(ConnectedApps.getConnectedAppToken({ sessionId })), [400, 'INVALID_SESSION'])
})
