import type { Running } from './main.ts'

/** The one line that `--json` puts on stdout. */
export function readyLine({ url, firstClient, caFile }: Running, options: { showSecret: boolean }): string {
  return JSON.stringify({
    event: 'ready',
    url,
    audience: `${url}/api`,
    token_url: `${url}/oauth2/token`,
    client_id: firstClient.clientId,
    client_secret: isShown(firstClient, options) ? firstClient.clientSecret : null,
    ca_file: caFile,
    console_url: `${url}/admin`,
    pid: process.pid,
  })
}

/** What a person sees: addresses, credentials, and two lines to paste into a shell. */
export function readyText({ url, firstClient, setupUrl, caFile }: Running, options: { showSecret: boolean }): string {
  const { clientId, clientSecret } = firstClient
  const shown = isShown(firstClient, options)
  const at = (path: string) => shellWord(`${url}${path}`)
  const trust = caFile === null ? '' : ` --cacert ${shellWord(caFile)}`
  const secret = shown ? clientSecret : '$KINDRED_CLIENT_SECRET'
  const lines = [
    `Kindred is ready at ${url}`,
    '',
    // As long as nobody has an account, the one-time link that makes the first.
    `  Console        ${setupUrl ?? `${url}/admin`}`,
    `  Client id      ${clientId}`,
    `  Client secret  ${shown ? clientSecret : 'as printed at first start (--show-secret prints it again)'}`,
    ...(caFile === null
      ? []
      : [
          `  CA file        ${caFile}`,
          '',
          'For Node.js and the Kinde SDKs to trust it:',
          `  export NODE_EXTRA_CA_CERTS=${shellWord(caFile)}`,
        ]),
    '',
    'Get a token:',
    `  TOKEN=$(curl --silent --show-error${trust} --request POST --url ${at('/oauth2/token')}` +
      ` --data grant_type=client_credentials --data client_id=${clientId} --data client_secret=${secret}` +
      ` --data audience=${at('/api')} | tee /dev/stderr | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`,
    '',
    'List the users:',
    `  curl${trust} --request GET --url ${at('/api/v1/users')} --header "Authorization: Bearer $TOKEN"`,
    '',
  ]
  return `${lines.join('\n')}\n`
}

function isShown({ isNew, clientSecret }: Running['firstClient'], { showSecret }: { showSecret: boolean }): boolean {
  return clientSecret !== '' && (isNew || showSecret)
}

function shellWord(text: string): string {
  return /^[\w./@:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
