import { Link } from 'wouter'

export interface Fix {
  action: string
  message: string
  scope?: string
  audience?: string
  application_id?: string
  field?: string
}

/** Leads to the page where a refusal can be mended, where there is one. */
export function FixLink({ fix }: { fix: Fix }) {
  const { action, application_id } = fix
  if (application_id === undefined) return null
  const at = `/applications/${application_id}`
  if (action === 'add_scope' || action === 'authorize_api')
    return <Link href={`${at}/apis`}>Go to its APIs and scopes</Link>
  if (action === 'check_credentials') return <Link href={`${at}/secrets`}>Go to its secrets</Link>
  if (action === 'get_token' || action === 'use_audience') return <Link href={`${at}/test`}>Get a test token</Link>
  return <Link href={at}>Go to the application</Link>
}
