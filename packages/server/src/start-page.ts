import { createHash } from 'node:crypto'

const style = `
  :root { color-scheme: light dark; --line: #d8dbe2; --soft: #5b6270; --page: #fff; --box: #f6f7f9; --link: #2456c9 }
  @media (prefers-color-scheme: dark) {
    :root { --line: #363b45; --soft: #a2a9b8; --page: #15181d; --box: #1e2229; --link: #8db1ff }
  }
  body { margin: 0; background: var(--page); font: 16px/1.6 system-ui, sans-serif }
  main { max-width: 44rem; margin: 0 auto; padding: 3rem 1.25rem }
  h1 { margin: 0; font-size: 1.75rem }
  h2 { margin: 2.5rem 0 .5rem; font-size: 1.125rem }
  p { margin: .5rem 0 }
  .soft { color: var(--soft) }
  a { color: var(--link) }
  pre { overflow-x: auto; padding: 1rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--box);
    font: .875rem/1.5 ui-monospace, monospace }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; margin: .75rem 0 }
  dt { color: var(--soft) }
  dd { margin: 0; overflow-wrap: anywhere }
  @media (max-width: 30rem) { dl { grid-template-columns: 1fr } dd { margin-bottom: .5rem } }
`

/**
 * The page at `/admin`: that the server runs, its addresses, and how to get a first token. It holds no secret, so it
 * needs no sign-in, and no script.
 */
export function startPage(baseUrl: string): { html: string; contentSecurityPolicy: string } {
  const url = escapeHtml(baseUrl)
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kindred</title>
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
<p>The server printed client id and secret when it first started; <code>npx kindred serve --show-secret</code> prints them again.</p>
<pre>curl --request POST --url '${url}/oauth2/token' \\
  --data grant_type=client_credentials \\
  --data client_id=&lt;client id&gt; \\
  --data client_secret=&lt;client secret&gt; \\
  --data audience='${url}/api'</pre>
<h2>List users</h2>
<pre>curl --request GET --url '${url}/api/v1/users' \\
  --header 'Authorization: Bearer &lt;access token&gt;'</pre>
</main>
</body>
</html>
`
  const hash = createHash('sha256').update(style).digest('base64')
  return {
    html,
    contentSecurityPolicy: `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  }
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
