import { Button, Select, Switch, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useLocation } from 'wouter'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { Value } from '../../components/copy.tsx'
import { FactorBoxes, passkeyPolicies } from '../../components/factors.tsx'
import { useForm } from '../../components/form.ts'
import { later } from '../../components/later.tsx'
import { LogoPictures } from '../../components/logo-pictures.tsx'
import { Fact, Facts, Page, Section } from '../../components/page.tsx'
import { Bones, Loaded, Refusal } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'

const ConnectedApps = later(() => import('./connected-apps.tsx'), <Bones />)

/** Business, environment and security: what holds for everything. */
export default function Settings() {
  const [location] = useLocation()
  return (
    <Page
      title="Settings"
      tabs={[
        { to: '/settings', label: 'Business' },
        { to: '/settings/environment', label: 'Environment' },
        { to: '/settings/security', label: 'Factors and passkeys' },
        { to: '/settings/connected-apps', label: 'Connected apps' },
      ]}
    >
      {location.endsWith('/environment') ? (
        <Environment />
      ) : location.endsWith('/security') ? (
        <Security />
      ) : location.endsWith('/connected-apps') ? (
        <ConnectedApps />
      ) : (
        <Business />
      )}
    </Page>
  )
}

interface BusinessData {
  code: string
  name: string
  phone: string | null
  email: string | null
  industry: string | null
  timezone: string | null
  privacy_url: string | null
  terms_url: string | null
  has_clickwrap: boolean
  has_kinde_branding: boolean
  created_on: string
}

interface Named {
  key: string
  name: string
}

function Business() {
  const business = useQuery({
    queryKey: ['business'],
    queryFn: async () => (await call<{ business: BusinessData }>('GET /api/v1/business')).business,
  })
  return <Loaded query={business}>{(data) => <BusinessForm key={JSON.stringify(data)} business={data} />}</Loaded>
}

function BusinessForm({ business }: { business: BusinessData }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const industries = useQuery({
    queryKey: ['industries'],
    queryFn: async () => (await call<{ industries?: Named[] }>('GET /api/v1/industries')).industries ?? [],
    staleTime: Number.POSITIVE_INFINITY,
  })
  const timezones = useQuery({
    queryKey: ['timezones'],
    queryFn: async () => (await call<{ timezones?: Named[] }>('GET /api/v1/timezones')).timezones ?? [],
    staleTime: Number.POSITIVE_INFINITY,
  })
  // The reply names industry and time zone as people do, a change names them by key.
  const keyOf = (list: Named[] | undefined, shown: string | null) =>
    list?.find(({ key, name }) => key === shown || name === shown)?.key ?? ''
  const initial = {
    business_name: business.name,
    email: business.email ?? '',
    phone: business.phone ?? '',
    industry_key: undefined as string | undefined,
    timezone_key: undefined as string | undefined,
    privacy_url: business.privacy_url ?? '',
    terms_url: business.terms_url ?? '',
    is_click_wrap: business.has_clickwrap,
    is_show_kinde_branding: business.has_kinde_branding,
  }
  const form = useForm(initial, async (values) => {
    const changed = Object.entries(values).filter(
      ([name, value]) => value !== undefined && value !== initial[name as keyof typeof initial],
    )
    await call('PATCH /api/v1/business', { body: Object.fromEntries(changed) })
    await refresh('business')
    tell('The business was saved.')
  })
  const choice = (list: Named[] | undefined) => (list ?? []).map(({ key, name }) => ({ value: key, label: name }))
  return (
    <form onSubmit={form.submit} className="stack" style={{ maxWidth: '40rem' }}>
      <div className="card">
        <Facts>
          <Fact name="Code">
            <Value text={business.code} what="the code" />
          </Fact>
          <Fact name="Created">
            <Time at={business.created_on} />
          </Fact>
        </Facts>
      </div>
      <TextInput {...form.text('business_name')} label="Name" readOnly={!mayWrite} />
      <TextInput {...form.text('email')} label="E-mail" type="email" readOnly={!mayWrite} />
      <TextInput {...form.text('phone')} label="Phone" type="tel" readOnly={!mayWrite} />
      <Select
        label="Industry"
        data={choice(industries.data)}
        value={form.values.industry_key ?? keyOf(industries.data, business.industry)}
        onChange={(key) => form.set('industry_key', key ?? undefined)}
        error={form.fault('industry_key')}
        disabled={!mayWrite}
        searchable
      />
      <Select
        label="Time zone"
        data={choice(timezones.data)}
        value={form.values.timezone_key ?? keyOf(timezones.data, business.timezone)}
        onChange={(key) => form.set('timezone_key', key ?? undefined)}
        error={form.fault('timezone_key')}
        disabled={!mayWrite}
        searchable
      />
      <TextInput {...form.text('privacy_url')} label="Address of the privacy policy" readOnly={!mayWrite} />
      <TextInput {...form.text('terms_url')} label="Address of the terms" readOnly={!mayWrite} />
      <Switch {...form.box('is_click_wrap')} label="People agree to both at sign-up" disabled={!mayWrite} />
      <Switch {...form.box('is_show_kinde_branding')} label="Name the product on sign-in pages" disabled={!mayWrite} />
      {form.refusal !== undefined && <Refusal error={form.refusal} />}
      {mayWrite && (
        <div>
          <Button type="submit" loading={form.isBusy} disabled={!form.isChanged}>
            Save business
          </Button>
        </div>
      )}
    </form>
  )
}

