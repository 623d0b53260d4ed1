import type { Method, Parameter } from './plan.ts'
import { docComment, membersText, type NamedTypes, pascalCase, type Refer } from './schema-type.ts'

/** A class of Kinde's own package, with the operations that are its static methods. */
export interface KindeClass {
  className: string
  fileName: string
  methods: Method[]
}

/** Operations by the class that Kinde's package has them in: one for each tag of its document. */
export function planKindeClasses(methods: Method[]): KindeClass[] {
  const classes = new Map<string, KindeClass>()
  for (const method of methods) {
    const words = method.operation.tag.split(' ').map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    const className = pascalCase(words.join(' '))
    const fileName = words.join('-').toLowerCase()
    const known = classes.get(className) ?? { className, fileName, methods: [] }
    known.methods.push(method)
    classes.set(className, known)
  }
  return [...classes.values()].sort((left, right) => (left.className < right.className ? -1 : 1))
}

/** The source of one class, with the types of what its methods take and give. */
export function kindeClassSource({ className, methods }: KindeClass, types: NamedTypes): string {
  let isReferring = false
  const refer: Refer = (name) => {
    isReferring = true
    return `types.${name}`
  }
  const declarations: string[] = []
  const texts = methods.map((method) => staticMethod(method, className, types, refer, declarations))
  return `import type { CancelablePromise } from '../cancelable-promise.ts'
import { call } from '../client.ts'
${isReferring ? "import type * as types from '../../types.ts'\n" : ''}
${declarations.join('\n')}
// biome-ignore lint/complexity/noStaticOnlyClass: that is how Kinde's package has it.
export class ${className} {
${texts.join('\n')}}
`
}

function staticMethod(
  method: Method,
  className: string,
  types: NamedTypes,
  refer: Refer,
  declarations: string[],
): string {
  const { operation, parameters, body, reply } = method
  const name = methodName(operation.id)
  const base = pascalCase(name)
  const data = dataDeclaration(method, types, refer)
  if (data !== undefined) declarations.push(`export type ${base}Data = {\n${data.text}}\n`)
  const replyText = reply === null ? 'unknown' : types.textOf(reply, refer)
  const isEmptiable = '204' in operation.responses
  declarations.push(`export type ${base}Response = ${replyText}${isEmptiable ? ' | undefined' : ''}\n`)
  const query = parameters
    .filter((parameter) => parameter.in === 'query')
    .map((parameter) => JSON.stringify(parameter.name))
  const request = [
    `method: '${operation.method}'`,
    `path: '${operation.path}'`,
    ...(query.length === 0 ? [] : [`query: [${query.join(', ')}]`]),
    ...(body === undefined ? [] : [`body: '${body}'`]),
  ].join(', ')
  const takes = data === undefined ? '' : `data${data.isOptional ? '?' : ''}: ${base}Data`
  const gives = `CancelablePromise<${base}Response>`
  const { summary, description = '' } = operation
  const sentence = summary.endsWith('.') ? summary : `${summary}.`
  const text = `${docComment([`${sentence} ${description}`.trim()])}static ${name}(${takes}): ${gives} {
return call({ ${request} }${data === undefined ? '' : ', data'})
}
`
  if (className !== 'Callbacks') return text
  // Names of earlier releases, which Kinde's package keeps as deprecated ones.
  const old = name.replace('Urls', 'UrLs')
  return `${text}
/** @deprecated The same as \`${name}\`. */
static ${old}(${takes}): ${gives} {
return Callbacks.${name}(${data === undefined ? '' : 'data'})
}
`
}

/** `pageSize` of the path and the query, and the body as `requestBody` or `formData`. */
function dataDeclaration(
  { parameters, operation, body }: Method,
  types: NamedTypes,
  refer: Refer,
): { text: string; isOptional: boolean } | undefined {
  if (parameters.length === 0) return undefined
  const text = (parameter: Parameter) =>
    parameter.schema.type === 'file' ? 'Blob' : types.textOf(parameter.schema, refer)
  const outside = parameters.filter((parameter) => parameter.in === 'path' || parameter.in === 'query')
  const inside = parameters.filter((parameter) => !outside.includes(parameter))
  const members = outside.map((parameter) => ({ ...parameter, name: camelCase(parameter.name), text: text(parameter) }))
  if (body !== undefined) {
    const isRequired = body === 'form' || (operation.bodyRequired ?? false)
    members.push({
      ...inside[0]!,
      name: body === 'form' ? 'formData' : 'requestBody',
      text: `{\n${membersText(inside.map((parameter) => ({ ...parameter, text: text(parameter) })))}}`,
      isRequired,
      description: '',
    })
  }
  return { text: membersText(members), isOptional: members.every(({ isRequired }) => !isRequired) }
}

/** The name that Kinde's package gives the method of an operation: `getAPIs` → `getApis`. */
export function methodName(id: string): string {
  const words = id.replace(/URLs/, 'Urls').replace(/APIs/, 'Apis').replace(/API/, 'Api').replace(/MFA/, 'Mfa')
  return words.charAt(0).toLowerCase() + words.slice(1)
}

function camelCase(name: string): string {
  return name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** Exports every class. */
export function kindeIndexSource(classes: KindeClass[]): string {
  return `${classes.map(({ fileName }) => `export * from './${fileName}.ts'`).join('\n')}\n`
}

/** Schemas under the names that they have in the document, and so in Kinde's package. */
export function kindeTypesSource(documentNames: [documentName: string, typeName: string][]): string {
  return `import type * as types from '../types.ts'

${documentNames.map(([documentName, typeName]) => `export type ${documentName} = types.${typeName}`).join('\n')}
`
}
