import { NumberInput, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { useForm } from '../../components/form.ts'
import { FormEnd } from '../../components/form-end.tsx'
import { Section } from '../../components/page.tsx'
import { Loaded } from '../../components/states.tsx'
import { count, duration } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'
import type { Application } from './application.ts'

interface Limits {
  /** `off` or `<requests>/<seconds>`; null: the server's holds */
  rate_limit: string | null
  server_rate_limit: string
}

/** How many calls of the Management API an application may make. */
export function RateLimit({ application }: { application: Application }) {
  const limits = useQuery({
    queryKey: ['rate-limit', application.id],
    queryFn: () => call<Limits>(`GET /admin/api/applications/${application.id}/rate_limit`),
  })
  return (
    <Section
      title="Rate limit"
      lede="How many calls of the Management API it may make. What is too much is refused with 429, and told when to come back."
    >
      <Loaded query={limits} lines={2}>
        {(data) => <Limit key={String(data.rate_limit)} application={application} limits={data} />}
      </Loaded>
    </Section>
  )
}

function inWords(limit: string): string {
  const [requests, seconds] = limit.split('/').map(Number)
  return seconds === undefined ? 'no limit' : `${count(requests!, 'request')} in ${duration(seconds)}`
}

function Limit({ application, limits }: { application: Application; limits: Limits }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const own = limits.rate_limit
  const [requests, seconds] = own === null || own === 'off' ? [1000, 60] : own.split('/').map(Number)
  const form = useForm(
    {
      kind: own === null ? 'server' : own === 'off' ? 'off' : 'own',
      requests: requests as number | '',
      seconds: seconds as number | '',
    },
    async ({ kind, requests: most, seconds: within }) => {
      const rate_limit = kind === 'server' ? null : kind === 'off' ? 'off' : `${most}/${within}`
      await call(`PUT /admin/api/applications/${application.id}/rate_limit`, { body: { rate_limit } })
      await refresh('rate-limit')
      tell('The rate limit was saved. It holds from the next request on.')
    },
    { rate_limit: 'requests' },
  )
  const { kind } = form.values
  return (
    <form onSubmit={form.submit} className="stack" style={{ maxWidth: '40rem' }}>
      <Select
        label="Limit"
        data={[
          { value: 'server', label: `As the server has it (${inWords(limits.server_rate_limit)})` },
          { value: 'own', label: 'A limit of its own' },
          { value: 'off', label: 'No limit' },
        ]}
        value={kind}
        onChange={(value) => form.set('kind', value ?? 'server')}
        disabled={!mayWrite}
        allowDeselect={false}
      />
      {kind === 'own' && (
        <div className="row" style={{ alignItems: 'flex-start' }}>
          <NumberInput
            className="grow"
            label="Requests"
            min={1}
            value={form.values.requests}
            onChange={(value) => form.set('requests', value === '' ? '' : Number(value))}
            error={form.fault('requests')}
            readOnly={!mayWrite}
            allowDecimal={false}
            hideControls
          />
          <NumberInput
            className="grow"
            label="In how many seconds"
            min={1}
            value={form.values.seconds}
            onChange={(value) => form.set('seconds', value === '' ? '' : Number(value))}
            readOnly={!mayWrite}
            allowDecimal={false}
            hideControls
          />
        </div>
      )}
      <FormEnd form={form} label="Save limit" />
    </form>
  )
}
