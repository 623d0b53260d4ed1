import { MultiSelect, NumberInput, Switch } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { useForm } from '../../components/form.ts'
import { FormEnd } from '../../components/form-end.tsx'
import { Section } from '../../components/page.tsx'
import { Loaded } from '../../components/states.tsx'
import { duration } from '../../components/time.tsx'
import { flagsQuery } from '../../data/flags.ts'
import { useSession } from '../../session/session.tsx'
import { type Access, type Application, accessQuery, type M2mToken } from './application.ts'

/** How long the tokens of an application last, and what they carry. */
export default function Tokens({ application }: { application: Application }) {
  const access = useQuery(accessQuery(application.id))
  return (
    <div className="stack-wide">
      <Section title="Lifetimes" lede="How long a token is good for. Short is safer: one that was stolen ends sooner.">
        <Loaded query={access}>
          {(data) => (
            <Lifetimes key={lifetimes.map(({ name }) => data[name]).join()} application={application} access={data} />
          )}
        </Loaded>
      </Section>
      {application.m2m_token && (
        <Section
          title="What tokens carry"
          lede="Beside what every token of a machine has. Each makes the token longer: choose what its APIs read."
        >
          <Contents
            key={JSON.stringify(application.m2m_token)}
            application={application}
            contents={application.m2m_token}
          />
        </Section>
      )}
    </div>
  )
}

const lifetimes = [
  { name: 'access_token_lifetime', label: 'Access token, in seconds', forMachines: true },
  { name: 'refresh_token_lifetime', label: 'Refresh token, in seconds', forMachines: false },
  { name: 'id_token_lifetime', label: 'ID token, in seconds', forMachines: false },
  { name: 'authenticated_session_lifetime', label: 'Session without activity, in seconds', forMachines: false },
] as const

function Lifetimes({ application, access }: { application: Application; access: Access }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const isMachine = application.type === 'm2m'
  const shown = lifetimes.filter(({ forMachines }) => forMachines || !isMachine)
  const initial = {
    access_token_lifetime: access.access_token_lifetime,
    refresh_token_lifetime: access.refresh_token_lifetime,
    id_token_lifetime: access.id_token_lifetime,
    authenticated_session_lifetime: access.authenticated_session_lifetime,
    is_hasura_mapping_enabled: access.is_hasura_mapping_enabled,
  }
  const form = useForm(initial, async (values) => {
    const changed = Object.entries(values).filter(([name, value]) => value !== initial[name as keyof typeof initial])
    await call(`PATCH /api/v1/applications/${application.id}/tokens`, { body: Object.fromEntries(changed) })
    await refresh('access')
    tell('The lifetimes were saved. Tokens from now on have them.')
  })
  return (
    <form onSubmit={form.submit} className="stack" style={{ maxWidth: '40rem' }}>
      {shown.map(({ name, label }) => (
        <NumberInput
          key={name}
          label={label}
          description={duration(form.values[name])}
          min={60}
          max={31_536_000}
          value={form.values[name]}
          onChange={(value) => form.set(name, Number(value))}
          error={form.fault(name)}
          readOnly={!mayWrite}
          allowDecimal={false}
          hideControls
        />
      ))}
      {!isMachine && (
        <Switch
          {...form.box('is_hasura_mapping_enabled')}
          label="Claims that Hasura reads"
          description="Roles and ids under the names that Hasura expects."
          disabled={!mayWrite}
        />
      )}
      <FormEnd form={form} label="Save lifetimes" />
    </form>
  )
}

interface Property {
  key: string
  name: string
  context: string
  is_private: boolean
}

function Contents({ application, contents }: { application: Application; contents: M2mToken }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const flags = useQuery(flagsQuery)
  const properties = useQuery({
    queryKey: ['properties', 'overview'],
    queryFn: async () => (await call<{ properties: Property[] }>('GET /admin/api/properties')).properties,
  })
  const form = useForm(contents, async (m2m_token) => {
    await call(`PATCH /api/v1/applications/${application.id}/tokens`, { body: { m2m_token } })
    await refresh('application')
    tell('What tokens carry was saved. The next token has it.')
  })
  const carried = (properties.data ?? []).filter(({ context, is_private }) => context === 'app' && !is_private)
  const option = ({ key, name }: { key: string; name: string }) => ({ value: key, label: name })
  return (
    <form onSubmit={form.submit} className="stack" style={{ maxWidth: '40rem' }}>
      <Switch
        {...form.box('has_permissions_claim')}
        label="The scopes as a list in permissions too"
        description="For code that checks permissions of people and machines alike."
        disabled={!mayWrite}
      />
      <MultiSelect
        label="Feature flags"
        description="In the claim feature_flags, with the values that hold for the application."
        placeholder={form.values.feature_flags.length === 0 ? 'None' : ''}
        data={(flags.data ?? []).map(option)}
        value={form.values.feature_flags}
        onChange={(keys) => form.set('feature_flags', keys.toSorted())}
        error={form.fault('feature_flags')}
        nothingFoundMessage="No flag is like that"
        disabled={!mayWrite}
        searchable
      />
      <MultiSelect
        label="Properties"
        description="In the claim application_properties: properties of applications that are not private."
        placeholder={form.values.properties.length === 0 ? 'None' : ''}
        data={carried.map(option)}
        value={form.values.properties}
        onChange={(keys) => form.set('properties', keys.toSorted())}
        error={form.fault('properties')}
        nothingFoundMessage="No such property"
        disabled={!mayWrite}
        searchable
      />
      <FormEnd form={form} label="Save contents" />
    </form>
  )
}
