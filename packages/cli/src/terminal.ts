import type { Readable, Writable } from 'node:stream'

/** What a command has of the world: the process's own, or that of a test. */
export interface Terminal {
  env: Record<string, string | undefined>
  /** The folder that relative paths begin at. */
  folder: string
  stdin: Readable & { isTTY?: boolean }
  stdout: Writable & { isTTY?: boolean; columns?: number }
  stderr: Writable & { isTTY?: boolean; columns?: number }
}

/** That of this process. */
export function processTerminal(): Terminal {
  const { env, stdin, stdout, stderr } = process
  return { env, folder: process.cwd(), stdin, stdout, stderr }
}

/** Everything on standard input. */
export async function readInput({ stdin }: Terminal): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as string | Buffer))
  return Buffer.concat(chunks).toString('utf8')
}

/** Writes, and waits while the other side is slower. */
export function write(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => stream.write(text, (error) => (error ? reject(error) : resolve())))
}
