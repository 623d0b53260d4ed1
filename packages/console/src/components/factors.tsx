import { Checkbox } from '@mantine/core'

const factors = [
  ['mfa:authenticator_app', 'Authenticator app'],
  ['mfa:email', 'Code by e-mail'],
  ['mfa:sms', 'Code by text message'],
] as const

/** What people call a factor. */
export function factorName(factor: string): string {
  return factors.find(([value]) => value === factor)?.[1] ?? factor
}

/** The second factors that people may set up. */
export function FactorBoxes({
  value,
  onChange,
  error,
  disabled,
}: {
  value: string[]
  onChange: (value: string[]) => void
  error: string | undefined
  disabled: boolean
}) {
  return (
    <Checkbox.Group label="Factors" value={value} onChange={onChange} error={error}>
      <div className="stack" style={{ marginTop: '0.5rem' }}>
        {factors.map(([factor, label]) => (
          <Checkbox key={factor} value={factor} label={label} disabled={disabled} />
        ))}
      </div>
    </Checkbox.Group>
  )
}

/** What a policy about passkeys can be. */
export const passkeyPolicies = [
  { value: 'off', label: 'Off' },
  { value: 'optional', label: 'Offered' },
  { value: 'mandatory', label: 'Required' },
]
