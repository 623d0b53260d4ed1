import { setTimeout as delay } from 'node:timers/promises'
import type { Load } from './load.ts'
import { searches } from './people.ts'
import { cpuMicroseconds, type Generator, residentMegabytes, startKindred } from './processes.ts'
import type { Figure, Sample } from './report.ts'
import { fetchToken, get, getUser, goals, issueToken, listTen, type Scenario, type Target } from './scenarios.ts'

/** How long and how often is measured. */
export interface Effort {
  rounds: number
  seconds: number
  /** Runs that are not counted, before the first round: what a server runs after its first seconds is compiled code. */
  warmUpSeconds: number
  starts: number
}

/** Kindred on one store, once for each number of users, and the baseline: all running, one of them loaded at a time. */
export interface Arena {
  store: string
  /** Ascending by users. */
  kindreds: readonly (Target & { users: number; lastPage: string })[]
  baseline: Target
  generator: Generator
  secondGenerator: Generator
}

const connections = 32
/** A search is an interactive thing: a few people type at the same time. */
const searchConnections = 4

/**
 * One scenario, in turns on the baseline and on each Kindred. CPU is what the ratios are made of: it depends least on
 * what else the machine does.
 */
export async function measureScenario(scenario: Scenario, arena: Arena, effort: Effort): Promise<Figure[]> {
  const { store, kindreds, baseline, generator } = arena
  const targets = [baseline, ...kindreds]
  const samples = new Map<Target, Sample[]>(targets.map((target) => [target, []]))
  const run = (target: Target, seconds: number) =>
    measure(generator, target, { ...scenario.load(target), connections, seconds })
  if (effort.warmUpSeconds > 0) for (const target of targets) await run(target, effort.warmUpSeconds)
  for (let round = 0; round < effort.rounds; round += 1) {
    // Each round begins with another one, so that none always runs behind the same neighbour.
    for (let turn = 0; turn < targets.length; turn += 1) {
      const target = targets[(turn + round) % targets.length]!
      samples.get(target)!.push(await run(target, effort.seconds))
    }
  }

  const figures: Figure[] = []
  const theirs = samples.get(baseline)!
  for (const target of kindreds) {
    const ours = samples.get(target)!
    figures.push({
      name: scenario.name,
      unit: 'ratio',
      store,
      users: target.users,
      rounds: quotients(theirs, ours),
      goal: scenario.goal,
      moreIsBetter: true,
      kindred: ours,
      baseline: theirs,
    })
    if (store === 'postgres' && scenario.name === 'create user') {
      figures.push({
        name: 'users created in a second',
        unit: 'per second',
        store,
        users: target.users,
        rounds: ours.map(({ requestsPerSecond }) => requestsPerSecond),
        goal: goals.postgresCreations,
        moreIsBetter: true,
      })
    }
  }
  const [fewest, most] = [kindreds[0]!, kindreds.at(-1)!]
  if (fewest !== most) {
    const name = `${scenario.name}, ${short(most.users)} ÷ ${short(fewest.users)} users, CPU`
    figures.push({
      name,
      unit: 'ratio',
      store,
      rounds: quotients(samples.get(most)!, samples.get(fewest)!),
      goal: goals.growth,
    })
  }
  return figures
}

/** Reads beside as many token requests as the server can take. */
export async function measureStorm(arena: Arena, effort: Effort): Promise<Figure[]> {
  const { store, kindreds, baseline, generator, secondGenerator } = arena
  const targets = [baseline, ...kindreds]
  const samples = new Map<Target, Sample[]>(targets.map((target) => [target, []]))
  for (let round = 0; round < effort.rounds; round += 1) {
    for (const target of targets) {
      const load: Load = { ...issueToken.load(target), url: target.url, connections, seconds: effort.seconds + 1 }
      const storm = secondGenerator.run(load)
      await delay(500)
      const reading = { ...getUser.load(target), connections, seconds: effort.seconds }
      const sample = await measure(generator, target, reading)
      await storm
      // The CPU went into tokens for the most part.
      samples.get(target)!.push({ ...sample, cpuUsPerRequest: Number.NaN })
    }
  }
  return kindreds.map((target) => ({
    name: 'get user beside a token storm, p99',
    unit: 'ms',
    store,
    users: target.users,
    rounds: samples.get(target)!.map(({ p99Ms }) => p99Ms),
    goal: goals.storm,
    kindred: samples.get(target)!,
    baseline: samples.get(baseline)!,
  }))
}

/** The last page beside the first one. */
export async function measureLastPage({ store, kindreds, generator }: Arena, effort: Effort): Promise<Figure[]> {
  const target = kindreds.at(-1)!
  const first: Sample[] = []
  const last: Sample[] = []
  const run = (load: ReturnType<typeof get>, seconds: number) =>
    measure(generator, target, { ...load, connections, seconds })
  for (let round = 0; round < effort.rounds; round += 1) {
    first.push(await run(listTen.load(target), effort.seconds))
    last.push(await run(get(target, target.lastPage), effort.seconds))
  }
  const { users } = target
  const rounds = quotients(last, first)
  return [{ name: 'last ÷ first page of 10, CPU', unit: 'ratio', store, users, rounds, goal: goals.lastPage }]
}

/** Substring search over names and addresses. */
export async function measureSearch({ store, kindreds, generator }: Arena, effort: Effort): Promise<Figure[]> {
  const target = kindreds.at(-1)!
  const figures: Figure[] = []
  for (const [kind, words] of Object.entries(searches(target.users))) {
    const paths = words.map((word) => `/api/v1/search/users?query=${encodeURIComponent(word)}`)
    const samples: Sample[] = []
    for (let round = 0; round < effort.rounds; round += 1) {
      const load = { ...get(target, ...paths), connections: searchConnections, seconds: effort.seconds }
      samples.push(await measure(generator, target, load))
    }
    figures.push({
      name: `search, ${kind} words, p99`,
      unit: 'ms',
      store,
      users: target.users,
      rounds: samples.map(({ p99Ms }) => p99Ms),
      goal: goals.search,
      kindred: samples,
    })
  }
  return figures
}

/** From the start of the process to its first token, in memory, and the memory that it then takes. */
export async function measureStart(folder: string, { starts }: Effort): Promise<Figure[]> {
  const times: number[] = []
  const sizes: number[] = []
  // The first start compiles, and leaves the compiled code for those that follow.
  for (let run = 0; run <= starts; run += 1) {
    const startedAt = performance.now()
    const server = await startKindred('memory:', folder)
    await fetchToken(server.url)
    const elapsed = performance.now() - startedAt
    const size = residentMegabytes(server.pid)
    await server.stop()
    if (run === 0) continue
    times.push(elapsed)
    sizes.push(size)
  }
  return [
    { name: 'process start to first token', unit: 'ms', rounds: times, goal: goals.firstToken },
    { name: 'resident after the first token', unit: 'MB', rounds: sizes, goal: goals.resident },
  ]
}

async function measure(generator: Generator, { pid, url }: Target, load: Omit<Load, 'url'>): Promise<Sample> {
  const before = cpuMicroseconds(pid)
  const result = await generator.run({ ...load, url })
  return { ...result, cpuUsPerRequest: (cpuMicroseconds(pid) - before) / result.requests }
}

/** CPU of each round divided by that of the same round of others. */
function quotients(above: readonly Sample[], below: readonly Sample[]): number[] {
  return above.map((sample, round) => sample.cpuUsPerRequest / below[round]!.cpuUsPerRequest)
}

function short(users: number): string {
  return users % 1_000_000 === 0 ? `${users / 1_000_000}M` : `${users / 1000}k`
}
