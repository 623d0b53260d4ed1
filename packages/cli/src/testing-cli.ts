import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { listen, type SocketServer } from '../../server/src/testing-sockets.ts'
import { main } from './main.ts'
import { type Ended, type Scope, temporaryFolder } from './testing-process.ts'

/** How a command is run in a test. */
export interface RunOptions {
  env?: Record<string, string>
  folder?: string
  /** What comes on standard input. */
  input?: string
  /** Standard output is a terminal of so many columns. */
  columns?: number
  /** Standard input is a terminal: questions are asked. */
  asks?: boolean
}

export type Run = (args: readonly string[], options?: RunOptions) => Promise<Omit<Ended, 'signal'>>

/** Runs commands in this process, each with the folder and the home of this scope, and nothing of this process's own. */
export function commandLine(scope: Scope, env: Record<string, string> = {}): { run: Run; folder: string } {
  const folder = temporaryFolder(scope)
  const home = join(folder, 'home')
  mkdirSync(home)
  return {
    folder,
    async run(args, options = {}) {
      const stdin = Object.assign(new PassThrough(), { isTTY: options.asks ?? false })
      stdin.end(options.input ?? '')
      const stdout = captured(options.columns)
      const stderr = captured(options.columns)
      const terminal = {
        env: { HOME: home, XDG_CONFIG_HOME: join(home, 'config'), ...env, ...options.env },
        folder: options.folder ?? folder,
        stdin,
        stdout: stdout.stream,
        stderr: stderr.stream,
      }
      const code = await main(args, terminal)
      return { code, stdout: stdout.text(), stderr: stderr.text() }
    },
  }
}

/** A server of this process, and commands that call it by the environment variables. */
export async function commandsBesideServer(
  scope: Scope,
): Promise<{ server: SocketServer; run: Run; folder: string; env: Record<string, string> }> {
  const server = await listen(scope)
  const { url, firstClient } = server.running
  const env = {
    KINDE_DOMAIN: url,
    KINDE_MANAGEMENT_CLIENT_ID: firstClient.clientId,
    KINDE_MANAGEMENT_CLIENT_SECRET: firstClient.clientSecret,
  }
  return { server, env, ...commandLine(scope, env) }
}

function captured(columns: number | undefined) {
  const chunks: string[] = []
  const stream = Object.assign(
    new Writable({
      decodeStrings: false,
      write(chunk, _encoding, done) {
        chunks.push(String(chunk))
        done()
      },
    }),
    columns === undefined ? {} : { isTTY: true, columns },
  )
  return { stream, text: () => chunks.join('') }
}
