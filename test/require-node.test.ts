import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

for (const [version, status] of [
  ['14.21.3', 2],
  ['20.20.2', 2],
  ['23.11.1', 2],
  ['24.0.0', 0],
  ['26.10.0', 0],
] as const) {
  test(`Node.js ${version} ${status === 0 ? 'starts Kindred' : 'is refused with one line and exit code 2'}`, () => {
    const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
    const load = `await import(${JSON.stringify(new URL('../require-node.js', import.meta.url).href)})`
    const { stdout, stderr, ...ended } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', `${pretend}; ${load}; console.log('started')`],
      { encoding: 'utf8' },
    )
    const refusal =
      `Kindred needs Node.js 24 or newer; this is ${version}. ` +
      'Run it through npm (npm start, npx kindred …), which uses the runtime that npm ci installed.\n'
    assert.deepEqual([ended.status, stdout, stderr], status === 0 ? [0, 'started\n', ''] : [2, '', refusal])
  })
}
