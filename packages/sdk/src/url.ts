import { InputError } from './errors.ts'

/**
 * Fills the `{names}` of a path.
 * @throws {InputError} for a value that is missing or empty, or `.` or `..`, which would name another address
 */
export function fillPath(path: string, values: Record<string, unknown>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name]
    if (typeof value !== 'string' && typeof value !== 'number') {
      throw new InputError(name, `${name} is missing: pass { ${name} }, a text.`)
    }
    const text = String(value)
    if (text === '' || text === '.' || text === '..') {
      throw new InputError(name, `${name} is ${JSON.stringify(text)}, which is no id: the request would go elsewhere.`)
    }
    return encodeURIComponent(text)
  })
}

/**
 * The query with its `?`, or nothing. Null and undefined are left out, lists repeat the name, objects become
 * `name[key]=value` (OpenAPI's deepObject), with a list in them joined by commas.
 */
export function queryText(values: Record<string, unknown>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === null) continue
    if (Array.isArray(value)) {
      for (const item of value) query.append(name, textOf(item))
    } else if (typeof value === 'object' && !(value instanceof Date)) {
      for (const [key, member] of Object.entries(value)) {
        if (member === undefined || member === null) continue
        query.append(`${name}[${key}]`, Array.isArray(member) ? member.map(textOf).join(',') : textOf(member))
      }
    } else {
      query.append(name, textOf(value))
    }
  }
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}

function textOf(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value)
}
