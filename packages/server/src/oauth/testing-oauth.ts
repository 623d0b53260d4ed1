import type { TestReply, TestServer } from '../testing.ts'

/** An application that asks. */
export interface TestApplication {
  clientId: string
  clientSecret: string
}

/** The parameters of a form; a list for one that repeats, undefined for one that is left out. */
export type Form = Record<string, string | string[] | undefined>

/** Posts a form to an OAuth endpoint. */
export function postForm(
  server: TestServer,
  endpoint: 'token' | 'introspect' | 'revoke',
  form: Form,
  headers: Record<string, string> = {},
): Promise<TestReply> {
  const body = new URLSearchParams()
  for (const [name, value] of Object.entries(form)) for (const item of [value ?? []].flat()) body.append(name, item)
  return server.send({
    method: 'POST',
    url: `/oauth2/${endpoint}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: body.toString(),
  })
}

/** The credentials of an application, as parameters of a form. */
export function credentials({ clientId, clientSecret }: TestApplication) {
  return { client_id: clientId, client_secret: clientSecret }
}

/** A request for a token of the Management API with all scopes, as parameters of a form. */
export function tokenForm(server: TestServer, application: TestApplication = server.firstClient) {
  return {
    grant_type: 'client_credentials',
    ...credentials(application),
    audience: `${server.baseUrl}/api`,
  }
}

/** A token of the Management API for an application. @throws when it is refused */
export async function issueTo(server: TestServer, application: TestApplication, form: Form = {}): Promise<string> {
  const { status, body } = await postForm(server, 'token', { ...tokenForm(server, application), ...form })
  if (status !== 200) throw new Error(`no token: ${body.error_description}`)
  return body.access_token
}

/** An Authorization header with exactly these values; they are not encoded any further. */
export function basic(clientId: string, clientSecret: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` }
}

/** Registers an API, and enables scopes of it for an application. @returns its id */
export async function addApi(
  server: TestServer,
  api: { audience: string; scopes: readonly string[]; clientId: string },
): Promise<string> {
  const calls = server.as()
  const { id } = (await calls.post('/api/v1/apis', { name: 'Zoo', audience: api.audience })).body.api
  await calls.patch(`/api/v1/apis/${id}/applications`, { applications: [{ id: api.clientId }] })
  for (const key of api.scopes) {
    const { scope } = (await calls.post(`/api/v1/apis/${id}/scopes`, { key })).body
    await calls.post(`/api/v1/apis/${id}/applications/${api.clientId}/scopes/${scope.id}`)
  }
  return id
}

/** A part of a token, read without any check. */
export function readPart(token: string, part: 'header' | 'claims'): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[part === 'header' ? 0 : 1]!, 'base64url').toString())
}

/** A part for a token of somebody else's making. */
export function makePart(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
