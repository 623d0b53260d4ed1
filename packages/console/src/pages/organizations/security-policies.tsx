import { NumberInput, Select, Switch } from '@mantine/core'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { FactorBoxes, factorName, passkeyPolicies } from '../../components/factors.tsx'
import { useForm } from '../../components/form.ts'
import { FormEnd } from '../../components/form-end.tsx'
import { duration } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'
import type { Policies, SessionPolicy } from './organization.ts'

/** Whether members need a second factor, and which they may use. */
export function Factors({ code, policies }: { code: string; policies: Policies }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const { mfa, environment_mfa: environment } = policies
  const own = mfa ?? environment
  const form = useForm(
    {
      is_enforce_mfa: policies.is_enforce_mfa,
      isOwn: mfa !== null,
      enabled_factors: own.enabled_factors,
      is_recovery_codes_enabled: own.is_recovery_codes_enabled,
    },
    async ({ is_enforce_mfa, isOwn, ...factors }) => {
      if (isOwn && factors.enabled_factors.length === 0) throw new Error('Choose at least one factor of its own.')
      const setFactors = () => (isOwn ? call(`PUT /api/v1/organizations/${code}/mfa`, { body: factors }) : undefined)
      const enforce = () => call(`PATCH /api/v1/organization/${code}`, { body: { is_enforce_mfa } })
      // A factor that is required must be there before; one that is not goes after.
      for (const step of is_enforce_mfa ? [setFactors, enforce] : [enforce, setFactors]) await step()
      await refresh('organization')
      tell('The second factors were saved.')
    },
  )
  const { isOwn, enabled_factors } = form.values
  const names = environment.enabled_factors.map(factorName).join(', ') || 'none'
  return (
    <form onSubmit={form.submit} className="stack" style={{ maxWidth: '40rem' }}>
      <Switch
        {...form.box('is_enforce_mfa')}
        label="Members must use a second factor"
        description={
          environment.policy === 'required'
            ? 'The environment requires it of everyone, whatever is set here.'
            : 'Off: as the environment says.'
        }
        error={form.fault('is_enforce_mfa')}
        disabled={!mayWrite}
      />
      <Switch
        {...form.box('isOwn')}
        label="Factors of its own"
        description={
          mfa === null
            ? `Off: those of the environment, which has ${names}. Once it has its own, it keeps them.`
            : `They hold in place of those of the environment, which has ${names}.`
        }
        disabled={!mayWrite || mfa !== null}
      />
      {isOwn && (
        <>
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
        </>
      )}
      <FormEnd form={form} label="Save factors" />
    </form>
  )
}

/** Whether members may, or must, have passkeys. */
export function Passkeys({ code, policies }: { code: string; policies: Policies }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const form = useForm({ policy: policies.passkey_policy ?? '' }, async ({ policy }) => {
    const body = policy === '' ? { is_override_environment_passkey_settings: false } : { policy }
    await call(`PUT /api/v1/organizations/${code}/passkey`, { body })
    await refresh('organization')
    tell('The passkeys were saved.')
  })
  const ofEnvironment = passkeyPolicies.find(({ value }) => value === policies.environment_passkey_policy)?.label
  return (
    <form onSubmit={form.submit} className="stack" style={{ maxWidth: '40rem' }}>
      <Select
        label="Passkeys are"
        data={[{ value: '', label: `As in the environment (${ofEnvironment})` }, ...passkeyPolicies]}
        value={form.values.policy}
        onChange={(value) => form.set('policy', value ?? '')}
        error={form.fault('policy')}
        disabled={!mayWrite}
        allowDeselect={false}
      />
      <FormEnd form={form} label="Save passkeys" />
    </form>
  )
}

/** How long members stay signed in. */
export function Sessions({ code, sessions }: { code: string; sessions: SessionPolicy }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const form = useForm(
    { ...sessions, authenticated_session_lifetime: sessions.authenticated_session_lifetime ?? '' },
    async ({ authenticated_session_lifetime: seconds, ...switches }) => {
      const body = { ...switches, ...(seconds === '' ? {} : { authenticated_session_lifetime: Number(seconds) }) }
      await call(`PATCH /api/v1/organizations/${code}/sessions`, { body })
      await refresh('organization')
      tell('The sessions were saved.')
    },
  )
  const {
    is_use_org_sso_session_policy: hasMode,
    sso_session_persistence_mode: mode,
    is_use_org_authenticated_session_lifetime: hasLifetime,
    authenticated_session_lifetime: seconds,
  } = form.values
  return (
    <form onSubmit={form.submit} className="stack" style={{ maxWidth: '40rem' }}>
      <Switch
        {...form.box('is_use_org_sso_session_policy')}
        label="A rule of its own for when the browser is closed"
        disabled={!mayWrite}
      />
      {hasMode && (
        <Select
          label="When the browser is closed, the session"
          data={[
            { value: 'persistent', label: 'Goes on' },
            { value: 'non_persistent', label: 'Ends' },
          ]}
          value={mode}
          onChange={(value) => form.set('sso_session_persistence_mode', value ?? 'persistent')}
          error={form.fault('sso_session_persistence_mode')}
          disabled={!mayWrite}
          allowDeselect={false}
        />
      )}
      <Switch
        {...form.box('is_use_org_authenticated_session_lifetime')}
        label="A lifetime of its own"
        disabled={!mayWrite}
      />
      {hasLifetime && (
        <NumberInput
          label="Lifetime in seconds"
          description={seconds === '' ? 'At least 60.' : duration(Number(seconds))}
          min={60}
          max={31_536_000}
          value={seconds}
          onChange={(value) => form.set('authenticated_session_lifetime', value === '' ? '' : Number(value))}
          error={form.fault('authenticated_session_lifetime')}
          readOnly={!mayWrite}
          allowDecimal={false}
          hideControls
        />
      )}
      <FormEnd form={form} label="Save sessions" />
    </form>
  )
}
