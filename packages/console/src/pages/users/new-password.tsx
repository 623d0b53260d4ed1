import { PasswordInput, Switch } from '@mantine/core'
import { call } from '../../api.ts'
import { tell } from '../../components/changes.ts'
import { FormDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { pbkdf2 } from './pbkdf2.ts'
import { nameOf, type User } from './user.ts'

/** The server takes hashes alone: the password is hashed here and does not leave the browser. */
export function NewPassword({ user, close }: { user: User; close: () => void }) {
  const form = useForm({ password: '', is_temporary_password: true }, async ({ password, ...values }) => {
    await call(`PUT /api/v1/users/${user.id}/password`, { body: { ...(await pbkdf2(password)), ...values } })
    tell(`The password of ${nameOf(user)} was set.`)
    close()
  })
  const { password } = form.values
  return (
    <FormDialog
      title={`Set a password for ${nameOf(user)}`}
      form={form}
      close={close}
      submitLabel="Set password"
      canSubmit={password.length >= 8}
    >
      <PasswordInput
        {...form.text('password')}
        label="Password"
        description="At least 8 characters. It is hashed in this browser; the server gets and keeps the hash alone."
        autoComplete="new-password"
        visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the password' }}
        data-autofocus
        required
      />
      <Switch {...form.box('is_temporary_password')} label="Temporary: a new one is asked for after the next sign-in" />
    </FormDialog>
  )
}
