import type { Giver } from './postman-variables.ts'

/**
 * Runs before every request of the collection. It leaves out a request whose variables have no value yet, and gets an
 * access token where there is none, or where it is about to expire or belongs to other credentials.
 */
export const beforeEveryRequest = `
const text = [pm.request.url.getPath(), pm.request.url.getQueryString(), pm.request.body ? pm.request.body.toString() : ''].join(' ');
pm.variables.set('unique', Date.now().toString(36));
const missing = Array.from(text.matchAll(/\\{\\{(\\w+)\\}\\}/g), ([, name]) => name).filter((name) => !pm.variables.get(name));
if (missing.length > 0) {
  console.warn(pm.info.requestName + ' was left out: it needs ' + missing.join(', ') + '. Set it in the environment, or send the request that makes it.');
  pm.execution.skipRequest();
} else {
  const domain = pm.variables.get('KINDE_DOMAIN');
  const clientId = pm.variables.get('M2M_CLIENT_ID');
  const clientSecret = pm.variables.get('M2M_CLIENT_SECRET');
  const owner = domain + ' ' + clientId;
  const isGood = pm.collectionVariables.get('access_token') && pm.collectionVariables.get('access_token_owner') === owner
    && Number(pm.collectionVariables.get('access_token_renew_at')) > Date.now();
  // As a failed test: an error thrown while waiting for a reply is shown to nobody.
  const giveUp = (reason) => {
    pm.test('gets an access token', () => { throw new Error(reason); });
    pm.execution.skipRequest();
  };
  if (!isGood && (!domain || !clientId || !clientSecret)) {
    giveUp('Set KINDE_DOMAIN, M2M_CLIENT_ID and M2M_CLIENT_SECRET in the environment, and choose it.');
  } else if (!isGood) {
    pm.sendRequest({
      url: domain + '/oauth2/token',
      method: 'POST',
      header: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' },
      body: {
        mode: 'urlencoded',
        urlencoded: [
          { key: 'grant_type', value: 'client_credentials' },
          { key: 'client_id', value: clientId },
          { key: 'client_secret', value: clientSecret },
          { key: 'audience', value: domain + '/api' },
        ],
      },
    }, (error, response) => {
      if (error) return giveUp(domain + ' gave none: ' + error.message);
      if (response.code !== 200) return giveUp(domain + ' gave none: ' + response.code + ' ' + response.text());
      const token = response.json();
      pm.collectionVariables.set('access_token', token.access_token);
      pm.collectionVariables.set('access_token_owner', owner);
      // A minute early: the request that follows must not meet the end.
      pm.collectionVariables.set('access_token_renew_at', String(Date.now() + Math.max(token.expires_in - 60, 0) * 1000));
    });
  }
}
`.trim()

/**
 * The test script of one request: status and reply are as documented, and what later requests need is remembered.
 * @param statuses any of these is right
 * @param schema JSON Schema of the reply; undefined where its content is left open
 */
export function afterRequest(statuses: readonly number[], schema: unknown, gives: readonly Giver[]): string[] {
  const right = JSON.stringify(statuses)
  const lines = [`pm.test('answers ${statuses.join(' or ')}', () => pm.expect(${right}).to.include(pm.response.code));`]
  if (schema !== undefined) {
    const guard = statuses.includes(204) ? 'if (pm.response.code !== 204) ' : ''
    lines.push(
      `const schema = ${JSON.stringify(schema)};`,
      `${guard}pm.test('replies as documented', () => pm.response.to.have.jsonSchema(schema, { nullable: true }));`,
    )
  }
  if (gives.length === 0) return lines
  lines.push(`if (${right}.includes(pm.response.code)) {`)
  for (const { variable, from, path } of gives) {
    const source = from === 'reply' ? 'pm.response.json()' : 'JSON.parse(pm.request.body.raw)'
    const place = path.map((name) => `?.[${JSON.stringify(name)}]`).join('')
    lines.push(`  pm.collectionVariables.set('${variable}', ${source}${place} ?? '');`)
  }
  return [...lines, '}']
}
