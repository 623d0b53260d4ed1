import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { type Seed, SeedError, seedSchema } from './seed.ts'

// The schema is ours: compiling the schema of schemas first would take longer than all else.
const ajv = new Ajv({ strict: false, verbose: true, meta: false, validateSchema: false })
const checks = new Map<string, ValidateFunction>()

/**
 * Reads a seed and checks its form.
 * @param source the seed, or the name or `file:` URL of a file in JSON (`.json`) or YAML (`.yaml`, `.yml`)
 * @param options `withPeople`: the files of users and members that it names are read too
 * @throws {SeedError} naming the place in the seed
 */
export async function readSeed(source: unknown, { withPeople = true } = {}): Promise<Seed> {
  const isFile = typeof source === 'string' || source instanceof URL
  const file = source instanceof URL ? fileURLToPath(source) : source
  const seed = isFile ? await readSeedFile(file as string) : source
  requireForm(seed)
  return isFile && withPeople ? withOtherFiles(seed, dirname(file as string)) : seed
}

/** Checks the seed as a whole, then each member that it has: a test that seeds users waits for no schema of roles. */
function requireForm(seed: unknown): asserts seed is Seed {
  const { properties, ...whole } = seedSchema
  const check = (name: string, schema: object) => {
    const validate = checks.get(name) ?? ajv.compile(schema)
    checks.set(name, validate)
    if (!validate(seed)) throw faultOf(validate.errors!)
  }
  check('', { ...whole, properties: Object.fromEntries(Object.keys(properties).map((name) => [name, {}])) })
  for (const [name, schema] of Object.entries(properties)) {
    if (name in (seed as object)) check(name, { properties: { [name]: schema } })
  }
}

/** The seed with the users and members of the files that it names. */
async function withOtherFiles(
  { users_file: usersFile, members_file: membersFile, ...seed }: Seed,
  folder: string,
): Promise<Seed> {
  if (usersFile === undefined && membersFile === undefined) return seed
  const lines = async (name: string | undefined) => (name === undefined ? [] : readLines(resolve(folder, name)))
  const users = [...(seed.users ?? []), ...(await lines(usersFile))]
  const organizations = (seed.organizations ?? []).map((organization) => ({ ...organization }))
  for (const { organization: name, ...member } of (await lines(membersFile)) as Record<string, unknown>[]) {
    const organization = organizations.find(
      ({ code, handle, name: itsName }) => name === code || name === handle || name === itsName,
    )
    if (organization === undefined) {
      throw new SeedError('members_file', `There is no organization ${JSON.stringify(name)} in the seed.`)
    }
    organization.members = [...(organization.members ?? []), member as { user: string }]
  }
  return readSeed({ ...seed, users, organizations })
}

async function readLines(file: string): Promise<object[]> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new SeedError('', `The seed needs ${file}, which cannot be read (${cause.code}).`, { cause })
  })
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    try {
      return [JSON.parse(line) as object]
    } catch (cause) {
      throw new SeedError('', `${file}: line ${index + 1} is no JSON.`, { cause })
    }
  })
}

async function readSeedFile(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new SeedError('', `The seed ${file} cannot be read (${cause.code}). Correct the path.`, { cause })
  })
  try {
    if (/\.ya?ml$/i.test(file)) {
      const { parse } = await import('../yaml.ts')
      return parse(text) ?? {}
    }
    return JSON.parse(text)
  } catch (cause) {
    throw new SeedError('', `The seed ${file} cannot be read: ${(cause as Error).message}`, { cause })
  }
}

/** The deepest fault: of a choice between a name and an object, the one in what was written. */
function faultOf(errors: readonly ErrorObject[]): SeedError {
  const deepest = errors.reduce((left, right) => (depth(right) > depth(left) ? right : left))
  const { keyword, params, instancePath, data } = deepest
  const path = seedPath(instancePath)
  if (keyword === 'additionalProperties') {
    const { additionalProperty: name } = params as { additionalProperty: string }
    const known = Object.keys((deepest.parentSchema as { properties?: object }).properties ?? {})
    return new SeedError(join(path, name), `There is no such member. Known here: ${known.join(', ')}.`)
  }
  if (keyword === 'required') {
    return new SeedError(join(path, (params as { missingProperty: string }).missingProperty), 'This member is missing.')
  }
  if (keyword === 'enum') {
    const { allowedValues } = params as { allowedValues: string[] }
    return new SeedError(path, `${JSON.stringify(data)} is none of ${allowedValues.join(', ')}.`)
  }
  if (keyword === 'pattern') {
    return new SeedError(path, `This value has not the form ${(params as { pattern: string }).pattern}.`)
  }
  const kind = Array.isArray(data) ? 'a list' : data === null ? 'null' : `a value of the type ${typeof data}`
  return new SeedError(path, `It ${deepest.message}; ${kind} was given.`)
}

function depth({ instancePath, keyword }: ErrorObject): number {
  const level = instancePath.split('/').length * 2
  // Of two faults at one place, the name of a member says more than that another kind was possible.
  return keyword === 'required' || keyword === 'additionalProperties' ? level + 1 : level
}

/** `/users/3/email` as `users[3].email`. */
export function seedPath(pointer: string): string {
  return pointer
    .slice(1)
    .split('/')
    .map((word) => word.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, word) => join(path, word), '')
}

function join(path: string, word: string): string {
  if (/^\d+$/.test(word)) return `${path}[${word}]`
  return path === '' ? word : `${path}.${word}`
}
