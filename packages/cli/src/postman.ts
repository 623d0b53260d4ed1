import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { type AccessOptions, addAccessOptions, findAccess } from './access.ts'
import { CommandError } from './exit-code.ts'
import type { Terminal } from './terminal.ts'

const examples = `
  $ kindred postman
  $ kindred postman --out postman --with-secret

Import both files in Postman and choose the environment. The collection gets its token by itself.`

/** Adds `kindred postman`: the collection of all operations, and the environment of the server. */
export function addPostman(program: Command, terminal: Terminal): void {
  const command = program
    .command('postman')
    .description('Write a Postman collection of all operations, and an environment for the server.')
    .option('--out <folder>', 'where to', '.')
    .option('--with-secret', 'put the client secret into the environment; the file is readable for you alone then')
    .addHelpText('after', examples)
  addAccessOptions(command).action(async () => {
    const { out, withSecret, ...options } = command.opts<AccessOptions & { out: string; withSecret?: boolean }>()
    const access = await findAccess(terminal, options)
    const { Client } = await import('@kindred/sdk')
    const { postmanCollection, postmanEnvironment } = await import('@kindred/server/postman')
    const { domain, clientId, clientSecret } = access
    const { origin } = new Client({ domain, clientId, clientSecret })
    const environment = postmanEnvironment(origin, { clientId }) as { values: { key: string; value: unknown }[] }
    const values = environment.values.map((each) =>
      withSecret && each.key === 'M2M_CLIENT_SECRET' ? { ...each, value: clientSecret } : each,
    )
    const folder = resolve(terminal.folder, out)
    const files = [
      { name: 'kindred.postman_collection.json', content: postmanCollection(), mode: 0o644 },
      {
        name: 'kindred.postman_environment.json',
        content: { ...environment, values },
        mode: withSecret ? 0o600 : 0o644,
      },
    ]
    try {
      await mkdir(folder, { recursive: true })
      for (const { name, content, mode } of files) {
        await writeFile(join(folder, name), `${JSON.stringify(content, null, 2)}\n`, { mode })
        await chmod(join(folder, name), mode)
        terminal.stdout.write(`${join(out, name)}\n`)
      }
    } catch (error) {
      throw new CommandError(
        `${folder} cannot be written (${(error as Error).message}). Choose another: --out <folder>`,
      )
    }
  })
}
