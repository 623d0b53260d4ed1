import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { operations } from '../packages/server/src/api/index.ts'
import { compatibilityPage } from './compatibility.ts'

test('the page on compatibility is the one that npm run generate makes, and names every operation with a test', () => {
  for (const [path, text] of compatibilityPage()) {
    assert.equal(readFileSync(join(import.meta.dirname, '..', path), 'utf8'), text, `${path}: npm run generate`)
    for (const { method, path } of operations) {
      assert.match(text, new RegExp(`\\| \`${method} ${path.replaceAll(/[{}]/g, '\\$&')}\` \\|.*\\.test\\.ts\\)`))
    }
  }
})
