import '../../require-node.js'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import zlib from 'node:zlib'

const at = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url))

/** What the first view may weigh, compressed, in bytes: scripts and styles of the page that signs people in and lists. */
const mostOfFirstView = 250_000

/** What the built files come from. */
const sources = [
  'src',
  'docs',
  'public',
  'index.html',
  'vite.config.ts',
  'build.js',
  'package.json',
  '../sdk/src',
  '../cli/src/users',
  '../cli/src/each-of.ts',
  '../../samples',
]

if (isFresh()) console.log('The console is built already.')
else await buildConsole()

/** Whether nothing has changed since the last build. */
function isFresh() {
  const page = at('./dist/index.html')
  if (!existsSync(page)) return false
  const builtAt = statSync(page).mtimeMs
  return sources.every((source) => newest(at(`./${source}`)) <= builtAt)
}

/** @param {string} path @returns {number} when the newest file there was changed, in milliseconds */
function newest(path) {
  if (!statSync(path).isDirectory()) return statSync(path).mtimeMs
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' })
  return Math.max(0, ...files.map((file) => statSync(`${path}/${file}`).mtimeMs))
}

/** Builds beside what is there and then takes its place: others may build or serve at the same moment. */
async function buildConsole() {
  const startedAt = performance.now()
  const { build } = await import('vite')
  const folder = at(`./dist-${process.pid}`)
  try {
    await build({
      root: at('.'),
      configFile: at('./vite.config.ts'),
      logLevel: 'warn',
      build: { emptyOutDir: true, outDir: folder },
    })
    const compressed = await compress(folder)
    const firstView = filesOfFirstView(folder).reduce((sum, file) => sum + (compressed.get(file) ?? 0), 0)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    const kilobytes = (/** @type {number} */ bytes) => `${Math.round(bytes / 1000)} kB`
    console.log(`The console was built in ${seconds} s: ${kilobytes(firstView)} compressed for the first view.`)
    if (firstView > mostOfFirstView) {
      throw new Error(`The first view weighs ${kilobytes(firstView)}; ${kilobytes(mostOfFirstView)} is the most.`)
    }
    takePlace(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {string} folder */
function takePlace(folder) {
  const before = `${folder}-before`
  try {
    if (existsSync(at('./dist'))) renameSync(at('./dist'), before)
    renameSync(folder, at('./dist'))
  } catch (error) {
    // Another build of the same sources was there first.
    if (!existsSync(at('./dist/index.html'))) throw error
  }
  rmSync(before, { recursive: true, force: true })
}

/**
 * The scripts and styles that the page names, and so loads before anything is seen.
 * @param {string} folder
 */
function filesOfFirstView(folder) {
  const html = readFileSync(`${folder}/index.html`, 'utf8')
  return [...html.matchAll(/(?:src|href)="\/admin\/([^"]+\.(?:js|css))"/g)].map(([, file]) => file ?? '')
}

/**
 * Puts a `.br` and a `.gz` beside every file that gains by it.
 * @param {string} folder
 * @returns the size of each by brotli, by its path in the folder
 */
async function compress(folder) {
  const brotli = promisify(zlib.brotliCompress)
  const gzip = promisify(zlib.gzip)
  const sizes = new Map()
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(js|css|html|svg)$/.test(name),
  )
  await Promise.all(
    names.map(async (name) => {
      const content = readFileSync(`${folder}/${name}`)
      // The highest quality takes seconds for a few percent.
      const small = await brotli(content, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 7 } })
      sizes.set(name.replaceAll('\\', '/'), small.length)
      if (content.length < 1000) return
      writeFileSync(`${folder}/${name}.br`, small)
      writeFileSync(`${folder}/${name}.gz`, await gzip(content))
    }),
  )
  return sizes
}
