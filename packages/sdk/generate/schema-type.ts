import type { TSchema } from '@sinclair/typebox'
import { nameOf } from '../../server/src/operation.ts'

/** Names of the document that would be odd, or mean a class, as the name of a type. */
const typeNames: Record<string, string> = {
  applications: 'ApplicationSummary',
  organization_item_schema: 'OrganizationSummary',
  permissions: 'Permission',
  roles: 'RoleSummary',
  scopes: 'RoleScope',
  subscribers_subscriber: 'SubscriberSummary',
  system_permissions: 'SystemPermission',
}

/** How a text mentions a type: it is told the name, and gives the text. */
export type Refer = (typeName: string) => string

/** Types of the schemas that have a name, each written once. */
export class NamedTypes {
  readonly #texts = new Map<string, string>()
  readonly #documentNames = new Map<string, string>()

  /**
   * The type of a schema as TypeScript.
   * @param refer is told each name that the text mentions, and gives how it is written there
   */
  textOf(schema: TSchema, refer: Refer): string {
    const name = nameOf(schema)
    if (name === undefined) return this.#plain(schema, refer)
    const typeName = typeNames[name] ?? pascalCase(name)
    this.#documentNames.set(name, typeName)
    if (!this.#texts.has(typeName)) {
      this.#texts.set(typeName, '')
      const description = schema.description === undefined ? '' : docComment([schema.description])
      const text = this.#plain(schema, (name) => name)
      const isInterface = text.startsWith('{') && text.endsWith('}') && schema.type === 'object'
      const declared = isInterface ? `export interface ${typeName} ${text}` : `export type ${typeName} = ${text}`
      this.#texts.set(typeName, `${description}${declared}\n`)
    }
    return refer(typeName)
  }

  /** The declarations of all types that were asked for, by name. */
  declarations(): [name: string, text: string][] {
    return [...this.#texts].sort(([left], [right]) => (left < right ? -1 : 1))
  }

  /** Names in the document, and the types that they became. */
  documentNames(): [documentName: string, typeName: string][] {
    return [...this.#documentNames].sort(([left], [right]) => (left < right ? -1 : 1))
  }

  #plain(schema: TSchema, refer: Refer): string {
    const text = this.#notNull(schema, refer)
    return schema.nullable === true ? `${text} | null` : text
  }

  #notNull(schema: TSchema, refer: Refer): string {
    const { anyOf, oneOf, allOf, enum: values } = schema as Record<string, unknown[] | undefined>
    const alternatives = (anyOf ?? oneOf) as TSchema[] | undefined
    if (alternatives !== undefined) {
      const texts = alternatives.map((part) => this.textOf(part, refer))
      return [...new Set(texts)].join(' | ')
    }
    if (allOf !== undefined) return (allOf as TSchema[]).map((part) => `(${this.textOf(part, refer)})`).join(' & ')
    if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(' | ')
    switch (schema.type) {
      case 'string':
      case 'boolean':
      case 'null':
        return schema.type
      case 'integer':
      case 'number':
        return 'number'
      case 'array':
        return `Array<${this.textOf(schema.items as TSchema, refer)}>`
      case 'object':
        return this.#object(schema, refer)
      default:
        return 'unknown'
    }
  }

  #object(schema: TSchema, refer: Refer): string {
    const {
      properties = {},
      required = [],
      additionalProperties,
    } = schema as TSchema & {
      properties?: Record<string, TSchema>
      required?: string[]
      additionalProperties?: boolean | TSchema
    }
    const members = membersText(
      Object.entries(properties).map(([name, member]) => ({
        name,
        text: this.textOf(member, refer),
        isRequired: required.includes(name),
        description: descriptionOf(member),
      })),
    )
    const open = typeof additionalProperties === 'object' ? this.textOf(additionalProperties, refer) : 'unknown'
    const isOpen = additionalProperties !== undefined && additionalProperties !== false
    const record = `Record<string, ${open}>`
    if (Object.keys(properties).length === 0) return record
    return isOpen ? `{\n${members}} & ${record}` : `{\n${members}}`
  }
}

/** A member of an object type. */
export interface Member {
  name: string
  text: string
  isRequired: boolean
  description: string
}

/** Members of an object type, one a line, each with its description. */
export function membersText(members: Member[]): string {
  return members
    .map(({ name, text, isRequired, description }) => {
      const key = /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name)
      const comment = description === '' ? '' : docComment([description])
      return `${comment}${key}${isRequired ? '' : '?'}: ${text}\n`
    })
    .join('')
}

/** A description with the limits that the type cannot say. */
export function descriptionOf(schema: TSchema): string {
  const {
    description = '',
    minLength,
    maxLength,
    minimum,
    maximum,
    maxItems,
    minItems,
  } = schema as TSchema & {
    [key: string]: number | undefined
  } & { description?: string }
  const limits = [
    minimum !== undefined && maximum !== undefined ? `From ${minimum} to ${maximum}.` : '',
    minimum !== undefined && maximum === undefined ? `At least ${minimum}.` : '',
    minLength !== undefined && minLength > 1 ? `At least ${minLength} characters.` : '',
    maxLength !== undefined ? `Up to ${maxLength} characters.` : '',
    minItems !== undefined && minItems > 0 ? `At least ${minItems}.` : '',
    maxItems !== undefined ? `Up to ${maxItems} entries.` : '',
  ]
  return [description, ...limits].filter((part) => part !== '').join(' ')
}

const widest = 112

/** Paragraphs as a comment before a declaration. */
export function docComment(paragraphs: string[]): string {
  const safe = paragraphs.map((paragraph) => paragraph.replaceAll('*/', '*\\/'))
  if (safe.length === 1 && safe[0]!.length < widest) return `/** ${safe[0]} */\n`
  const lines = safe.flatMap((paragraph, index) => [...(index === 0 ? [] : ['']), ...wrapped(paragraph)])
  return `/**\n${lines.map((line) => ` *${line === '' ? '' : ` ${line}`}\n`).join('')} */\n`
}

function wrapped(text: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > widest) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** `get_users_response` → `GetUsersResponse`; `accessRoles` → `AccessRoles`. */
export function pascalCase(name: string): string {
  return name
    .split(/[_\s]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
}
