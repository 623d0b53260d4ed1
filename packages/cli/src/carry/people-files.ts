import { type FileHandle, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, parse } from 'node:path'
import type { Kindred, OrganizationUser, UsersListItem } from '@kindred/sdk'
import { CommandError } from '../exit-code.ts'

/** Where a pull stands: pages up to the cursors are in the files, in so many bytes. */
interface Checkpoint {
  /** Whose users they are. */
  domain: string
  users: { cursor: string | null; bytes: number; count: number; isDone: boolean }
  members: { done: string[]; organization: string | null; cursor: string | null; bytes: number; count: number }
}

export interface PeopleFiles {
  users: string
  members: string
  checkpoint: string
}

/** Names of the files beside `file`: `zoo.yaml` has `zoo.users.ndjson`. */
export function peopleFiles(file: string): PeopleFiles {
  const base = join(dirname(file), parse(file).name)
  return { users: `${base}.users.ndjson`, members: `${base}.members.ndjson`, checkpoint: `${base}.checkpoint.json` }
}

/** An organization: its code, and how the file refers to it. The default one has another code elsewhere. */
export interface PulledOrganization {
  code: string
  reference: string
  isDefault: boolean
}

/** What is read of people, and who is told how far it is. */
export interface PeopleOptions {
  files: PeopleFiles
  domain: string
  organizations: readonly PulledOrganization[]
  onRead: (text: string) => void
}

/**
 * Writes users, then members of organizations, one in each line, a page at a time: memory does not grow with them. After
 * every page the checkpoint is replaced; a run that finds one goes on from there.
 * @returns how many there are in the files
 */
export async function pullPeople(
  kindred: Kindred,
  options: PeopleOptions,
): Promise<{ users: number; members: number }> {
  const { files, domain } = options
  const checkpoint = (await readCheckpoint(files.checkpoint, domain)) ?? {
    domain,
    users: { cursor: null, bytes: 0, count: 0, isDone: false },
    members: { done: [], organization: null, cursor: null, bytes: 0, count: 0 },
  }
  const save = () => writeCheckpoint(files.checkpoint, checkpoint)
  await pullUsers(kindred, checkpoint, save, options)
  await pullMembers(kindred, checkpoint, save, options)
  await rm(files.checkpoint, { force: true })
  return { users: checkpoint.users.count, members: checkpoint.members.count }
}

async function pullUsers(
  kindred: Kindred,
  { users: at }: Checkpoint,
  save: () => Promise<void>,
  { files, onRead, organizations }: PeopleOptions,
): Promise<void> {
  if (at.isDone) return
  const file = await openAt(files.users, at.bytes)
  try {
    const isElsewhere = new Set(organizations.filter(({ isDefault }) => !isDefault).map(({ code }) => code))
    const all = kindred.users.list({ expand: 'organizations' })
    for await (const { items, cursor } of (at.cursor === null ? all : all.from(at.cursor)).pages()) {
      const lines = await Promise.all(items.map((user) => userLine(kindred, user, isElsewhere)))
      at.bytes += await append(file, lines)
      at.count += items.length
      at.cursor = cursor ?? at.cursor
      at.isDone = cursor === undefined
      await save()
      onRead(`users: ${at.count}`)
    }
  } finally {
    await file.close()
  }
}

async function pullMembers(
  kindred: Kindred,
  { members: at }: Checkpoint,
  save: () => Promise<void>,
  { files, organizations, onRead }: PeopleOptions,
): Promise<void> {
  const file = await openAt(files.members, at.bytes)
  try {
    for (const { code, reference } of organizations) {
      if (at.done.includes(code)) continue
      if (at.organization !== code) Object.assign(at, { organization: code, cursor: null })
      const all = kindred.organizations.users.list({ org_code: code })
      for await (const { items, cursor } of (at.cursor === null ? all : all.from(at.cursor)).pages()) {
        const lines = await Promise.all(items.map((member) => memberLine(kindred, { code, reference }, member)))
        at.bytes += await append(file, lines)
        at.count += items.length
        at.cursor = cursor ?? null
        if (cursor === undefined) at.done.push(code)
        await save()
        onRead(`members: ${at.count}`)
      }
    }
  } finally {
    await file.close()
  }
}

async function userLine(kindred: Kindred, user: UsersListItem, isElsewhere: ReadonlySet<string>): Promise<object> {
  const { id = '', organizations = [] } = user
  const identities = await kindred.users.identities.list({ user_id: id }).all()
  // The first of a kind is the one that counts.
  identities.sort((one, other) => Number(other.is_primary ?? false) - Number(one.is_primary ?? false))
  // Whoever is in the default organization joins that, and the others as a member.
  const organization = organizations.every((code) => isElsewhere.has(code)) ? organizations[0] : undefined
  const of = (wanted: string) =>
    identities.filter(({ type }) => type === wanted).map(({ name, email }) => email ?? name ?? '')
  const [email, ...emails] = of('email')
  const reachable = identities.filter(({ type }) => type === 'email' || type === 'phone')
  const properties: Record<string, string> = {}
  for await (const { key = '', value } of kindred.users.properties.list({ user_id: id }))
    if (value) properties[key] = value
  return {
    id,
    ...filled({ email }),
    ...(emails.length > 0 ? { emails } : {}),
    ...filled({ username: of('username')[0] ?? user.username, phone: of('phone')[0] ?? user.phone }),
    ...filled({ given_name: user.first_name, family_name: user.last_name, picture: user.picture }),
    ...filled({ provided_id: user.provided_id, organization }),
    ...(reachable.length > 0 && reachable.every((one) => one.is_confirmed) ? { is_verified: true } : {}),
    ...(user.is_suspended ? { is_suspended: true } : {}),
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
  }
}

async function memberLine(
  kindred: Kindred,
  { code, reference }: Pick<PulledOrganization, 'code' | 'reference'>,
  { id, roles = [] }: OrganizationUser,
): Promise<object> {
  const list = kindred.organizations.users.permissions.list({ org_code: code, user_id: id ?? '', expand: 'roles' })
  const permissions: string[] = []
  // A permission that comes with a role is not one of the member's own.
  for await (const { key = '', roles: through = [] } of list) if (through.length === 0) permissions.push(key)
  return { organization: reference, user: id, roles, ...(permissions.length === 0 ? {} : { permissions }) }
}

function filled(values: Record<string, string | null | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1])))
}

/** Whatever was written after the checkpoint is written again. */
async function openAt(name: string, bytes: number): Promise<FileHandle> {
  const file = await open(name, bytes === 0 ? 'w' : 'r+', 0o600)
  await file.truncate(bytes)
  return file
}

async function append(file: FileHandle, lines: readonly object[]): Promise<number> {
  const text = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  const { size } = await file.stat()
  await file.write(text, 0, text.length, size)
  return text.length
}

async function readCheckpoint(file: string, domain: string): Promise<Checkpoint | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch {
    // There is none: nothing was begun.
    return undefined
  }
  const found = JSON.parse(text) as Checkpoint
  if (found.domain === domain) return found
  throw new CommandError(`${file} is where a pull from ${found.domain} stopped. Delete it, or name another file: --out`)
}

async function writeCheckpoint(file: string, checkpoint: Checkpoint): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(checkpoint), { mode: 0o600 })
  await rename(`${file}.new`, file)
}
