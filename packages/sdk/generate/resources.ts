import type { Method, Parameter, Resource } from './plan.ts'
import { docComment, membersText, type NamedTypes, pascalCase, type Refer } from './schema-type.ts'

/** The source of one resource: its inputs and replies, and the class with its methods. */
export function resourceSource(resource: Resource, types: NamedTypes): string {
  const used = new Set<string>()
  const refer: Refer = (name) => {
    used.add(name)
    return name
  }
  const declarations: string[] = []
  const methods = resource.methods.map((method) => methodSource(method, resource, types, refer, declarations))
  const { children, className } = resource
  const fields = children.map(
    (child) => `${docComment([titleOf(child)])}readonly ${lastWord(child)}: ${child.className}\n`,
  )
  const hasMethods = resource.methods.length > 0
  const hasList = resource.methods.some(({ list }) => list !== undefined)
  const takesNothing = resource.methods.some(({ parameters }) => parameters.length === 0)
  const imports = [
    `import type { Client${takesNothing ? ', NoInput' : ''}${hasMethods ? ', RequestOptions' : ''} } from '../client.ts'`,
    ...(hasList ? ["import type { List } from '../list.ts'"] : []),
    ...(used.size === 0 ? [] : [`import type { ${[...used].sort().join(', ')} } from '../types.ts'`]),
    ...children.map((child) => `import { ${child.className} } from './${child.fileName}.ts'`),
  ]
  return `${imports.join('\n')}

${declarations.join('\n')}
${docComment([titleOf(resource)])}export class ${className} {
${hasMethods ? 'readonly #client: Client\n' : ''}${fields.join('')}
constructor(client: Client) {
${hasMethods ? 'this.#client = client\n' : ''}${children.map((child) => `this.${lastWord(child)} = new ${child.className}(client)\n`).join('')}}

${methods.join('\n')}}
`
}

function methodSource(
  method: Method,
  { className }: Resource,
  types: NamedTypes,
  refer: Refer,
  declarations: string[],
): string {
  const { operation, name, parameters, list, body } = method
  const base = `${className}${pascalCase(name)}`
  const input = inputDeclaration(base, parameters, types, refer)
  if (input !== undefined) declarations.push(input.text)
  const reply = replyType(method, base, types, refer, declarations)
  const query = parameters
    .filter((parameter) => parameter.in === 'query')
    .map((parameter) => JSON.stringify(parameter.name))
  const call = [
    `method: '${operation.method}'`,
    `path: '${operation.path}'`,
    ...(query.length === 0 ? [] : [`query: [${query.join(', ')}]`]),
    ...(body === undefined ? [] : [`body: '${body}'`]),
    ...(list === undefined ? [] : [`items: '${list.items}'`, `paging: '${list.paging}'`]),
  ]
  const takes =
    input === undefined ? 'input: NoInput = {}, ' : `input: ${base}Input${input.isOptional ? ' = {}' : ''}, `
  const result =
    list === undefined
      ? `Promise<${reply}>`
      : `List<${itemType(method, base, reply, types, refer, declarations)}, ${reply}>`
  const does = list === undefined ? 'send' : 'list'
  return `${methodComment(method)}${name}(${takes}options?: RequestOptions): ${result} {
return this.#client.${does}({ ${call.join(', ')} }, input, options)
}
`
}

/** Summary, description, and where it is in the API. */
function methodComment({ operation }: Method): string {
  const { summary, description, method, path, scope, id, anonymous } = operation
  const access = anonymous ? 'no token needed' : scope === null ? 'no scope needed' : `scope \`${scope}\``
  const sentence = summary.endsWith('.') ? summary : `${summary}.`
  return docComment([
    description === undefined ? sentence : `${sentence} ${description}`,
    `\`${method} ${path}\` (\`${id}\`), ${access}.`,
  ])
}

function inputDeclaration(
  base: string,
  parameters: Parameter[],
  types: NamedTypes,
  refer: Refer,
): { text: string; isOptional: boolean } | undefined {
  if (parameters.length === 0) return undefined
  const members = parameters.map(({ name, schema, isRequired, description }) => ({
    name,
    text: schema.type === 'file' ? 'Blob' : types.textOf(schema, refer),
    isRequired,
    description,
  }))
  return {
    text: `export interface ${base}Input {\n${membersText(members)}}\n`,
    isOptional: parameters.every(({ isRequired }) => !isRequired),
  }
}

function replyType(
  { reply, operation }: Method,
  base: string,
  types: NamedTypes,
  refer: Refer,
  declarations: string[],
): string {
  if (reply === null) return refer('SuccessResponse')
  const text = types.textOf(reply, refer)
  if (!text.startsWith('{')) return text
  declarations.push(`${docComment([`What \`${operation.id}\` gives.`])}export interface ${base}Reply ${text}\n`)
  return `${base}Reply`
}

function itemType(
  { list, operation }: Method,
  base: string,
  reply: string,
  types: NamedTypes,
  refer: Refer,
  declarations: string[],
): string {
  const text = types.textOf(list!.itemSchema, refer)
  if (/^\w+$/.test(text)) return text
  const comment = docComment([`One entry of \`${operation.id}\`.`])
  declarations.push(`${comment}export type ${base}Item = NonNullable<${reply}['${list!.items}']>[number]\n`)
  return `${base}Item`
}

/** What a class is for, in words made of its path: `organizations.users` → "Users of organizations". */
export function titleOf({ path }: Resource): string {
  const words = path.split('.').map((word) => word.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`))
  const text = words
    .toReversed()
    .join(' of ')
    .replaceAll(/\b(api|mfa|url)/g, (word) => word.toUpperCase())
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

/** The name under which a resource lies in its parent. */
export function lastWord({ path }: Resource): string {
  return path.slice(path.lastIndexOf('.') + 1)
}

/** The class with every resource on it. */
export function kindredSource(resources: Resource[]): string {
  const imports = resources.map(
    ({ className, fileName }) => `import { ${className} } from './resources/${fileName}.ts'`,
  )
  const fields = resources.map(
    (resource) =>
      `${docComment([titleOf(resource)])}readonly ${lastWord(resource)} = new ${resource.className}(this)\n`,
  )
  return `import { Client } from './client.ts'
${imports.join('\n')}

/**
 * The Management API of one server. Members of inputs and replies have the names of the API, so that its documentation
 * can be read as it is; path, query and body members stand side by side in one input.
 * @example
 * const kindred = new Kindred({ domain: 'example.kinde.com', clientId, clientSecret })
 * for await (const user of kindred.users.list()) console.log(user.id)
 */
export class Kindred extends Client {
${fields.join('')}}
`
}

/** Exports every resource class and its types. */
export function resourceIndexSource(resources: Resource[]): string {
  return `${resources.map(({ fileName }) => `export * from './${fileName}.ts'`).join('\n')}\n`
}
