import { call } from '../api.ts'
import type { IconName } from '../components/icon.tsx'

export interface Thing {
  to: string
  label: string
  about: string
  icon: IconName
}

/** Users, organizations and applications whose name (for users also e-mail and the like) holds what was typed. */
export async function findThings(typed: string): Promise<Thing[]> {
  const lower = typed.toLowerCase()
  const [users, organizations, applications] = await Promise.all([
    call<{ results?: { id: string; first_name?: string; last_name?: string; email?: string }[] }>(
      'GET /api/v1/search/users',
      { query: { query: typed, page_size: 5 } },
    ),
    call<{ organizations?: { code: string; name: string }[] }>('GET /api/v1/organizations', {
      query: { page_size: 500 },
    }),
    call<{ applications?: { id: string; name: string; type: string }[] }>('GET /api/v1/applications', {
      query: { page_size: 500 },
    }),
  ])
  const named = <Row extends { name: string }>(rows: Row[] | undefined) =>
    (rows ?? []).filter(({ name }) => name.toLowerCase().includes(lower)).slice(0, 5)
  return [
    ...(users.results ?? []).map(({ id, first_name, last_name, email }) => ({
      to: `/users/${id}`,
      label: [first_name, last_name].filter(Boolean).join(' ') || email || id,
      about: email ?? 'User',
      icon: 'user' as const,
    })),
    ...named(organizations.organizations).map(({ code, name }) => ({
      to: `/organizations/${code}`,
      label: name,
      about: `Organization ${code}`,
      icon: 'organizations' as const,
    })),
    ...named(applications.applications).map(({ id, name }) => ({
      to: `/applications/${id}`,
      label: name,
      about: `Application ${id}`,
      icon: 'applications' as const,
    })),
  ]
}
