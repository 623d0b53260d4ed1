import { NumberInput, Select, Textarea } from '@mantine/core'

export const flagTypeNames: Record<string, string> = { bool: 'Boolean', str: 'Text', int: 'Whole number' }

/** A field for the value of a feature flag, as its type wants it. Values are text, as the API has them. */
export function FlagValue({
  type,
  label,
  value,
  onChange,
  error,
  none,
}: {
  type: string
  label: string
  value: string | null
  onChange: (value: string | null) => void
  error?: string | undefined
  /** what is said where no value is set; without it a value must be there */
  none?: string
}) {
  if (type === 'bool') {
    return (
      <Select
        label={label}
        data={[
          ...(none === undefined ? [] : [{ value: '', label: none }]),
          { value: 'true', label: 'On (true)' },
          { value: 'false', label: 'Off (false)' },
        ]}
        value={value ?? ''}
        onChange={(chosen) => onChange(chosen === '' ? null : chosen)}
        error={error}
        allowDeselect={false}
      />
    )
  }
  if (type === 'int') {
    return (
      <NumberInput
        label={label}
        placeholder={none}
        value={value ?? ''}
        onChange={(number) => onChange(number === '' ? null : String(number))}
        error={error}
        allowDecimal={false}
        hideControls
      />
    )
  }
  return (
    <Textarea
      label={label}
      placeholder={none}
      value={value ?? ''}
      onChange={(event) => onChange(event.currentTarget.value === '' ? null : event.currentTarget.value)}
      error={error}
      autosize
      minRows={1}
    />
  )
}
