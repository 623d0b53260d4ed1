import type { TSchema } from '@sinclair/typebox'

/** In the place of a value: the member is not sent. */
export const leftOut = Symbol('left out')

/** Gives the value of a member in place of the one that the schema alone would give; undefined where it has none. */
export type Chosen = (path: readonly string[]) => Promise<unknown>

/**
 * A value that a schema takes: the first of listed values, texts that differ from call to call, lists of one entry.
 * @param members `needed`: of an object that needs some members just these, of any other all of them; `all`: all
 * @param chosen asked for each member before the schema is
 */
export async function exampleOf(
  schema: TSchema,
  members: 'needed' | 'all',
  chosen: Chosen,
  path: readonly string[] = [],
): Promise<unknown> {
  const given = await chosen(path)
  if (given !== undefined) return given
  if (schema.enum !== undefined) return schema.enum[0]
  const choice = schema.anyOf ?? schema.oneOf
  if (choice !== undefined) return exampleOf(choice[0], members, chosen, path)
  switch (schema.type) {
    case 'object': {
      const value: Record<string, unknown> = {}
      const required: string[] = schema.required ?? []
      for (const [name, member] of Object.entries<TSchema>(schema.properties ?? {})) {
        if (members === 'needed' && required.length > 0 && !required.includes(name)) continue
        const example = await exampleOf(member, members, chosen, [...path, name])
        if (example !== leftOut) value[name] = example
      }
      return value
    }
    case 'array': {
      const length = Math.max(schema.minItems ?? 1, 1)
      const value: unknown[] = []
      // An entry goes by the name of its list.
      while (value.length < length) value.push(await exampleOf(schema.items, members, chosen, path))
      return value
    }
    case 'boolean':
      return true
    case 'integer':
    case 'number':
      return Math.min(Math.max(3600, schema.minimum ?? 3600), schema.maximum ?? 3600)
    default:
      if (schema.format === 'date-time') return '2026-01-02T03:04:05Z'
      return exampleText(schema)
  }
}

let texts = 0

function exampleText({ minLength = 1, maxLength = 64 }: TSchema): string {
  texts += 1
  return `example_${texts}`.padStart(minLength, 'x').slice(-maxLength)
}

/** A place in a value: its names from the outside in, numbers for entries of lists, and the schema that it has. */
export interface Place {
  path: readonly (string | number)[]
  schema: TSchema
  /** The object that it is in needs it. */
  isRequired: boolean
}

/** Every place of a value that its schema knows, the value itself left out. */
export function* placesOf(schema: TSchema, value: unknown, path: readonly (string | number)[] = []): Generator<Place> {
  if (Array.isArray(value) && schema.type === 'array') {
    for (const [index, entry] of value.entries()) {
      const at = [...path, index]
      yield { path: at, schema: schema.items, isRequired: false }
      yield* placesOf(schema.items, entry, at)
    }
  } else if (value !== null && typeof value === 'object' && schema.type === 'object') {
    for (const [name, member] of Object.entries(value)) {
      const of = (schema.properties as Record<string, TSchema> | undefined)?.[name]
      if (of === undefined) continue
      const at = [...path, name]
      yield { path: at, schema: of, isRequired: schema.required?.includes(name) ?? false }
      yield* placesOf(of, member, at)
    }
  }
}

/** A copy of a value with another one in one place; `undefined` takes out what was there. */
export function withValueAt<Value>(value: Value, path: readonly (string | number)[], other: unknown): Value {
  const copy = structuredClone(value)
  // A path of placesOf() leads through objects and lists only.
  let holder = copy as Record<string | number, unknown>
  for (const name of path.slice(0, -1)) holder = holder[name] as Record<string | number, unknown>
  const last = path.at(-1)!
  if (other === undefined) delete holder[last]
  else holder[last] = other
  return copy
}
