import { globSync, readFileSync } from 'node:fs'
import { posix, sep } from 'node:path'

/** The stores the tests run on, in this order: one pass each. */
export const stores = ['memory', 'sqlite', 'postgres'] as const

/** One of {@link stores}; the tests read it from `KINDRED_TEST_STORE`. */
export type Store = (typeof stores)[number]

/** The test files of one pass, relative to the repository, with slashes. */
export type Pass = { store: Store; files: string[] }

/** As many files share a process at most: what they need is loaded once, and each still ends with its own servers. */
const mostTogether = 16

/**
 * Which test file runs when: one that touches a store runs in every pass, every other one in the first pass only.
 *
 * @param root the repository
 * @param wanted the passes to make, in order
 * @param filters keeps the files whose path contains at least one of them; all files when empty
 */
export function planPasses(root: string, wanted: readonly Store[], filters: string[] = []): Pass[] {
  const files = findTestFiles(root).filter(
    (file) => filters.length === 0 || filters.some((part) => file.includes(part)),
  )
  const everywhere = files.filter((file) => touchesStore(file, readFileSync(posix.join(root, file), 'utf8')))
  return wanted.map((store, index) => ({ store, files: index === 0 ? files : everywhere }))
}

/**
 * Whether a test file touches a store: it imports `testing.ts`, or `testing-sockets.ts` or `testing-webhooks.ts`, which
 * open one by it, or something from a folder `store/`. Types don't count.
 *
 * @param file its path, against which relative imports are resolved
 */
export function touchesStore(file: string, source: string): boolean {
  return importsOf(source)
    .map((specifier) => (specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : specifier))
    .some((path) => /(^|\/)testing(-sockets|-webhooks)?(\.ts)?$/.test(path) || /(^|\/)store\//.test(path))
}

/**
 * Which files run together in one process: those of the server that {@link sharesProcess} lets. The others come first,
 * because what is left at the end should be short.
 *
 * @param root the repository
 */
export function groupFiles(root: string, files: readonly string[]): string[][] {
  const read = (file: string) => readFileSync(posix.join(root, file), 'utf8')
  const together = files.filter((file) => file.startsWith('packages/server/') && sharesProcess(read(file)))
  const alone = files.filter((file) => !together.includes(file))
  const groups: string[][] = alone.map((file) => [file])
  const count = Math.ceil(together.length / mostTogether)
  // Dealt out like cards: neighbours in a folder cost much the same.
  for (let index = 0; index < count; index += 1) groups.push(together.filter((_, at) => at % count === index))
  return groups
}

/**
 * Whether a test file leaves alone what a process has only one of: variables, folder, handlers, trusted certificates,
 * mocks of globals, hooks for every test. One that wants a process for another reason says so: `// Alone: why`.
 */
export function sharesProcess(source: string): boolean {
  return !/process\.(chdir|on|once|exit|kill)\(|process\.env\.\w+ = |Object\.assign\(process|setDefaultCACertificates|\bmock\.|^(before|after)Each\(|^\/\/ Alone: /m.test(
    source,
  )
}

function importsOf(source: string): string[] {
  const statement = /^import\b(?!\s+type\b)[^'"();]*['"]([^'"]+)['"]/gm
  const call = /^[^'"\n]*\bimport\(\s*['"]([^'"]+)['"]/gm
  return [statement, call].flatMap((pattern) => Array.from(source.matchAll(pattern), (match) => match[1] ?? ''))
}

function findTestFiles(root: string): string[] {
  const found = globSync('{packages,conformance,samples,bench,examples,test}/**/*.test.ts', {
    cwd: root,
    exclude: ['**/node_modules/**', '**/dist/**'],
  })
  return found.map((file) => file.split(sep).join('/')).sort()
}
