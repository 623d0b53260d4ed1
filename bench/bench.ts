/**
 * `npm run bench [-- --quick] [--json] [--out file] [--users 1000,1000000] [--stores sqlite,postgres]
 * [--seconds n] [--rounds n]`: Kindred against raw `node:http`, in turns, each in a process of its own, loaded by a third
 * one. Nothing here passes or fails by time: the exit code is 1 only when an answer is wrong.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { startPostgres } from '../test/postgres.ts'
import { checkAnswers, type Shape } from './answers.ts'
import { cpuMicroseconds, Generator, residentMegabytes, type Server, startBaseline, startKindred } from './processes.ts'
import { type Figure, median, printFigure } from './report.ts'
import { type Scenario, scenarios, tokenRequest } from './scenarios.ts'
import { seedPostgres, seedSqlite } from './seed.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    out: { type: 'string' },
    users: { type: 'string' },
    stores: { type: 'string', default: 'sqlite,postgres' },
    seconds: { type: 'string' },
    rounds: { type: 'string' },
  },
})
const counts = (values.users ?? (values.quick ? '1000' : '1000,1000000')).split(',').map(Number)
const seconds = Number(values.seconds ?? (values.quick ? 1 : 3))
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3))
const connections = 32
const folder = await mkdtemp(`${tmpdir()}/kindred-bench-`)
const figures: Figure[] = []
/** CPU µs of Kindred for each request, by store, users and scenario. */
const costs = new Map<string, number>()

function note(figure: Figure): void {
  figures.push(figure)
  if (!values.json) process.stdout.write(printFigure(figure))
}

function heading(text: string): void {
  if (!values.json) process.stdout.write(`\n${text}\n`)
}

heading(
  `Node ${process.version} on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, ${new Date().toISOString().slice(0, 10)}`,
)
try {
  await measureStart()
  for (const store of values.stores.split(',')) {
    const postgres = store === 'postgres' ? await startPostgres() : undefined
    for (const users of counts) {
      const name = `${store}-${users}`
      const url = postgres === undefined ? `sqlite:${folder}/${name}.db` : `${postgres.url}?schema=bench_${users}`
      await (await startKindred(url, folder)).stop()
      if (postgres === undefined) seedSqlite(`${folder}/${name}.db`, users)
      else await seedPostgres(postgres.url, `bench_${users}`, users)
      await measureStore(store, users, url)
      if (postgres === undefined)
        for (const end of ['', '-wal', '-shm']) await rm(`${folder}/${name}.db${end}`, { force: true })
    }
    await postgres?.stop()
    compareSizes(store)
  }
} finally {
  await rm(folder, { recursive: true })
}

const document = {
  node: process.version,
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  date: new Date().toISOString(),
  figures,
}
if (values.json) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
if (values.out !== undefined) await writeFile(values.out, JSON.stringify(document, null, 2))

/** From process start to the first token, in memory. */
async function measureStart(): Promise<void> {
  const times: number[] = []
  const sizes: number[] = []
  for (let run = 0; run < (values.quick ? 2 : 7); run += 1) {
    const startedAt = performance.now()
    const server = await startKindred('memory:', folder)
    await tokenRequest(server.url)
    times.push(performance.now() - startedAt)
    sizes.push(residentMegabytes(server.pid))
    await server.stop()
  }
  heading('Start')
  note({ name: 'process start to first token, in memory', unit: 'ms', ...median(times), floor: 600, aim: 250 })
  note({ name: 'resident after start', unit: 'MB', ...median(sizes), floor: 120, aim: 80 })
}

async function measureStore(store: string, users: number, url: string): Promise<void> {
  const kindred = await startKindred(url, folder)
  const shape = await checkAnswers(kindred.url, users)
  const baseline = await startBaseline(shape)
  const generator = new Generator()
  const second = new Generator()
  heading(
    `${store}, ${users.toLocaleString('en')} users: CPU of raw node:http ÷ CPU of Kindred, ${connections} connections`,
  )
  for (const scenario of scenarios)
    await measureScenario(scenario, { store, users, kindred, baseline, generator, shape })
  await measureStorm({ store, users, kindred, generator, second, shape })
  if (users >= 100_000) await measureMany({ store, users, kindred, generator, shape })
  generator.stop()
  second.stop()
  await baseline.stop()
  await kindred.stop()
}

interface Setting {
  store: string
  users: number
  kindred: Server
  generator: Generator
  shape: Shape
}

