/**
 * Kindred beside raw `node:http`, in turns, each in a process of its own and loaded by another one. Nothing here passes
 * or fails by time: the exit code is 1 only when an answer is wrong, or something cannot be run.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Postgres, startPostgres } from '../test/postgres.ts'
import { type Answers, checkAnswers } from './answers.ts'
import { measureKit } from './kit.ts'
import {
  type Arena,
  type Effort,
  measureLastPage,
  measureScenario,
  measureSearch,
  measureStart,
  measureStorm,
} from './measure.ts'
import { buildBundle, cpuMicroseconds, Generator, type Server, startBaseline, startKindred } from './processes.ts'
import { type Figure, figureJson, figureLine, headingLine } from './report.ts'
import { createUser, scenarios } from './scenarios.ts'
import { measureSdk } from './sdk.ts'
import { seedPostgres, seedSqlite } from './seed.ts'

const help = `npm run bench -- [options]
  --quick            one short round with 1,000 users, to see that everything runs
  --users 1000,1000000
  --stores sqlite,postgres
  --scenarios ${scenarioNames().join(',').replaceAll(' ', '-')}
  --seconds 3        how long each server is loaded in a round
  --rounds 3         how often
  --json             one JSON document on stdout; the table then goes to stderr
  --out <file>       the JSON document in a file as well
`

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    out: { type: 'string' },
    users: { type: 'string' },
    stores: { type: 'string', default: 'sqlite,postgres' },
    scenarios: { type: 'string' },
    seconds: { type: 'string' },
    rounds: { type: 'string' },
  },
})
if (values.help) {
  process.stdout.write(help)
  process.exit()
}
const userCounts = (values.users ?? (values.quick ? '1000' : '1000,1000000')).split(',').map(Number).sort(byValue)
const effort: Effort = {
  rounds: Number(values.rounds ?? (values.quick ? 1 : 3)),
  seconds: Number(values.seconds ?? (values.quick ? 1 : 3)),
  warmUpSeconds: values.quick ? 0 : 1,
  starts: values.quick ? 1 : 7,
}
const wanted = values.scenarios?.split(',')
const out = values.json ? process.stderr : process.stdout
const figures: Figure[] = []
/** From this number of users on, it is worth looking at what only a large database shows. */
const manyUsers = 100_000

const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown CPU', cores: cpus().length }
const date = new Date().toISOString()
out.write(
  `Node.js ${machine.node} on ${machine.cores} × ${machine.cpu}, ${date.slice(0, 10)}. ` +
    `Rounds: ${effort.rounds} of ${effort.seconds} s, in turns.\n✓ reaches the aim  · the floor  ✗ neither. ` +
    'CPU of a request, requests a second, p99: Kindred (raw node:http).\n',
)
if (Number.isNaN(cpuMicroseconds(process.pid))) {
  out.write('There is no /proc here, which tells the CPU time of a process: ratios and memory are missing.\n')
}
await buildBundle()
const folder = await mkdtemp(join(tmpdir(), 'kindred-bench-'))
try {
  if (isWanted('start')) {
    heading('Start, in memory', false)
    note(await measureStart(folder, effort))
  }
  if (isWanted('kit')) {
    heading('Test kit, in this process', false)
    note(await measureKit(effort.rounds))
  }
  if (isWanted('sdk')) {
    heading('SDK: compressed bundles, cost of types', false)
    note(await measureSdk(effort.rounds))
  }
  if (scenarioNames().some((name) => !['start', 'kit', 'sdk'].includes(name) && isWanted(name))) {
    for (const store of values.stores.split(',')) await measureStore(store)
  }
} finally {
  await rm(folder, { recursive: true })
}
const document = JSON.stringify({ ...machine, date, effort, figures: figures.map(figureJson) }, null, 2)
if (values.json) process.stdout.write(`${document}\n`)
if (values.out !== undefined) await writeFile(values.out, `${document}\n`)

async function measureStore(store: string): Promise<void> {
  const postgres = store === 'postgres' ? await startPostgres() : undefined
  const servers: Server[] = []
  const [generator, secondGenerator] = [new Generator(), new Generator()]
  try {
    const answers: (Answers & { users: number })[] = []
    for (const users of userCounts) {
      const server = await startWithUsers(users, postgres)
      servers.push(server)
      answers.push({ ...(await checkAnswers(server, users)), users })
    }
    const { target, records } = answers.at(-1)!
    const file = join(folder, 'records.json')
    await writeFile(file, JSON.stringify(records))
    const baseline = await startBaseline(file)
    servers.push(baseline)
    const kindreds = answers.map(({ target, users, lastPage }) => ({ ...target, users, lastPage }))
    await measureArena({ store, kindreds, baseline: { ...target, ...baseline }, generator, secondGenerator })
  } finally {
    generator.stop()
    secondGenerator.stop()
    for (const server of servers) await server.stop()
    await postgres?.stop()
  }
}

async function startWithUsers(users: number, postgres: Postgres | undefined): Promise<Server> {
  const name = `bench_${users}`
  const file = join(folder, `${name}.db`)
  const url = postgres === undefined ? `sqlite:${file}` : `${postgres.url}?schema=${name}`
  const empty = await startKindred(url, folder)
  await empty.stop()
  if (postgres === undefined) seedSqlite(file, users)
  else await seedPostgres(postgres.url, name, users)
  return startKindred(url, folder)
}

async function measureArena(arena: Arena): Promise<void> {
  const title = arena.store === 'postgres' ? 'PostgreSQL' : 'SQLite'
  heading(`${title}: CPU, baseline ÷ Kindred`, true)
  for (const scenario of scenarios) {
    // Creating users makes a small database larger, so it comes last.
    if (scenario === createUser) await measureOthers(arena)
    if (isWanted(scenario.name)) note(await measureScenario(scenario, arena, effort))
  }
}

async function measureOthers(arena: Arena): Promise<void> {
  const hasMany = arena.kindreds.at(-1)!.users >= manyUsers
  if (isWanted('storm')) note(await measureStorm(arena, effort))
  if (hasMany && isWanted('last page')) note(await measureLastPage(arena, effort))
  if (hasMany && isWanted('search')) note(await measureSearch(arena, effort))
}

function scenarioNames(): string[] {
  return ['start', 'kit', 'sdk', ...scenarios.map(({ name }) => name), 'storm', 'last page', 'search']
}

function isWanted(name: string): boolean {
  return wanted === undefined || wanted.includes(name.replaceAll(' ', '-'))
}

function heading(title: string, withSamples: boolean): void {
  out.write(`\n${headingLine(title, withSamples)}\n`)
}

function note(made: Figure[]): void {
  figures.push(...made)
  for (const figure of made) out.write(`${figureLine(figure)}\n`)
}

function byValue(left: number, right: number): number {
  return left - right
}
