import { createHash } from 'node:crypto'
import { isLoopback } from './management-api.ts'

const style = `
  :root { color-scheme: light dark; --ink: #171a20; --soft: #5b6270; --line: #d8dbe2; --page: #fff; --box: #f6f7f9;
    --link: #2456c9; --good: #1a8f4c }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #eceef2; --soft: #a2a9b8; --line: #363b45; --page: #15181d; --box: #1e2229; --link: #8db1ff;
      --good: #3ecf7a }
  }
  body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.6 system-ui, sans-serif }
  main { max-width: 44rem; margin: 0 auto; padding: clamp(1.75rem, 6vw, 4rem) 1.25rem }
  h1 { display: flex; align-items: center; gap: .75rem; margin: 0; font-size: 1.75rem; line-height: 1.25 }
  h1::before { content: ""; width: .625rem; height: .625rem; border-radius: 50%; background: var(--good) }
  h2 { margin: 2.75rem 0 .5rem; font-size: 1.125rem; line-height: 1.4 }
  p { margin: .5rem 0; text-wrap: pretty }
  .soft, dt { color: var(--soft) }
  a { color: var(--link); text-underline-offset: .2em; text-decoration-thickness: 1px }
  a:hover { text-decoration-thickness: 2px }
  code, pre, dd { font: .875rem/1.6 ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace }
  code { white-space: nowrap }
  pre { margin: .75rem 0 0; padding: .875rem 1rem; border: 1px solid var(--line); border-radius: .5rem;
    background: var(--box); overflow-x: auto }
  dl { display: grid; grid-template-columns: max-content 1fr; align-items: baseline; gap: .375rem 1.75rem;
    margin: .75rem 0 }
  dd { margin: 0; overflow-wrap: anywhere }
  @media (max-width: 34rem) {
    dl { grid-template-columns: 1fr; gap: 0 }
    dt { font-size: .875rem }
    dd { margin-bottom: .75rem }
    pre { font-size: .8125rem }
  }
`

/**
 * The page at `/admin`: that the server runs, its addresses, and how to get a first token. It holds no secret, so it
 * needs no sign-in, and no script.
 */
export function startPage(baseUrl: string): { html: string; contentSecurityPolicy: string } {
  const url = escapeHtml(baseUrl)
  const { protocol, hostname } = new URL(baseUrl)
  const isLocal = protocol === 'https:' && isLoopback(hostname)
  const trust = isLocal
    ? '\n<p>The server made its certificate itself: run both commands in the folder where it was started, and add <code>--cacert .kindred/ca.pem</code>.</p>'
    : ''
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kindred</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
<h1>Kindred is running</h1>
<p class="soft">A self-hosted server that speaks the Kinde Management API.</p>
<h2>Addresses</h2>
<dl>
<dt>Domain and issuer</dt><dd>${url}</dd>
<dt>Token endpoint</dt><dd>${url}/oauth2/token</dd>
<dt>Audience</dt><dd>${url}/api</dd>
<dt>Management API</dt><dd>${url}/api/v1</dd>
<dt>OpenAPI document</dt><dd><a href="/openapi.json">/openapi.json</a></dd>
<dt>Discovery</dt><dd><a href="/.well-known/openid-configuration">/.well-known/openid-configuration</a></dd>
<dt>Signing keys</dt><dd><a href="/.well-known/jwks.json">/.well-known/jwks.json</a></dd>
</dl>
<h2>Get a token</h2>
<p>The server printed client id and secret when it first started; <code>npx kindred serve --show-secret</code> prints them again.</p>${trust}
<pre tabindex="0">curl --request POST \\
  --url '${url}/oauth2/token' \\
  --data 'grant_type=client_credentials' \\
  --data 'client_id=&lt;client id&gt;' \\
  --data 'client_secret=&lt;client secret&gt;' \\
  --data 'audience=${url}/api'</pre>
<h2>List the users</h2>
<pre tabindex="0">curl --request GET \\
  --url '${url}/api/v1/users' \\
  --header 'Authorization: Bearer &lt;access token&gt;'</pre>
</main>
</body>
</html>
`
  const hash = createHash('sha256').update(style).digest('base64')
  return {
    html,
    contentSecurityPolicy: `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  }
}

/** Text for the content or a quoted attribute of an element. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
