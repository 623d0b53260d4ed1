import assert from 'node:assert/strict'
import { test } from 'node:test'
import { build } from 'esbuild'

/** Bundles a program that uses the package, for no platform in particular. */
async function bundle(source: string): Promise<{ text: string; imports: unknown[] }> {
  const result = await build({
    stdin: { contents: source, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    minify: true,
    metafile: true,
    logLevel: 'silent',
  })
  assert.deepEqual(result.warnings, [])
  const imports = Object.values(result.metafile.outputs).flatMap((output) => output.imports)
  return { text: result.outputFiles[0]!.text, imports }
}

test('the main entry, the table and the entry for users of Kinde bundle without anything of Node', async () => {
  for (const entry of ['index.ts', 'operations.ts', 'kinde/index.ts']) {
    const { imports } = await bundle(`export * from './${entry}'`)
    assert.deepEqual(imports, [], entry)
  }
})

test('only the resources that a program names are in its bundle', async () => {
  const { text } = await bundle(`
    import { Client, Timezones } from './index.ts'
    export const timezones = new Timezones(new Client({ domain: 'localhost' }))`)
  assert.match(text, /\/api\/v1\/timezones/)
  assert.doesNotMatch(text, /\/api\/v1\/(users|roles|organizations)/)
  const unused = await bundle(`import { Kindred } from './index.ts'\nexport const answer = typeof 42`)
  assert.ok(unused.text.length < 100, unused.text)
})

test('errors keep their names when a program is minified', async () => {
  const { text } = await bundle(`export { NotFoundError, InputError } from './index.ts'`)
  const { InputError, NotFoundError } = await import(`data:text/javascript,${encodeURIComponent(text)}`)
  const details = { status: 404, statusText: '', headers: new Headers() }
  assert.equal(String(new NotFoundError('A', 'No.', details)), 'NotFoundError: No.')
  assert.equal(String(new InputError('a', 'No.')), 'InputError: No.')
})

test('the bundle works where there is no process and nothing but the web has', async () => {
  const { text } = await bundle(`
    import { Client, Timezones } from './index.ts'
    export const list = (fetch) => new Timezones(new Client({
      domain: 'https://example.kinde.com', clientId: 'a', clientSecret: 'b', fetch,
    })).list().all()`)
  const { list } = await import(`data:text/javascript,${encodeURIComponent(`const process = undefined\n${text}`)}`)
  const asked: string[] = []
  const answer = async (url: string) => {
    asked.push(url)
    const body = url.endsWith('token') ? { access_token: 'x', expires_in: 60 } : { timezones: [{ key: 'utc' }] }
    return new Response(JSON.stringify(body))
  }
  assert.deepEqual(await list(answer), [{ key: 'utc' }])
  assert.deepEqual(asked, ['https://example.kinde.com/oauth2/token', 'https://example.kinde.com/api/v1/timezones'])
})
