import 'swagger-ui-dist/swagger-ui.css'
import './docs.css'
import SwaggerUIBundle from 'swagger-ui-dist/swagger-ui-es-bundle.js'
import { call, faultsOf } from '../api.ts'

interface Token {
  access_token: string
  expires_at: string
}

interface Api {
  id: string
  is_management_api: boolean
  applications?: { id: string; name: string; is_active: boolean | null }[]
}

const choice = document.querySelector<HTMLSelectElement>('#application')!
const state = document.querySelector<HTMLElement>('#state')!
const storedChoice = 'kindred-docs-application'
let managementApiId = ''
let token: (Token & { application: string }) | undefined

document.documentElement.classList.toggle(
  'dark-mode',
  document.documentElement.getAttribute('data-mantine-color-scheme') === 'dark',
)

const [document_] = await Promise.all([call<{ servers: object[] }>('GET /openapi.json'), offerApplications()])
SwaggerUIBundle({
  domNode: document.querySelector<HTMLElement>('#reference')!,
  // Calls go to the address at which this page was opened: to no other the browser would let them.
  spec: { ...document_, servers: [{ url: window.location.origin }] },
  deepLinking: true,
  docExpansion: 'none',
  filter: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: -1,
  persistAuthorization: false,
  validatorUrl: null,
  onComplete: () => document.querySelector('#reference')?.setAttribute('data-ready', ''),
  async requestInterceptor(request) {
    // A token that was entered by hand goes first.
    if (choice.value !== '' && request.headers.Authorization === undefined) {
      request.headers.Authorization = `Bearer ${await tokenOf(choice.value)}`
    }
    return request
  },
})

/** Lists the applications that get tokens of the Management API, for those who are signed in to the console. */
async function offerApplications(): Promise<void> {
  const { signed_in } = await call<{ signed_in: boolean }>('GET /admin/api/status')
  if (!signed_in) {
    state.innerHTML = 'Sign in to the <a href="/admin">console</a> to try operations with a token of an application.'
    return
  }
  const { apis } = await call<{ apis: Api[] }>('GET /api/v1/apis')
  managementApiId = apis.find(({ is_management_api }) => is_management_api)!.id
  const { api } = await call<{ api: Api }>(`GET /api/v1/apis/${managementApiId}`)
  for (const { id, name, is_active } of api.applications ?? []) {
    if (is_active) choice.add(new Option(name, id))
  }
  const stored = localStorage.getItem(storedChoice) ?? ''
  if ([...choice.options].some(({ value }) => value === stored)) choice.value = stored
  choice.disabled = false
  choice.addEventListener('change', () => {
    localStorage.setItem(storedChoice, choice.value)
    void announce()
  })
  await announce()
}

/** Gets the token when an application is chosen, so that what keeps it from getting one is told at once. */
async function announce(): Promise<void> {
  if (choice.value === '') {
    state.textContent = 'Choose an application, and its token goes with each call.'
    return
  }
  try {
    const { length } = (await tokenOf(choice.value)).split('.')
    state.textContent = length === 3 ? 'Calls carry its token.' : ''
  } catch (error) {
    state.textContent = faultsOf(error)[0]?.message ?? ''
  }
}

/** The application's token; a new one shortly before it runs out. */
async function tokenOf(application: string): Promise<string> {
  if (token?.application !== application || Date.parse(token.expires_at) - Date.now() < 30_000) {
    const made = await call<Token>(`POST /admin/api/applications/${application}/test_token`, {
      body: { api_id: managementApiId },
    })
    token = { ...made, application }
  }
  return token.access_token
}
