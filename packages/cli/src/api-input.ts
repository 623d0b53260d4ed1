import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { OperationInfo, ParameterInfo } from '@kindred/sdk'
import { CommandError } from './exit-code.ts'
import { distance, type Target } from './operation-words.ts'
import { readInput, type Terminal } from './terminal.ts'

type Input = Record<string, unknown>

/**
 * The input of an operation from the words of a command line.
 * @param fields each `name=value`, `name=@file`, `name:=<JSON>`; names may go deeper: `profile.given_name`, `roles[]`
 * @param body `@file`, `-` for standard input, or JSON itself
 * @throws {CommandError} for a field that the operation does not know, a value of another type, and what is missing
 */
export async function readOperationInput(
  terminal: Terminal,
  operation: OperationInfo,
  target: Target,
  { fields, body }: { fields: readonly string[]; body: string | undefined },
): Promise<Input> {
  const input: Input = {}
  if (body !== undefined) {
    if (operation.body !== 'json') throw new CommandError(`${operation.id} takes no body. ${hint(operation)}`)
    const value = await readBody(terminal, body)
    if (!isObject(value))
      throw new CommandError('--body must be a JSON object: its members are parameters of the operation.')
    Object.assign(input, value)
  }
  Object.assign(input, target.fromPath)
  const given = [...target.fromQuery.map(([name, value]) => `${name}=${value}`), ...fields]
  const seen = new Set<string>()
  for (const field of given) {
    const { path, isJson, text } = splitField(field)
    const name = path[0]!
    const parameter = operation.parameters.find((known) => known.name === name)
    if (parameter === undefined) throw unknownField(String(name), operation)
    // A field replaces the member of the body; given several times it makes a list.
    if (path.length === 1 && !seen.has(parameter.name)) delete input[parameter.name]
    const value = await fieldValue(terminal, { text, isJson, parameter, isWhole: path.length === 1, field })
    if (path.length === 1 && parameter.type === 'array' && !Array.isArray(value)) {
      input[parameter.name] = [...((input[parameter.name] as unknown[] | undefined) ?? []), value]
    } else if (path.length === 1 && seen.has(parameter.name)) {
      throw new CommandError(`${parameter.name} is given twice, and is no list.`)
    } else {
      put(input, path, value, field)
    }
    seen.add(parameter.name)
  }
  const missing = operation.parameters.filter(({ name, isRequired }) => isRequired && input[name] === undefined)
  if (missing.length > 0) {
    const lines = missing.map(({ name, description }) => `  -f ${name}=…  ${description}`)
    throw new CommandError(`${operation.id} needs more:\n${lines.join('\n')}\n${hint(operation)}`)
  }
  return input
}

/** Fields and body for a path that no operation has: fields go into the query of a read, else into the body. */
export async function readRawInput(
  terminal: Terminal,
  target: Target,
  { fields, body }: { fields: readonly string[]; body: string | undefined },
): Promise<{ query: Input; body: unknown }> {
  const members: Input = {}
  for (const field of fields) {
    const { path, isJson, text } = splitField(field)
    put(members, path, await fieldValue(terminal, { text, isJson, field, isWhole: true }), field)
  }
  const query: Input = Object.fromEntries(target.fromQuery)
  if (target.method === 'GET' || target.method === 'DELETE') {
    if (body !== undefined)
      throw new CommandError(`${target.method} takes no body. Give parameters with -f name=value.`)
    return { query: { ...query, ...members }, body: undefined }
  }
  const value = body === undefined ? undefined : await readBody(terminal, body)
  if (fields.length === 0) return { query, body: value }
  if (value !== undefined && !isObject(value))
    throw new CommandError('-f adds members: --body must be a JSON object then.')
  return { query, body: { ...value, ...members } }
}

async function readBody(terminal: Terminal, body: string): Promise<unknown> {
  const text =
    body === '-' || body === '@-'
      ? await readInput(terminal)
      : body.startsWith('@')
        ? (await readNamedFile(terminal, body.slice(1))).toString('utf8')
        : body
  return parseJson(text, body.startsWith('@') || body === '-' ? `The body (${body})` : 'The body')
}

function splitField(field: string): { path: (string | number)[]; isJson: boolean; text: string } {
  const at = field.indexOf('=')
  const isJson = field[at - 1] === ':'
  const name = field.slice(0, isJson ? at - 1 : at)
  const parts = Array.from(name.matchAll(/\.?([^.[\]]+)|\[(\d*)\]/g))
  if (at < 1 || parts.length === 0 || parts.map(([part]) => part).join('') !== name || name.startsWith('[')) {
    throw new CommandError(
      `${JSON.stringify(field)} is no field. Write -f name=value, -f name:=<JSON> or -f name=@file.`,
    )
  }
  // `roles[]` goes behind the last entry: -1.
  const path = parts.map(([, key, index]) => key ?? (index === '' ? -1 : Number(index)))
  return { path, isJson, text: field.slice(at + 1) }
}

