import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import type { Figure } from './report.ts'

const root = join(import.meta.dirname, '..')

/** What a program carries, bundled for no platform in particular, minified and compressed. */
const bundles: { name: string; source: string; goal: NonNullable<Figure['goal']> }[] = [
  { name: 'SDK, everything', source: `export * from '@kindred/sdk'`, goal: { floor: 16, aim: 12 } },
  {
    name: 'SDK, client and one resource',
    source: `import { Client, Users } from '@kindred/sdk'\nexport const users = new Users(new Client())`,
    goal: { floor: 10, aim: 8 },
  },
  { name: 'SDK, entry for users of Kinde', source: `export * from '@kindred/sdk/kinde'`, goal: { floor: 16, aim: 12 } },
]
const kindePackage = `export * from '@kinde/management-api-js'`

/** What a type checker does for a program beyond an empty one. */
const program = `import { Kindred } from '@kindred/sdk'\nexport const users = await new Kindred().users.list().all()\n`

/** How large the SDK is, and what its types cost. */
export async function measureSdk(rounds: number): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const { name, source, goal } of bundles) {
    figures.push({ name, unit: 'kB', rounds: [await bundledKilobytes(source, 'neutral')], goal })
  }
  figures.push({
    name: "Kinde's package, everything",
    unit: 'kB',
    rounds: [await bundledKilobytes(kindePackage, 'node')],
  })
  const folder = await mkdtemp(join(root, 'bench', '.types-'))
  try {
    const [empty, used] = [join(folder, 'empty.ts'), join(folder, 'used.ts')]
    await writeFile(empty, 'export {}\n')
    await writeFile(used, program)
    const costs: TypeCost[] = []
    for (let round = 0; round < rounds; round += 1) {
      const [without, withSdk] = [await typeCost(empty), await typeCost(used)]
      costs.push({
        ms: withSdk.ms - without.ms,
        types: withSdk.types - without.types,
        instantiations: withSdk.instantiations - without.instantiations,
      })
    }
    const over = (member: keyof TypeCost) => costs.map((cost) => cost[member])
    figures.push(
      { name: 'SDK, checking its types', unit: 'ms', rounds: over('ms') },
      { name: 'SDK, types', unit: 'count', rounds: over('types'), goal: { floor: 12_000, aim: 10_000 } },
      {
        name: 'SDK, instantiations',
        unit: 'count',
        rounds: over('instantiations'),
        goal: { floor: 12_000, aim: 10_000 },
      },
    )
  } finally {
    await rm(folder, { recursive: true })
  }
  return figures
}

async function bundledKilobytes(source: string, platform: 'neutral' | 'node'): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: root, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform,
    minify: true,
    logLevel: 'error',
  })
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length / 1000
}

interface TypeCost {
  ms: number
  types: number
  instantiations: number
}

/** Checks one file as a project of its own, and reads what the compiler says of it. */
async function typeCost(file: string): Promise<TypeCost> {
  const { stdout } = await promisify(execFile)(
    join(root, 'node_modules', '.bin', 'tsc'),
    [
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--allowImportingTsExtensions',
      '--extendedDiagnostics',
      ...['--target', 'esnext', '--module', 'nodenext', '--types', 'node'],
      file,
    ],
    { cwd: root, shell: process.platform === 'win32' },
  )
  const number = (name: string) => Number(new RegExp(`^${name}:\\s+([\\d.]+)`, 'm').exec(stdout)?.[1])
  return { ms: number('Check time') * 1000, types: number('Types'), instantiations: number('Instantiations') }
}
