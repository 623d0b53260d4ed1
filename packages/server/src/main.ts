import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Logger, pino } from 'pino'
import type { Config } from './config.ts'
import { StartError } from './errors.ts'
import { type FirstClient, hasMasterKey, masterKey } from './first-start.ts'
import { makeSigningKey } from './oauth/keys.ts'
import { type OnePortServer, onePortServer } from './one-port.ts'
import { type OpenEnvironment, openEnvironment } from './open-environment.ts'
import { buildServer } from './server.ts'
import { type Certificates, localCertificates, readCertificates } from './tls.ts'

/** A server that answers. */
export interface Running {
  url: string
  firstClient: FirstClient
  /** Opens the page that makes the first owner's account; null once there is an administrator. */
  setupUrl: string | null
  /** The certificate authority that clients are to trust; null with a certificate of your own, or without TLS. */
  caFile: string | null
  /** Stops accepting, finishes what is in flight, closes the database. Within ten seconds. */
  stop: () => Promise<void>
}

/** How long requests in flight may take once the server stops, and then the database. */
const requestsEndWithinMs = 7000
const databaseClosesWithinMs = 2000
const nextKeyAfterMs = 1000
const certificateCheckMs = 86_400_000

/**
 * Starts Kindred: certificates, database, first start, sockets. The order lets the slow parts run beside each other.
 * @throws {StartError} one line for the person who starts it
 */
export async function serve(config: Config): Promise<Running> {
  const log = await createLog(config.logLevel)
  // A key takes up to 200 ms on another thread, so the first start has it made while the database is being opened.
  const firstKey = isFirstStart(config) ? makeSigningKey() : undefined
  const port = config.port === 0 ? await freePort(config) : config.port
  const url = config.port === 0 ? config.url.replace(/:0$/, `:${port}`) : config.url
  // Where the key is missing, the database tells whether it may be made; nothing is written before.
  const isKeyKnown = hasMasterKey(config) || isFirstStart(config)
  const earlyCertificates = isKeyKnown ? await certificatesOf(config, url) : undefined
  // Only where it is wanted: other servers do not even load it.
  const forTests = config.control ? await import('./control/serve.ts') : undefined
  const clock = forTests && new forTests.Clock()
  const opened = await openEnvironment({
    ...config,
    baseUrl: url,
    masterKey: (isNew) => masterKey(config, { make: isNew }),
    log,
    firstKey,
    now: clock?.now,
  })
  const { environment, firstClient, setupUrl, noteRequest } = opened
  const certificates = isKeyKnown ? earlyCertificates! : await certificatesAfter(opened, config, url)
  const control = forTests && new forTests.Control({ environment, clock: clock!, retention: opened.retention })
  await control?.keepAsStart()
  const listener: { server?: OnePortServer } = {}
  const app = buildServer(environment, {
    serverFactory(handler) {
      listener.server = onePortServer({ handler, tls: certificates })
      return listener.server
    },
    noteRequest,
    ...(forTests && { extend: (app) => forTests.addControl(app, control!, firstClient) }),
  })
  try {
    await app.listen({ port, host: config.host })
  } catch (error) {
    await opened.close()
    throw listenError(error, config, port)
  }
  // Not needed for answering: it is made when the first requests have been served.
  let preparing: Promise<void> | undefined
  const next = setTimeout(() => {
    preparing = environment.keys.prepareNext().catch((err) => log.error({ err }, 'no next key'))
  }, nextKeyAfterMs)
  // A server that runs for a year must not end with an expired certificate.
  const renewal = setInterval(() => void renew(), certificateCheckMs).unref()
  log.info({ url, database: config.databaseUrl.split(':', 1)[0] }, 'ready')

  async function renew(): Promise<void> {
    if (config.tls.mode !== 'auto') return
    try {
      listener.server?.setCertificates((await certificatesOf(config, url))!)
    } catch (err) {
      log.error({ err }, 'the certificate could not be renewed; the present one is served on')
    }
  }

  async function stop(): Promise<void> {
    clearTimeout(next)
    clearInterval(renewal)
    const force = setTimeout(() => app.server.closeAllConnections(), requestsEndWithinMs)
    await app.close()
    clearTimeout(force)
    await preparing
    const closing = opened.close().then(() => true)
    // Every answered request is on disk by now; only a database that does not answer could keep the process from ending.
    const late = delay(databaseClosesWithinMs, false, { ref: false })
    if (await Promise.race([closing, late])) log.info('stopped')
    else log.warn('stopped, although the database did not close in time')
  }
  return { url, firstClient, setupUrl, caFile: certificates?.caFile ? resolve(certificates.caFile) : null, stop }
}

/** JSON lines on stderr; for a person, where stderr is a terminal. */
async function createLog(level: Config['logLevel']): Promise<Logger> {
  if (!process.stderr.isTTY) return pino({ level }, pino.destination({ dest: 2, sync: true }))
  const { default: pretty } = await import('pino-pretty')
  return pino({ level }, pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' }))
}

function isFirstStart({ databaseUrl }: Config): boolean {
  if (databaseUrl === 'memory:') return true
  return databaseUrl.startsWith('sqlite:') && !existsSync(databaseUrl.slice('sqlite:'.length))
}

async function certificatesOf({ tls, dataDir, host }: Config, url: string): Promise<Certificates | null> {
  if (tls.mode === 'off') return null
  try {
    if (tls.mode === 'files') return await readCertificates(tls.cert, tls.key)
    const hosts = [new URL(url).hostname, ...(host === '0.0.0.0' || host === '::' ? [] : [host])]
    return await localCertificates({ dataDir, hosts, now: new Date() })
  } catch (error) {
    const { message } = error as Error
    // Files of the operator are told with their variable; the others lie in the data folder.
    throw new StartError(message.includes('KINDRED_') ? message : `KINDRED_DATA_DIR: ${message}`, { cause: error })
  }
}

async function certificatesAfter(opened: OpenEnvironment, config: Config, url: string): Promise<Certificates | null> {
  try {
    return await certificatesOf(config, url)
  } catch (error) {
    await opened.close()
    throw error
  }
}

/** The base URL names the port, so a free one must be known before anything is opened. */
async function freePort(config: Config): Promise<number> {
  const probe = createServer().listen(0, config.host)
  try {
    await once(probe, 'listening')
  } catch (error) {
    throw listenError(error, config, 0)
  }
  const { port } = probe.address() as { port: number }
  probe.close()
  await once(probe, 'close')
  return port
}

function listenError(error: unknown, { host }: Config, port: number): StartError {
  const { code, message } = error as NodeJS.ErrnoException
  const options = { cause: error }
  if (code === 'EADDRINUSE') {
    return new StartError(
      `KINDRED_PORT: port ${port} on ${host} is in use. Stop the other program, or set another port.`,
      options,
    )
  }
  if (code === 'EACCES') {
    return new StartError(`KINDRED_PORT: port ${port} needs more rights. Use a port above 1023.`, options)
  }
  return new StartError(`KINDRED_HOST: cannot listen on ${host} (${message}). Use an address of this machine.`, options)
}