async function measureScenario(scenario: Scenario, setting: Setting & { baseline: Server }): Promise<void> {
  const { store, users, kindred, baseline, generator, shape } = setting
  const ratios: number[] = []
  const ours: number[] = []
  const rates: number[] = []
  const latencies: number[] = []
  // Warmed up unmeasured: compiled code is what a server runs after its first second.
  await generator.run({ ...scenario.load(kindred.url, shape), connections, seconds: 1 })
  await generator.run({ ...scenario.load(baseline.url, shape), connections, seconds: 1 })
  for (let round = 0; round < rounds; round += 1) {
    const theirs = await measure(baseline, scenario, generator, shape)
    const mine = await measure(kindred, scenario, generator, shape)
    ratios.push(theirs.cpuUs / mine.cpuUs)
    ours.push(mine.cpuUs)
    rates.push(mine.requestsPerSecond)
    latencies.push(mine.p99Ms)
  }
  costs.set(`${store} ${users} ${scenario.name}`, median(ours).value)
  const isSqlite = store === 'sqlite'
  note({
    name: scenario.name,
    unit: '×',
    store,
    users,
    ...median(ratios),
    ...(isSqlite ? { floor: scenario.floor, aim: scenario.aim, moreIsBetter: true } : {}),
    details: {
      cpuUsPerRequest: median(ours).value,
      requestsPerSecond: median(rates).value,
      p99Ms: median(latencies).value,
    },
  })
  if (scenario.name === 'create user' && !isSqlite) {
    note({
      name: 'create user, per second',
      unit: '/s',
      store,
      users,
      ...median(rates),
      floor: 1500,
      aim: 3000,
      moreIsBetter: true,
    })
  }
}

async function measure(server: Server, scenario: Scenario, generator: Generator, shape: Shape) {
  const before = cpuMicroseconds(server.pid)
  const result = await generator.run({ ...scenario.load(server.url, shape), connections, seconds })
  if (result.refused + result.errors > 0) {
    throw new Error(`${scenario.name}: ${result.refused} replies were refusals, ${result.errors} requests failed`)
  }
  return { ...result, cpuUs: (cpuMicroseconds(server.pid) - before) / result.requests }
}

/** Reads beside as many token requests as the server can take. */
async function measureStorm({ store, users, kindred, generator, second, shape }: Setting & { second: Generator }) {
  const [token, get] = [scenarios[0]!, scenarios[1]!]
  const latencies: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const storm = second.run({ ...token.load(kindred.url, shape), connections, seconds: seconds + 1 })
    await new Promise((resolve) => setTimeout(resolve, 500))
    latencies.push((await generator.run({ ...get.load(kindred.url, shape), connections, seconds })).p99Ms)
    await storm
  }
  note({
    name: 'get user beside a token storm, p99',
    unit: 'ms',
    store,
    users,
    ...median(latencies),
    floor: 30,
    aim: 10,
  })
}

/** What only a large database shows: the last page, and search. */
async function measureMany({ store, users, kindred, generator, shape }: Setting): Promise<void> {
  const list = scenarios.find(({ name }) => name === 'list 10')!
  const load = list.load(kindred.url, shape)
  const ratios: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const cost = async (url: string) => {
      const before = cpuMicroseconds(kindred.pid)
      const { requests } = await generator.run({ ...load, url, connections, seconds })
      return (cpuMicroseconds(kindred.pid) - before) / requests
    }
    const first = await cost(load.url)
    ratios.push((await cost(`${load.url}?next_token=${shape.lastPageToken}`)) / first)
  }
  note({ name: 'last ÷ first page, CPU', unit: '×', store, users, ...median(ratios), floor: 1.25, aim: 1.1 })
  for (const [kind, words] of [
    ['selective', 'margaret.b2'],
    ['common', 'example'],
    ['nobody', 'nobody at all'],
  ] as const) {
    const latencies: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      const url = `${kindred.url}/api/v1/search/users?query=${encodeURIComponent(words)}`
      const result = await generator.run({ ...load, url, connections: 4, seconds })
      if (result.refused > 0) throw new Error(`search ${kind}: ${result.refused} replies were refusals`)
      latencies.push(result.p99Ms)
    }
    note({
      name: `substring search, ${kind} words, 4 at once, p99`,
      unit: 'ms',
      store,
      users,
      ...median(latencies),
      floor: 20,
      aim: 5,
    })
  }
}

function compareSizes(store: string): void {
  const [small, large] = [Math.min(...counts), Math.max(...counts)]
  if (small === large) return
  heading(`${store}: CPU at ${large.toLocaleString('en')} ÷ ${small.toLocaleString('en')} users`)
  for (const { name } of scenarios) {
    const value = costs.get(`${store} ${large} ${name}`)! / costs.get(`${store} ${small} ${name}`)!
    note({ name, unit: '×', store, value, least: value, most: value, floor: 1.4, aim: 1.2 })
  }
}
