import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { call } from '../api.ts'
import { Mark } from '../components/brand.tsx'
import { Code } from '../components/copy.tsx'
import { useForm } from '../components/form.ts'
import { Refusal } from '../components/states.tsx'

/** Signing in; where there is no account yet, how to make the first one. */
export function SignIn({ needsSetup }: { needsSetup: boolean }) {
  const queries = useQueryClient()
  const form = useForm(
    { email: '', password: '' },
    async (values) => {
      await call('POST /admin/api/session', { body: values })
      await queries.resetQueries()
    },
    {},
    false,
  )
  useEffect(() => {
    document.title = 'Sign in · Kindred'
  }, [])
  return (
    <main className="gate">
      <span className="brand">
        <Mark />
        Kindred
      </span>
      {needsSetup ? (
        <div className="stack">
          <h1>Make the owner account</h1>
          <p>
            Nobody can sign in yet. When the server started it printed a link under “Console” that makes the first
            account. The link works once.
          </p>
          <p>Is it out of sight or has it run out? Start the server again and it prints a new one.</p>
          <Code text="npm start" what="the command" />
        </div>
      ) : (
        <form className="stack" onSubmit={form.submit} noValidate>
          <h1>Sign in</h1>
          <TextInput {...form.text('email')} label="E-mail" type="email" autoComplete="username" autoFocus required />
          <PasswordInput
            {...form.text('password')}
            label="Password"
            autoComplete="current-password"
            required
            visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the password' }}
          />
          {form.refusal !== undefined && <Refusal error={form.refusal} />}
          <Button
            type="submit"
            loading={form.isBusy}
            disabled={form.values.email === '' || form.values.password === ''}
          >
            Sign in
          </Button>
          <p className="small">
            Forgot the password? An owner can make a reset link for you on the Administrators page.
          </p>
        </form>
      )}
    </main>
  )
}
