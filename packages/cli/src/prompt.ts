import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { CommandError } from './exit-code.ts'
import type { Terminal } from './terminal.ts'

/**
 * Asks the person at the terminal. The question goes to standard error, so that standard output stays what it is for.
 * @param options `isSecret`: what is typed is not shown
 * @throws {CommandError} when the terminal is closed instead
 */
export async function ask(terminal: Terminal, question: string, { isSecret = false } = {}): Promise<string> {
  const { stdin, stderr } = terminal
  const output = isSecret ? new Writable({ write: (_chunk, _encoding, done) => done() }) : stderr
  const reader = createInterface({ input: stdin, output, terminal: true })
  stderr.write(question)
  try {
    return await new Promise((resolve, reject) => {
      // The question is drawn again with the line: readline has to know it.
      reader.setPrompt(isSecret ? '' : question)
      reader.prompt()
      reader.once('line', (line) => resolve(line.trim()))
      reader.once('SIGINT', () => reject(new CommandError('Stopped. Nothing was changed.')))
      reader.once('close', () => reject(new CommandError('Stopped. Nothing was changed.')))
    })
  } finally {
    reader.close()
    if (isSecret) stderr.write('\n')
  }
}
