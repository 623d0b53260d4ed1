import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parse } from 'yaml'
import { type OpenApiDocument, openApi } from './document.ts'

/** Where Kinde's document is looked for: `KINDRED_KINDE_SPEC`, by default beside the checkout. It is not part of it. */
export const officialPath = process.env.KINDRED_KINDE_SPEC
  ? resolve(process.env.KINDRED_KINDE_SPEC)
  : resolve(import.meta.dirname, '../../shared/kinde/kinde-mgmt-api-specs.yaml')

/** What to say when the document is not there. */
export const absence =
  `Comparison with Kinde's OpenAPI document skipped: there is no file ${officialPath}. ` +
  'Set KINDRED_KINDE_SPEC to the path of the document.'

/** Kinde's document, or undefined when there is none on this machine.
 *  @throws {Error} when the file is not a document with paths */
export function readOfficialDocument(): OpenApiDocument | undefined {
  if (!existsSync(officialPath)) return undefined
  return openApi(parse(readFileSync(officialPath, 'utf8')), officialPath)
}