async function fieldValue(
  terminal: Terminal,
  value: { text: string; isJson: boolean; field: string; isWhole: boolean; parameter?: ParameterInfo },
): Promise<unknown> {
  const { text, isJson, field, isWhole, parameter } = value
  const isFile = text.startsWith('@') && text.length > 1
  if (isWhole && parameter?.type === 'file') {
    if (!isFile) throw new CommandError(`${parameter.name} is a file: -f ${parameter.name}=@<file>`)
    return new File([await readNamedFile(terminal, text.slice(1))], basename(text.slice(1)), { type: mediaType(text) })
  }
  const written = isFile ? (await readNamedFile(terminal, text.slice(1))).toString('utf8') : text
  if (isJson) return parseJson(written, field)
  if (!isWhole) return written === 'true' ? true : written === 'false' ? false : written
  const wrong = (what: string) =>
    new CommandError(
      `${parameter?.name} is ${what}, and ${JSON.stringify(written)} is not. ${parameter?.description ?? ''}`,
    )
  switch (parameter?.type) {
    case 'integer':
      if (!/^-?\d+$/.test(written)) throw wrong('a whole number')
      return Number(written)
    case 'number':
      if (written.trim() === '' || Number.isNaN(Number(written))) throw wrong('a number')
      return Number(written)
    case 'boolean':
      if (written !== 'true' && written !== 'false') throw wrong('true or false')
      return written === 'true'
    case 'array':
      return /^\s*[[{]/.test(written) ? parseJson(written, field) : written
    case 'object': {
      const parsed = parseJson(written, field)
      if (!isObject(parsed)) throw wrong('a JSON object')
      return parsed
    }
    default:
      return written
  }
}

/** Puts a value where the path leads, making objects and lists on the way. */
function put(input: Input, path: readonly (string | number)[], value: unknown, field: string): void {
  let place: Record<string | number, unknown> = input
  for (const [depth, key] of path.entries()) {
    const isLast = depth === path.length - 1
    if ((typeof key === 'number') !== Array.isArray(place)) {
      throw new CommandError(
        `${JSON.stringify(field)} contradicts the fields before it: a list has [numbers], an object has names.`,
      )
    }
    if (key === '__proto__') throw new CommandError(`${JSON.stringify(field)} is no field.`)
    const at = key === -1 ? (place as unknown as unknown[]).length : key
    if (typeof at === 'number' && at > (place as unknown as unknown[]).length) {
      throw new CommandError(`${JSON.stringify(field)}: entries of a list are given in order, from [0].`)
    }
    if (isLast) place[at] = value
    else {
      const next = place[at] ?? (typeof path[depth + 1] === 'number' ? [] : {})
      if (typeof next !== 'object') throw new CommandError(`${JSON.stringify(field)} contradicts the fields before it.`)
      place[at] = next
      place = next as Record<string | number, unknown>
    }
  }
}

async function readNamedFile(terminal: Terminal, name: string): Promise<Buffer<ArrayBuffer>> {
  try {
    return await readFile(resolve(terminal.folder, name))
  } catch (error) {
    throw new CommandError(`${name} cannot be read (${(error as Error).message}).`)
  }
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new CommandError(`${what} is no JSON: ${(error as Error).message}.`)
  }
}

function unknownField(name: string, operation: OperationInfo): CommandError {
  const names = operation.parameters.map((parameter) => parameter.name)
  const near = names.filter((known) => distance(name, known) <= 2)
  const meant = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `It has: ${names.join(', ') || 'none'}.`
  return new CommandError(`${operation.id} has no parameter ${name}. ${meant} ${hint(operation)}`)
}

function hint({ id }: OperationInfo): string {
  return `See: kindred api ${id} --help`
}

function mediaType(file: string): string {
  const ending = file.slice(file.lastIndexOf('.') + 1).toLowerCase()
  const types: Record<string, string> = {
    png: 'image/png',
    jpg: 'image/jpeg',
    jpeg: 'image/jpeg',
    gif: 'image/gif',
    svg: 'image/svg+xml',
    webp: 'image/webp',
  }
  return types[ending] ?? 'application/octet-stream'
}

function isObject(value: unknown): value is Input {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
