import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const source = join(import.meta.dirname, '..')

/** Who may use cryptography outside of this folder, and for what: none of it makes or reads a token. */
const others: Record<string, string> = {
  'admin/passwords.ts': 'Argon2id of passwords',
  'api/event-types.ts': 'ids of event types, made from their names',
  'connected-app-provider.ts': 'the code challenge of PKCE',
  'connected-app-sessions.ts': 'the code verifier of PKCE, made from the session',
  'idempotency.ts': 'hashes of keys and requests',
  'first-start.ts': 'random bytes of the master key',
  'journal/webhooks.ts': 'the name of this process among those that deliver',
  'kit/certificates.ts': 'certificates of test servers',
  'kit/signing-key.ts': 'the public half of the key of test servers',
  'server.ts': 'the prefix of request ids',
  'start-page.ts': 'the hash of a style sheet in a content security policy',
  'store/cipher.ts': 'secrets at rest',
  'store/ids.ts': 'random ids',
  'store/logos.ts': 'whether two pictures are the same',
  'store/postgres.ts': 'the name under which a store tells of its changes',
  'store/page.ts': 'the seal of page tokens',
  'tls.ts': 'certificates',
}

/** The files that import a module, but for tests and what only tests use. */
function importers(name: string): string[] {
  return globSync('**/*.ts', { cwd: source })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !/\.test\.ts$|(^|\/)testing[^/]*\.ts$/.test(file))
    .filter((file) => {
      const text = readFileSync(join(source, file), 'utf8')
      return [...text.matchAll(/(?:from|import) *\(?['"]([^'"]+)['"]/g)].some(([, module]) => module === name)
    })
}

test('only this folder works with keys and tokens; everything else asks it', () => {
  const known = importers('node:crypto').filter((file) => !file.startsWith('oauth/'))
  assert.deepEqual(known.sort(), Object.keys(others).sort())
  assert.deepEqual([...importers('crypto'), ...importers('jose')], [])
  assert.ok(importers('node:crypto').includes('oauth/keys.ts'), 'the search finds what there is')
})
