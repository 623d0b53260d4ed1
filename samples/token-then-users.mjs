// Asks for an access token with an application's credentials, then lists the users with it.
// NODE_EXTRA_CA_CERTS names the CA file of a server whose certificate comes from a CA of its own.

try {
  const url = setting('KINDRED_URL')

  const token = await call(`${url}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: setting('KINDRED_CLIENT_ID'),
      client_secret: setting('KINDRED_CLIENT_SECRET'),
      audience: process.env.KINDRED_AUDIENCE || `${url}/api`,
    }),
  })

  const users = await call(`${url}/api/v1/users`, {
    method: 'GET',
    headers: { authorization: `Bearer ${JSON.parse(token).access_token}` },
  })
  console.log(users)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

/**
 * The body of a good reply. Anything else becomes an error that says what the server complained of.
 * @param {string} url
 * @param {RequestInit} init
 */
async function call(url, init) {
  const response = await fetch(url, init).catch(({ message, cause }) => {
    throw new Error(`${init.method} ${url}: ${message} (${cause?.code ?? cause?.message})`)
  })
  const body = await response.text()
  if (!response.ok) throw new Error(`${init.method} ${url}: ${response.status} ${complaint(body)}`)
  return body
}

/**
 * The token endpoint answers `{error, error_description}`, the API `{errors: [{code, message}]}`.
 * @param {string} body
 */
function complaint(body) {
  try {
    const { error, error_description, errors } = JSON.parse(body)
    return error ? `${error}: ${error_description}` : `${errors[0].code}: ${errors[0].message}`
  } catch {
    return body // neither of the two: a proxy's page, for example
  }
}

/** @param {string} name */
function setting(name) {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set`)
  return value
}
