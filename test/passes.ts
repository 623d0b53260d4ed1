import { globSync, readFileSync } from 'node:fs'
import { posix, sep } from 'node:path'

/** The stores the tests run on, in this order: one pass each. */
export const stores = ['memory', 'sqlite', 'postgres'] as const

/** One of {@link stores}; the tests read it from `KINDRED_TEST_STORE`. */
export type Store = (typeof stores)[number]

/** The test files of one pass, relative to the repository, with slashes. */
export type Pass = { store: Store; files: string[] }

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
 * Whether a test file touches a store: it imports `testing.ts`, which opens one, or something from a folder `store/`.
 * Types don't count.
 *
 * @param file its path, against which relative imports are resolved
 */
export function touchesStore(file: string, source: string): boolean {
  return importsOf(source)
    .map((specifier) => (specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : specifier))
    .some((path) => /(^|\/)testing(\.ts)?$/.test(path) || /(^|\/)store\//.test(path))
}

function importsOf(source: string): string[] {
  const statement = /^import\b(?!\s+type\b)[^'"();]*['"]([^'"]+)['"]/gm
  const call = /^[^'"\n]*\bimport\(\s*['"]([^'"]+)['"]/gm
  return [statement, call].flatMap((pattern) => Array.from(source.matchAll(pattern), (match) => match[1] ?? ''))
}

function findTestFiles(root: string): string[] {
  const found = globSync('{packages,conformance,samples,bench,test}/**/*.test.ts', {
    cwd: root,
    exclude: ['**/node_modules/**', '**/dist/**'],
  })
  return found.map((file) => file.split(sep).join('/')).sort()
}
