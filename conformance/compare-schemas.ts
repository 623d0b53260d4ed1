import { type OpenApiDocument, resolve, type Schema } from './document.ts'
import { type Kind, type Shape, shapeOf, typesOf } from './shape.ts'

/** What a schema describes. In requests ours may accept more, in replies it may send less variety, never the other
 *  way round. `parameter` is a request in which null does not exist. */
export type Direction = 'parameter' | 'request' | 'reply'

export interface Difference {
  /** `users[].email`; `.*` is a member with a free name, `.oneOf[1]` the second branch of a union; empty at the root. */
  pointer: string
  official: string
  ours: string
}

export interface Documents {
  official: OpenApiDocument
  ours: OpenApiDocument
}

/** Where our schema lacks something of the official one, differs in type, is stricter (requests) or looser (replies).
 *  Compared are types, members, `required`, `enum`, `nullable` and whether members with other names are let in;
 *  formats, lengths, ranges, patterns, defaults and all texts are not. */
export function compareSchemas(
  documents: Documents,
  direction: Direction,
  official: Schema,
  ours: Schema,
  pointer: string,
): Difference[] {
  return new SchemaComparison(documents, direction).schemas(official, ours, pointer)
}

class SchemaComparison {
  readonly #documents: Documents
  readonly #direction: Direction
  /** The pairs that are being compared right now: a schema that contains itself ends there. */
  readonly #open: [Schema, Schema][] = []

  constructor(documents: Documents, direction: Direction) {
    this.#documents = documents
    this.#direction = direction
  }

  schemas(officialSchema: Schema, oursSchema: Schema, pointer: string): Difference[] {
    const pair: [Schema, Schema] = [
      resolve(this.#documents.official, officialSchema),
      resolve(this.#documents.ours, oursSchema),
    ]
    if (this.#open.some((open) => open[0] === pair[0] && open[1] === pair[1])) return []

    this.#open.push(pair)
    const official = shapeOf(this.#documents.official, pair[0])
    const ours = shapeOf(this.#documents.ours, pair[1])
    const differences = [...this.#nullability(official, ours, pointer), ...this.#kinds(official, ours, pointer)]
    this.#open.pop()
    return differences
  }

  #nullability(official: Shape, ours: Shape, pointer: string): Difference[] {
    if (this.#direction === 'parameter' || official.nullable === ours.nullable) return []
    if (typesOf(official) === 'any' || typesOf(ours) === 'any') return [] // a matter of types, told there
    const harmless = this.#direction === 'request' ? ours.nullable : official.nullable
    if (harmless) return []
    const words = (nullable: boolean) => (nullable ? 'nullable' : 'not nullable')
    return [{ pointer, official: words(official.nullable), ours: words(ours.nullable) }]
  }

  /** In requests every official kind needs one of ours that takes it, in replies every kind of ours an official one
   *  that it fits. Each is paired with the partner it differs least from, and partners are used twice only when
   *  there are too few of them. */
  #kinds(official: Shape, ours: Shape, pointer: string): Difference[] {
    const reply = this.#direction === 'reply'
    const [leaders, partners] = reply ? [ours.kinds, official.kinds] : [official.kinds, ours.kinds]
    const pairs = leaders
      .flatMap((leader, at) => {
        const place = leaders.length === 1 ? pointer : join(pointer, `oneOf[${at}]`)
        return partners.map((partner, partnerAt) => {
          const differences = reply ? this.#kind(partner, leader, place) : this.#kind(leader, partner, place)
          const cost = leader.type === partner.type ? differences.length : differences.length * 1000
          return { leader, partner, differences, cost, distance: Math.abs(at - partnerAt) }
        })
      })
      .sort((a, b) => a.cost - b.cost || a.distance - b.distance)

    const settled = new Map<Kind, Difference[]>()
    const taken = new Set<Kind>()
    for (const { leader, partner, differences } of pairs) {
      if (settled.has(leader) || taken.has(partner)) continue
      settled.set(leader, differences)
      taken.add(partner)
    }
    return leaders.flatMap((leader) => {
      const differences = settled.get(leader) ?? pairs.find((pair) => pair.leader === leader)?.differences
      return differences ?? [{ pointer, official: typesOf(official), ours: typesOf(ours) }]
    })
  }

  #kind(official: Kind, ours: Kind, pointer: string): Difference[] {
    if (official.type === 'any' && this.#direction === 'reply') return []
    if (official.type !== ours.type) return [{ pointer, official: official.type, ours: ours.type }]
    if (official.type === 'object') return this.#objects(official, ours, pointer)
    if (official.type === 'array') return this.schemas(official.items, ours.items, `${pointer}[]`)
    return this.#values(official, ours, pointer)
  }

  #values({ type, values: official }: Kind, { values: ours }: Kind, pointer: string): Difference[] {
    if (this.#direction === 'reply') {
      if (official === undefined) return []
      if (ours === undefined) return [{ pointer, official: 'listed values', ours: `any ${type}` }]
      const added = lacking(ours, official).join(', ')
      return added ? [{ pointer, official: `never ${added}`, ours: `also ${added}` }] : []
    }
    if (ours === undefined) return []
    if (official === undefined) return [{ pointer, official: `any ${type}`, ours: 'listed values' }]
    const lost = lacking(official, ours).join(', ')
    return lost ? [{ pointer, official: `takes ${lost}`, ours: `refuses ${lost}` }] : []
  }

  #objects(official: Kind, ours: Kind, pointer: string): Difference[] {
    return [
      ...[...official.members].flatMap(([name, schema]) => {
        const ourSchema = ours.members.get(name)
        if (ourSchema !== undefined) return this.schemas(schema, ourSchema, join(pointer, name))
        const types = typesOf(shapeOf(this.#documents.official, schema))
        return [{ pointer: join(pointer, name), official: types, ours: 'absent' }]
      }),
      ...this.#required(official, ours, pointer),
      ...this.#rest(official.rest, ours.rest, join(pointer, '*')),
    ]
  }

  #required(official: Kind, ours: Kind, pointer: string): Difference[] {
    if (this.#direction === 'reply') {
      const loosened = lacking(official.required, ours.required).filter((name) => ours.members.has(name))
      return loosened.map((name) => ({ pointer: join(pointer, name), official: 'required', ours: 'optional' }))
    }
    return lacking(ours.required, official.required).map((name) => {
      const known = official.members.has(name)
      return { pointer: join(pointer, name), official: known ? 'optional' : 'absent', ours: 'required' }
    })
  }

  #rest(official: Schema, ours: Schema, pointer: string): Difference[] {
    const officialShape = shapeOf(this.#documents.official, official)
    const ourShape = shapeOf(this.#documents.ours, ours)
    const officialTypes = typesOf(officialShape)
    const ourTypes = typesOf(ourShape)
    if (officialTypes === 'any') {
      // An object is open unless it says otherwise, and a request may then carry members that nobody listed.
      const harmless = this.#direction === 'reply' || ourTypes === 'any'
      return harmless ? [] : [{ pointer, official: 'any', ours: ourTypes === 'never' ? 'absent' : ourTypes }]
    }
    if (officialTypes === 'never') return []
    if (ourTypes === 'never') return [{ pointer, official: officialTypes, ours: 'absent' }]
    return this.schemas(official, ours, pointer)
  }
}

function join(pointer: string, name: string): string {
  return pointer === '' ? name : `${pointer}.${name}`
}

/** The values that only the first list has. */
function lacking(values: readonly string[], others: readonly string[]): string[] {
  return [...new Set(values)].filter((value) => !others.includes(value)).sort()
}
