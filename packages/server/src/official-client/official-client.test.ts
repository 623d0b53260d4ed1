/**
 * Every method of the npm package `@kinde/management-api-js`, called over TLS. In the memory store alone: what the
 * stores do differently is not the SDK's matter.
 */
// Alone: the SDK has one configuration per process, and trusts the authorities that the process trusts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import './apis.ts'
import './applications.ts'
import './billing.ts'
import './business.ts'
import './connected-apps.ts'
import './connections.ts'
import './environment.ts'
import './feature-flags.ts'
import './members.ts'
import './invites.ts'
import './organizations.ts'
import './properties.ts'
import './roles.ts'
import './users.ts'
import './webhooks.ts'
import { coverage } from './testing-sdk.ts'

test('every method that the SDK has was called', () => {
  const { all, called } = coverage()
  assert.ok(all.length > 150, `${all.length} methods`)
  assert.deepEqual(
    all.filter((method) => !called.has(method)),
    [],
  )
})
