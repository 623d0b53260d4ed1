import type { Counter as CounterMetric, Registry } from 'prom-client'
import type { Environment } from './environment.ts'

const registries = new WeakMap<Environment, Promise<Registry>>()

/**
 * Prometheus' text format: the process (`process_*`, `nodejs_*`) and the tokens issued by it. The library is loaded
 * when somebody asks for the first time.
 */
export async function metrics(environment: Environment): Promise<{ contentType: string; text: string }> {
  let made = registries.get(environment)
  if (made === undefined) {
    made = createRegistry(environment)
    registries.set(environment, made)
  }
  const registry = await made
  return { contentType: registry.contentType, text: await registry.metrics() }
}

async function createRegistry(environment: Environment): Promise<Registry> {
  // The default export, because a bundle gives a CommonJS module no other.
  const { collectDefaultMetrics, Counter, Registry } = (await import('prom-client')).default
  const created = new Registry()
  const { user, system } = process.cpuUsage()
  collectDefaultMetrics({ register: created })
  // The library counts from here on; what was used before belongs to it.
  for (const [kind, microseconds] of Object.entries({ user_: user, system_: system, '': user + system })) {
    const counter = created.getSingleMetric(`process_cpu_${kind}seconds_total`) as CounterMetric
    counter.inc(microseconds / 1e6)
  }
  new Counter({
    name: 'kindred_tokens_issued_total',
    help: 'Access tokens issued by this process.',
    registers: [created],
    collect() {
      this.reset()
      this.inc(environment.tokenUse.issued)
    },
  })
  return created
}
