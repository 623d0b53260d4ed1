import type { Figure } from './report.ts'

/** So many starts a round; what Node.js compiles meanwhile is behind it after a few. */
const starts = 20

/** What a test waits for when it starts a server of its own, with a user in it, once the kit has been loaded. */
export async function measureKit(rounds: number): Promise<Figure[]> {
  const { start } = await import('@kindred/server/testing')
  const took = async () => {
    const [startedAt, cpu] = [performance.now(), process.cpuUsage()]
    const kindred = await start({ seed: { users: [{ email: 'ada@example.com' }] } })
    const { user, system } = process.cpuUsage(cpu)
    const ms = performance.now() - startedAt
    await kindred.close()
    return { ms, cpuMs: (user + system) / 1000 }
  }
  const first = await took()
  const medians: { ms: number; cpuMs: number }[] = []
  for (let round = 0; round < rounds; round += 1) {
    const all: { ms: number; cpuMs: number }[] = []
    for (let count = 0; count < starts; count += 1) all.push(await took())
    const median = (values: number[]) => values.toSorted((one, other) => one - other)[values.length >> 1]!
    medians.push({ ms: median(all.map(({ ms }) => ms)), cpuMs: median(all.map(({ cpuMs }) => cpuMs)) })
  }
  return [
    { name: 'test kit, first start', unit: 'ms', rounds: [first.ms] },
    { name: 'test kit, further start', unit: 'ms', rounds: medians.map(({ ms }) => ms), goal: { floor: 100, aim: 40 } },
    { name: 'test kit, CPU of a further start', unit: 'ms', rounds: medians.map(({ cpuMs }) => cpuMs) },
  ]
}
