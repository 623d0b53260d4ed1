import assert from 'node:assert/strict'
import { test } from 'node:test'
import { column, refusal, sdk } from './testing-sdk.ts'

const { Organizations, Roles } = sdk

test('Organizations: somebody is invited, the invite is listed and read, and shown no more once it is revoked', async () => {
  const { organization } = await Organizations.createOrganization({ requestBody: { name: 'Inviting' } })
  const orgCode = organization.code
  await Roles.createRole({ requestBody: { name: 'Guest', key: 'guest' } })
  const { invite } = await Organizations.createOrganizationInvite({
    orgCode,
    requestBody: { email: 'guest@zoo.example', first_name: 'Gus', roles: ['guest'], send_email: false },
  })
  const inviteCode = invite.code
  const read = await Organizations.getOrganizationInvite({ orgCode, inviteCode })
  assert.deepEqual([read.code, read.email, read.first_name], [inviteCode, 'guest@zoo.example', 'Gus'])
  const listed = async () =>
    column((await Organizations.getOrganizationInvites({ orgCode, sort: 'email_asc' })).invites, 'code')
  assert.deepEqual(await listed(), [inviteCode])
  await Organizations.deleteOrganizationInvite({ orgCode, inviteCode })
  assert.deepEqual(await listed(), [])
  assert.deepEqual(await refusal(Organizations.getOrganizationInvite({ orgCode, inviteCode: 'inv_none' })), [
    404,
    'INVITATION_NOT_FOUND',
  ])
})
