import { readFile } from 'node:fs/promises'
import { Argument, type Command } from 'commander'
import { type Access, type AccessOptions, addAccessOptions, findAccess } from './access.ts'
import { CommandError } from './exit-code.ts'
import type { Terminal } from './terminal.ts'

interface Sample {
  file: string
  run: string
  /** The variable by which it learns of a certificate authority. */
  trust?: string
}

const samples: Record<string, Sample> = {
  curl: { file: 'token-then-users.sh', run: 'sh token-then-users.sh', trust: 'CURL_CA_BUNDLE' },
  csharp: { file: 'csharp/Program.cs', run: 'dotnet run', trust: 'SSL_CERT_FILE' },
  go: { file: 'token-then-users.go', run: 'go run token-then-users.go', trust: 'SSL_CERT_FILE' },
  java: { file: 'TokenThenUsers.java', run: 'java -cp "lib/*" TokenThenUsers.java' },
  javascript: { file: 'token-then-users.mjs', run: 'node token-then-users.mjs', trust: 'NODE_EXTRA_CA_CERTS' },
  'objective-c': { file: 'token-then-users.m', run: 'see its first lines', trust: 'GS_TLS_CA_FILE' },
  php: { file: 'token-then-users.php', run: 'php token-then-users.php', trust: 'SSL_CERT_FILE' },
  python: { file: 'token-then-users.py', run: 'python3 token-then-users.py', trust: 'SSL_CERT_FILE' },
  ruby: { file: 'token-then-users.rb', run: 'ruby token-then-users.rb', trust: 'SSL_CERT_FILE' },
  swift: { file: 'token-then-users.swift', run: 'swift token-then-users.swift' },
}

const examples = `
  $ kindred samples python > token-then-users.py && python3 token-then-users.py
  $ kindred samples go --no-secret

Each gets a token and lists the users. Address, client id and secret are those that commands use; --no-secret leaves the
secret to the variable KINDRED_CLIENT_SECRET. A server on this machine answers plain http too: --http spares the CA.`

/** Adds `kindred samples`: a program that calls this server, in ten languages. */
export function addSamples(program: Command, terminal: Terminal): void {
  const command = program
    .command('samples')
    .addArgument(new Argument('<language>', 'the language').choices(Object.keys(samples)))
    .description('Print a program that gets a token and lists the users, filled in for the server.')
    .option('--no-secret', 'leave the secret to the environment')
    .option('--http', 'call a server on this machine over plain http')
    .addHelpText('after', examples)
  addAccessOptions(command).action(async (language: string) => {
    const { secret, http, ...options } = command.opts<AccessOptions & { secret: boolean; http?: boolean }>()
    const { file, run, trust } = samples[language]!
    const access = await findAccess(terminal, options)
    // Sources and bundle lie equally deep below the workspace.
    const source = await readFile(new URL(`../../../samples/${file}`, import.meta.url), 'utf8')
    terminal.stdout.write(filledIn(source, await valuesOf(access, { secret, http: http ?? false })))
    if (!terminal.stderr.isTTY) return
    const ca = access.caFile !== undefined && trust !== undefined && !http ? `${trust}=${access.caFile} ` : ''
    terminal.stderr.write(`Run it with: ${ca}${run}\n`)
    if (secret) terminal.stderr.write('It holds the client secret: keep it out of version control.\n')
  })
}

async function valuesOf(
  access: Access,
  { secret, http }: { secret: boolean; http: boolean },
): Promise<Record<string, string>> {
  const { Client } = await import('@kindred/sdk')
  const { domain, clientId, clientSecret } = access
  const { origin } = new Client({ domain, clientId, clientSecret })
  const url = http ? origin.replace(/^https:/, 'http:') : origin
  if (http) new Client({ domain: url, clientId, clientSecret }) // refuses plain http to another machine
  const values = {
    KINDRED_URL: url,
    KINDRED_CLIENT_ID: clientId,
    ...(secret ? { KINDRED_CLIENT_SECRET: clientSecret } : {}),
  }
  for (const [variable, value] of Object.entries(values)) {
    // In ten languages, quoting is only the same where nothing needs it.
    if (!/^[\w.:/[\]-]+$/.test(value))
      throw new CommandError(
        `${variable} has characters that no program can hold as they are. Use --no-secret, and set ${variable}.`,
      )
  }
  return values
}

/** Puts values where the program asks for a setting. */
function filledIn(source: string, values: Record<string, string>): string {
  return Object.entries(values).reduce(
    (text, [variable, value]) =>
      text
        .replace(new RegExp(`(?:try )?[sS]etting\\((@?)(["'])${variable}\\2\\)`), `$1$2${value}$2`)
        .replace(`\${${variable}:?is not set}`, `'${value}'`),
    source,
  )
}
