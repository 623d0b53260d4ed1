/** A program of `samples/` and how it is run. */
export interface SampleProgram {
  language: string
  /** path in `samples/` */
  path: string
  file: string
  run: string
  /** what makes it trust a CA file, where that is a variable of the environment */
  trust?: string
}

export const samplePrograms: SampleProgram[] = [
  {
    language: 'cURL',
    path: 'token-then-users.sh',
    file: 'token-then-users.sh',
    run: 'sh token-then-users.sh',
    trust: 'CURL_CA_BUNDLE',
  },
  {
    language: 'JavaScript',
    path: 'token-then-users.mjs',
    file: 'token-then-users.mjs',
    run: 'node token-then-users.mjs',
    trust: 'NODE_EXTRA_CA_CERTS',
  },
  {
    language: 'Python',
    path: 'token-then-users.py',
    file: 'token-then-users.py',
    run: 'python3 token-then-users.py',
    trust: 'SSL_CERT_FILE',
  },
  {
    language: 'Go',
    path: 'token-then-users.go',
    file: 'token-then-users.go',
    run: 'go run token-then-users.go',
    trust: 'SSL_CERT_FILE',
  },
  {
    language: 'PHP',
    path: 'token-then-users.php',
    file: 'token-then-users.php',
    run: 'php token-then-users.php',
    trust: 'SSL_CERT_FILE',
  },
  {
    language: 'Ruby',
    path: 'token-then-users.rb',
    file: 'token-then-users.rb',
    run: 'ruby token-then-users.rb',
    trust: 'SSL_CERT_FILE',
  },
  { language: 'Java', path: 'TokenThenUsers.java', file: 'TokenThenUsers.java', run: 'java TokenThenUsers.java' },
  { language: 'C#', path: 'csharp/Program.cs', file: 'Program.cs', run: 'dotnet run', trust: 'SSL_CERT_FILE' },
  {
    language: 'Swift',
    path: 'token-then-users.swift',
    file: 'token-then-users.swift',
    run: 'swiftc token-then-users.swift -o users && ./users',
  },
  {
    language: 'Objective-C',
    path: 'token-then-users.m',
    file: 'token-then-users.m',
    run: 'clang -fobjc-arc -framework Foundation token-then-users.m -o users && ./users',
  },
]

/** What a program needs to know of an application and its server. */
export interface Credentials {
  url: string
  clientId: string
  clientSecret: string
}

/**
 * The source with the values of an application in the places where it reads settings, so that it runs as it stands.
 * @param source one of `samples/`
 */
export function filledIn(source: string, { url, clientId, clientSecret }: Credentials): string {
  const values = { KINDRED_URL: url, KINDRED_CLIENT_ID: clientId, KINDRED_CLIENT_SECRET: clientSecret }
  let text = source
  for (const [name, value] of Object.entries(values)) {
    text = text
      // ${NAME:?is not set} of a shell
      .replaceAll(new RegExp(`\\$\\{${name}:\\?[^}]*\\}`, 'g'), `'${value}'`)
      // setting("NAME") elsewhere, in the quotes of the language
      .replaceAll(
        new RegExp(`(?:try )?[sS]etting\\((@?)(['"])${name}\\2\\)`, 'g'),
        (_, at, quote) => `${at}${quote}${value}${quote}`,
      )
  }
  return text
}

/** The settings as a `.env` file: for the programs here, the SDK and the official ones. */
export function envFile({ url, clientId, clientSecret }: Credentials): string {
  return `${[
    `KINDRED_URL=${url}`,
    `KINDRED_CLIENT_ID=${clientId}`,
    `KINDRED_CLIENT_SECRET=${clientSecret}`,
    '',
    '# The same under the names that the SDKs read.',
    `KINDE_DOMAIN=${url}`,
    `KINDE_MANAGEMENT_CLIENT_ID=${clientId}`,
    `KINDE_MANAGEMENT_CLIENT_SECRET=${clientSecret}`,
  ].join('\n')}\n`
}
