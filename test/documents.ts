import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A sample of a page, between lines of three backticks. */
export interface Block {
  /** The page, relative to the repository. */
  page: string
  /** Where its code begins, counted from 1. */
  line: number
  /** What follows the backticks; empty where nothing does. */
  language: string
  code: string
}

const root = join(import.meta.dirname, '..')

/** The pages of the repository, relative to it, with slashes. */
export const pages: readonly string[] = globSync('{*,docs/**/*,packages/*/*,samples/*,examples/**/*}.md', {
  cwd: root,
  exclude: ['**/node_modules/**', '**/dist/**'],
})
  .map((path) => path.replaceAll('\\', '/'))
  .toSorted()

/** The text of a page. */
export function readPage(page: string): string {
  return readFileSync(join(root, page), 'utf8')
}

/** The samples of a page in their order, those of one language where it is given. */
export function blocks(page: string, language?: string): Block[] {
  const text = readPage(page)
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
    .map((found) => ({
      page,
      line: text.slice(0, found.index).split('\n').length + 1,
      language: found[1]!,
      code: found[2]!,
    }))
    .filter((block) => language === undefined || block.language === language)
}

/** The commands of a page for the shell, each with the indented lines that carry it on. */
export function commands(page: string): string[] {
  return blocks(page, 'sh').flatMap(({ code }) =>
    code
      .replaceAll(/\s+\\\n\s*/g, ' ')
      .trimEnd()
      .split(/\n(?=\S)/),
  )
}
