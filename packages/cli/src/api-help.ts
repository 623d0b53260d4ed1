import type { OperationInfo, ParameterInfo } from '@kindred/sdk'

/**
 * What `kindred api <operation> --help` shows.
 * @param body one that the operation takes
 */
export function operationHelp(operation: OperationInfo, width: number, body: unknown): string {
  const { id, name, method, path, summary, description, scope, isAnonymous, parameters, items } = operation
  const needs = isAnonymous ? 'no token' : scope === null ? 'a token, no scope' : `the scope ${scope}`
  const lines = [
    `Usage: kindred api ${id} [-f name=value] …`,
    '',
    `${summary}. ${method} ${path}`,
    ...wrapped(description, width),
    '',
    `Needs ${needs}. In @kindred/sdk: kindred.${name}()`,
  ]
  if (parameters.length > 0) lines.push('', 'Parameters:', ...parameters.flatMap((each) => parameterLines(each, width)))
  lines.push('', 'Examples:', ...examples(operation).map((line) => `  $ ${line}`))
  if (body !== undefined)
    lines.push(
      '',
      'A body, for --body @input.json:',
      ...JSON.stringify(body, null, 2)
        .split('\n')
        .map((line) => `  ${line}`),
    )
  if (items !== undefined) lines.push('', `--all reads every page; --json then prints one ${items} entry a line.`)
  return `${lines.join('\n')}\n`
}

function parameterLines(parameter: ParameterInfo, width: number): string[] {
  const { name, type, format, isRequired, values, description } = parameter
  const kind = type === 'array' ? 'list' : type === 'string' && format !== undefined ? format : type
  const facts = [parameter.in, kind, ...(isRequired ? ['required'] : [])].join(', ')
  const choice = values === undefined ? [] : wrapped(`One of: ${values.join(', ')}.`, width - 6)
  return [`  ${name} (${facts})`, ...[...wrapped(description, width - 6), ...choice].map((line) => `      ${line}`)]
}

function examples(operation: OperationInfo): string[] {
  const { id, method, path, parameters, body, paging, query = [] } = operation
  const needed = parameters.filter(({ isRequired }) => isRequired)
  const fields = needed.map((parameter) => ` -f ${parameter.name}${sample(parameter)}`)
  const inPath = needed.filter((parameter) => parameter.in === 'path')
  const others = fields.filter((_, at) => needed[at]!.in !== 'path')
  const filled = inPath.reduce((text, { name }) => text.replace(`{${name}}`, `<${name}>`), path)
  return [
    `kindred api ${id}${fields.join('')}`,
    ...(paging === 'token' || paging === 'cursor' ? [`kindred api ${id}${fields.join('')} --all --json`] : []),
    `kindred api ${method} '${filled}'${others.join('')}`,
    ...(body === 'json'
      ? [`kindred api ${id}${inPath.map(({ name }) => ` -f ${name}=…`).join('')} --body @input.json`]
      : []),
    ...(query.includes('page_size') ? [`kindred api ${id}${fields.join('')} -f page_size=100`] : []),
  ]
}

function sample({ type, values }: ParameterInfo): string {
  if (values?.[0] !== undefined) return `=${values[0]}`
  if (type === 'integer' || type === 'number') return '=1'
  if (type === 'boolean') return '=true'
  if (type === 'array') return "='[…]'"
  if (type === 'object') return "='{…}'"
  return type === 'file' ? '=@logo.png' : '=…'
}

/** Lines of at most so many columns, broken between words. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
