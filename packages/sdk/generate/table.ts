import type { Method, Parameter } from './plan.ts'

/** The table of operations: data for the command line, documentation and the like. */
export function tableSource(methods: Method[]): string {
  const sorted = methods.toSorted((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1))
  return `import type { OperationInfo } from './operation-info.ts'

/** Every operation, in the order of their names. An entry can be given to \`client.send\` as it is. */
export const operations: readonly OperationInfo[] = [
${sorted.map((method) => entry(method)).join(',\n')}
]
`
}

function nameOf({ resource, name }: Method): string {
  return `${resource}.${name}`
}

function entry(method: Method): string {
  const { operation, resource, name, parameters, body, list } = method
  const query = parameters.filter((parameter) => parameter.in === 'query').map((parameter) => parameter.name)
  const { id, path, scope, tag, summary, description = '', anonymous = false } = operation
  const members = {
    id,
    name: nameOf(method),
    resource,
    action: name,
    method: operation.method,
    path,
    ...(query.length === 0 ? {} : { query }),
    ...(body === undefined ? {} : { body }),
    ...(list === undefined ? {} : { items: list.items, paging: list.paging }),
    scope,
    isAnonymous: anonymous,
    tag,
    summary,
    description,
    parameters: parameters.map(parameterEntry),
  }
  return JSON.stringify(members)
}

function parameterEntry({ name, in: place, isRequired, description, schema }: Parameter): Record<string, unknown> {
  const { enum: values, type, nullable, format } = schema as Record<string, unknown>
  return {
    name,
    in: place,
    isRequired,
    type: type ?? 'any',
    ...(nullable === true ? { isNullable: true } : {}),
    ...(values === undefined ? {} : { values }),
    ...(format === undefined ? {} : { format }),
    description,
  }
}
