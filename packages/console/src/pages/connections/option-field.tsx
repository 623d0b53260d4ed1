import { PasswordInput, Switch, Textarea, TextInput } from '@mantine/core'
import type { Field } from './connection.ts'

/** One option of a connection. */
export function OptionField({
  field,
  value,
  error,
  onChange,
  isSet = false,
  readOnly = false,
}: {
  field: Field
  value: unknown
  error?: string | undefined
  onChange: (value: unknown) => void
  /** a secret that has a value, which is not shown */
  isSet?: boolean
  readOnly?: boolean
}) {
  const common = { label: field.label, description: field.about, error, readOnly }
  if (field.kind === 'switch') {
    return (
      <Switch
        label={field.label}
        checked={value === true}
        disabled={readOnly}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    )
  }
  if (field.kind === 'lines') {
    return (
      <Textarea
        {...common}
        autosize
        minRows={2}
        value={Array.isArray(value) ? value.join('\n') : ''}
        onChange={(event) => onChange(event.currentTarget.value.split('\n').map((line) => line.trim()))}
      />
    )
  }
  if (field.kind === 'long') {
    return (
      <Textarea
        {...common}
        autosize
        minRows={2}
        maxRows={8}
        value={String(value ?? '')}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    )
  }
  if (field.kind === 'secret') {
    return (
      <PasswordInput
        {...common}
        placeholder={isSet ? 'Unchanged' : ''}
        autoComplete="off"
        value={String(value ?? '')}
        onChange={(event) => onChange(event.currentTarget.value)}
        visibilityToggleButtonProps={{ 'aria-label': `Show or hide: ${field.label}` }}
      />
    )
  }
  return <TextInput {...common} value={String(value ?? '')} onChange={(event) => onChange(event.currentTarget.value)} />
}
