import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { listen } from '../../server/src/testing-sockets.ts'
import { Kindred, NotFoundError } from './index.ts'

const server = await listen({ after })
const { clientId, clientSecret } = server.running.firstClient
const domain = `http://localhost:${server.port}`

test('a user is made, read, changed, listed and deleted', async () => {
  const kindred = new Kindred({ domain, clientId, clientSecret })
  const { id } = await kindred.users.create({
    profile: { given_name: 'Ada' },
    identities: [{ type: 'email', details: { email: 'ada@example.com' } }],
  })
  assert.ok(id)
  assert.equal((await kindred.users.get({ id })).first_name, 'Ada')
  assert.equal((await kindred.users.update({ id, given_name: 'Augusta' })).given_name, 'Augusta')
  const { users } = await kindred.users.list({ email: 'ada@example.com' })
  assert.deepEqual(
    users?.map((user) => user.id),
    [id],
  )
  assert.deepEqual(
    (await kindred.users.list().all()).map((user) => user.id),
    [id],
  )
  await kindred.users.delete({ id })
  await assert.rejects(kindred.users.get({ id }), (error: unknown) => {
    assert.ok(error instanceof NotFoundError)
    assert.deepEqual([error.status, error.code], [404, 'USER_NOT_FOUND'])
    assert.match(error.requestId!, /\w/)
    return true
  })
})