interface EnvironmentData {
  code: string
  name: string
  is_default: boolean
  is_live: boolean
  kinde_domain: string
  created_on: string
}

function Environment() {
  const { url, audience, version } = useSession()
  const environment = useQuery({
    queryKey: ['environment'],
    queryFn: async () => (await call<{ environment: EnvironmentData }>('GET /api/v1/environment')).environment,
  })
  return (
    <div className="stack-wide">
      <Loaded query={environment}>
        {(data) => (
          <div className="card">
            <Facts>
              <Fact name="Name">{data.name}</Fact>
              <Fact name="Code">
                <Value text={data.code} what="the code" />
              </Fact>
              <Fact name="Domain and issuer">
                <Value text={url} what="the domain" />
              </Fact>
              <Fact name="Audience of the Management API">
                <Value text={audience} what="the audience" />
              </Fact>
              <Fact name="Token endpoint">
                <Value text={`${url}/oauth2/token`} what="the token endpoint" />
              </Fact>
              <Fact name="Discovery">
                <Value text={`${url}/.well-known/openid-configuration`} what="the address of the discovery document" />
              </Fact>
              <Fact name="Version of the server">{version}</Fact>
              <Fact name="Created">
                <Time at={data.created_on} />
              </Fact>
            </Facts>
          </div>
        )}
      </Loaded>
      <Section
        title="Logos"
        lede="Shown where people sign in, unless their organization has its own. PNG, SVG, JPEG, WebP or GIF."
      >
        <LogoPictures
          owner="/api/v1/environment"
          method="PUT"
          picture={(type) => (type === 'light' ? '/logo' : '/logo_dark')}
        />
      </Section>
    </div>
  )
}

interface Mfa {
  policy: 'required' | 'optional' | 'off'
  enabled_factors: string[]
  is_recovery_codes_enabled: boolean
}

const policies = [
  { value: 'off', label: 'Off' },
  { value: 'optional', label: 'Offered: people may skip it' },
  { value: 'required', label: 'Required of everyone' },
]
function Security() {
  const mfa = useQuery({ queryKey: ['mfa'], queryFn: () => call<Mfa>('GET /admin/api/mfa') })
  const passkey = useQuery({
    queryKey: ['passkey'],
    queryFn: () => call<{ policy: string }>('GET /api/v1/passkey'),
  })
  return (
    <div className="stack-wide">
      <Section
        title="Second factors"
        lede="Something besides the first way to sign in. An organization may ask for more."
      >
        <Loaded query={mfa}>{(data) => <MfaForm key={JSON.stringify(data)} mfa={data} />}</Loaded>
      </Section>
      <Section title="Passkeys" lede="Signing in with the lock of the device instead of a password.">
        <Loaded query={passkey}>{({ policy }) => <PasskeyForm key={policy} policy={policy} />}</Loaded>
      </Section>
    </div>
  )
}

function MfaForm({ mfa }: { mfa: Mfa }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const form = useForm(
    {
      policy: mfa.policy,
      enabled_factors: mfa.enabled_factors,
      is_recovery_codes_enabled: mfa.is_recovery_codes_enabled,
    },
    async (body) => {
      await call('PUT /api/v1/mfa', { body })
      await refresh('mfa')
      tell('The factors were saved.')
    },
  )
  const { policy, enabled_factors } = form.values
  return (
    <form onSubmit={form.submit} className="stack" style={{ maxWidth: '40rem' }}>
      <Select
        label="A second factor is"
        data={policies}
        value={policy}
        onChange={(value) => form.set('policy', (value ?? 'off') as Mfa['policy'])}
        error={form.fault('policy')}
        disabled={!mayWrite}
        allowDeselect={false}
      />
      <FactorBoxes
        value={enabled_factors}
        onChange={(value) => form.set('enabled_factors', value)}
        error={form.fault('enabled_factors')}
        disabled={!mayWrite}
      />
      <Switch
        {...form.box('is_recovery_codes_enabled')}
        label="Give people recovery codes for when a factor is lost"
        disabled={!mayWrite}
      />
      {form.refusal !== undefined && <Refusal error={form.refusal} />}
      {mayWrite && (
        <div>
          <Button type="submit" loading={form.isBusy} disabled={!form.isChanged}>
            Save factors
          </Button>
        </div>
      )}
    </form>
  )
}

function PasskeyForm({ policy }: { policy: string }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const form = useForm({ policy }, async (body) => {
    await call('PUT /api/v1/passkey', { body })
    await refresh('passkey')
    tell('The passkeys were saved.')
  })
  return (
    <form onSubmit={form.submit} className="stack" style={{ maxWidth: '40rem' }}>
      <Select
        label="Passkeys are"
        data={passkeyPolicies}
        value={form.values.policy}
        onChange={(value) => form.set('policy', value ?? 'off')}
        error={form.fault('policy')}
        disabled={!mayWrite}
        allowDeselect={false}
      />
      {form.refusal !== undefined && <Refusal error={form.refusal} />}
      {mayWrite && (
        <div>
          <Button type="submit" loading={form.isBusy} disabled={!form.isChanged}>
            Save passkeys
          </Button>
        </div>
      )}
    </form>
  )
}
