import '../../require-node.js'

const { build } = await import('esbuild')
const { rm } = await import('node:fs/promises')
const { fileURLToPath } = await import('node:url')

const at = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url))

await rm(at('./dist'), { recursive: true, force: true })
// One file for the start, so that Node need not look up and read hundreds; rare parts stay in files of their own.
await build({
  entryPoints: { main: at('./src/main.ts'), 'checkpoint-worker': at('../server/src/store/checkpoint-worker.ts') },
  outdir: at('./dist'),
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  mainFields: ['module', 'main'],
  minifySyntax: true,
  sourcemap: 'linked',
  // CommonJS packages inside the bundle ask for require().
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  logLevel: 'warning',
})
