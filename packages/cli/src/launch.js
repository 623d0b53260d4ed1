import { existsSync, readdirSync, statSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

const at = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url))
const bundle = at('../dist/main.js')

// Keeps compiled (and, for sources, stripped) modules between runs.
enableCompileCache(at('../../../node_modules/.cache/kindred'))

// The bundle starts in half the time; sources that were changed since it was built win, so that nobody runs old code.
const { main } = await import(bundleIsFresh() ? bundle : './main.ts')
process.exitCode = await main(process.argv.slice(2))

function bundleIsFresh() {
  if (!existsSync(bundle)) return false
  const built = statSync(bundle).mtimeMs
  return ['.', '../../server/src', '../../sdk/src'].every((folder) => {
    const files = readdirSync(at(folder), { recursive: true, encoding: 'utf8' })
    return files.every((file) => file.endsWith('.test.ts') || statSync(at(`${folder}/${file}`)).mtimeMs <= built)
  })
}
