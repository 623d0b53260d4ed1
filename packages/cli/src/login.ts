import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { type Access, caOfFolder, localProfile } from './access.ts'
import { CommandError } from './exit-code.ts'
import { profilesFile, readProfiles, writeProfiles } from './profile-store.ts'
import { ask } from './prompt.ts'
import { readInput, type Terminal } from './terminal.ts'

interface Options {
  domain?: string
  clientId?: string
  clientSecret?: string
  caFile?: string
  profile?: string
}

const examples = `
Asks for what is not given. The secret can come from standard input, which keeps it out of the shell's history:
  $ kindred login
  $ kindred login --domain example.kinde.com --client-id 0123… --client-secret - < secret.txt
  $ kindred login --domain localhost:8443 --client-id 0123… --ca-file .kindred/ca.pem --profile dev

The variables KINDE_DOMAIN, KINDE_MANAGEMENT_CLIENT_ID and KINDE_MANAGEMENT_CLIENT_SECRET are taken where they are set.
In the folder of a running server none of this is needed: commands find its credentials by themselves.`

/** Adds `kindred login`: remembers a server, once its credentials have given a token. */
export function addLogin(program: Command, terminal: Terminal): void {
  const command = program
    .command('login')
    .description('Remember a server and the credentials of an M2M application, after a token was got with them.')
    .option('--domain <domain>', 'the server: example.kinde.com, localhost:8443')
    .option('--client-id <id>', "the application's client id")
    .option('--client-secret <secret>', 'its secret; - reads it from standard input')
    .option('--ca-file <file>', 'certificate authority to trust besides the usual ones, PEM; remembered')
    .option('--profile <name>', 'name to remember it by (default: from the domain)')
    .addHelpText('after', examples)
  command.action(async () => {
    const options = command.opts<Options>()
    const { env } = terminal
    const domain = options.domain ?? env.KINDE_DOMAIN ?? (await answer('Domain', '--domain'))
    const clientId = options.clientId ?? env.KINDE_MANAGEMENT_CLIENT_ID ?? (await answer('Client id', '--client-id'))
    const given = options.clientSecret ?? env.KINDE_MANAGEMENT_CLIENT_SECRET
    const clientSecret =
      given === '-'
        ? (await readInput(terminal)).trim()
        : (given ?? (await answer('Client secret (not shown)', '--client-secret', { isSecret: true })))
    const name = options.profile ?? nameOf(domain)
    if (name === localProfile || !/^[\w.-]+$/.test(name)) {
      throw new CommandError(
        `${JSON.stringify(name)} cannot be the name of a profile: use letters, digits, - and _, and not ${localProfile}, which is the server of the folder.`,
      )
    }
    const caFile =
      options.caFile === undefined ? caOfFolder(terminal, domain) : resolve(terminal.folder, options.caFile)
    if (caFile !== undefined && !existsSync(caFile)) throw new CommandError(`There is no file ${caFile}.`)

    const { clientOf } = await import('./client.ts')
    const access: Access = { domain, clientId, clientSecret, caFile, from: { kind: 'profile', name } }
    const kindred = await clientOf(terminal, access)
    await kindred.accessToken()

    const { profiles } = await readProfiles(terminal)
    profiles[name] = {
      ...{ domain: kindred.origin, client_id: clientId, client_secret: clientSecret },
      ...(caFile === undefined ? {} : { ca_file: caFile }),
    }
    await writeProfiles(terminal, { current: name, profiles })
    terminal.stdout.write(
      `${kindred.origin} gave a token. Profile ${name} is kept in ${profilesFile(terminal)} and used from now on.\n` +
        'Try: kindred api getUsers\n',
    )
  })

  function answer(question: string, flag: string, options?: { isSecret: boolean }): Promise<string> {
    if (terminal.stdin.isTTY) return ask(terminal, `${question}: `, options)
    throw new CommandError(`${flag} is missing, and there is no terminal to ask at. Give it: kindred login ${flag} …`)
  }
}

/** `example` of example.kinde.com, `localhost-8443` of https://localhost:8443. */
function nameOf(domain: string): string {
  const host = domain.replace(/^[a-z]+:\/\//i, '').replace(/\/.*$/, '')
  return host
    .replace(/\.kinde\.com$/i, '')
    .replaceAll(/[^\w.-]+/g, '-')
    .replace(/^-|-$/g, '')
}
