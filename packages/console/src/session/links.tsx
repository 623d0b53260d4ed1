import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useLocation } from 'wouter'
import { call } from '../api.ts'
import { Mark } from '../components/brand.tsx'
import { useForm } from '../components/form.ts'
import { Bones, Note, Refusal } from '../components/states.tsx'
import { roleNames } from './session.tsx'

const titles = {
  setup: ['Make the owner account', 'Owners can do everything, and invite others.', 'Make the account'],
  invite: ['Join as an administrator', 'Choose a password and you are in.', 'Join'],
  reset: ['Choose a new password', 'Every other session of yours ends.', 'Set the password'],
} as const

interface Link {
  purpose: keyof typeof titles
  name: string | null
  email: string | null
  role: string
}

/** Pages of the links that work once: the owner's first account, an invitation, a new password. */
export default function Links() {
  const [, navigate] = useLocation()
  const queries = useQueryClient()
  // Read once and taken out of the address bar, where it could be seen or shared.
  const [token] = useState(() => new URLSearchParams(window.location.search).get('token') ?? '')
  useEffect(() => window.history.replaceState(null, '', window.location.pathname), [])
  const link = useQuery({
    queryKey: ['link', token],
    queryFn: () => call<{ link: Link }>('POST /admin/api/links/inspect', { body: { token } }),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const [title, lede, submit] = titles[link.data?.link.purpose ?? 'invite']
  useEffect(() => {
    document.title = `${title} · Kindred`
  }, [title])
  return (
    <main className="gate">
      <span className="brand">
        <Mark />
        Kindred
      </span>
      {link.isError ? (
        <div className="stack">
          <h1>This link does not work</h1>
          <Refusal error={link.error} />
          <p>
            A link works once, and for a limited time. Start the server again for a new setup link, or ask an owner for
            a new invitation.
          </p>
          <Button variant="default" onClick={() => navigate('/')}>
            Go to sign-in
          </Button>
        </div>
      ) : link.data === undefined ? (
        <Bones />
      ) : (
        <div className="stack">
          <h1>{title}</h1>
          <p>{lede}</p>
          <Account
            {...link.data.link}
            submitLabel={submit}
            redeem={async (values) => {
              await call('POST /admin/api/links/redeem', { body: { token, ...values } })
              await queries.resetQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'link' })
              navigate('/')
            }}
          />
        </div>
      )}
    </main>
  )
}

function Account({
  purpose,
  name,
  email,
  role,
  submitLabel,
  redeem,
}: Link & {
  submitLabel: string
  redeem: (values: { password: string; name?: string; email?: string }) => Promise<void>
}) {
  const form = useForm(
    { name: name ?? '', email: email ?? '', password: '' },
    (values) =>
      redeem({
        password: values.password,
        ...(purpose === 'reset' ? {} : { name: values.name }),
        ...(purpose === 'setup' ? { email: values.email } : {}),
      }),
    {},
    false,
  )
  return (
    <form className="stack" onSubmit={form.submit} noValidate>
      {purpose === 'invite' && (
        <Note>
          You join as <strong>{roleNames[role as keyof typeof roleNames] ?? role}</strong>.
        </Note>
      )}
      {purpose !== 'reset' && <TextInput {...form.text('name')} label="Name" autoComplete="name" autoFocus required />}
      <TextInput
        {...form.text('email')}
        label="E-mail"
        type="email"
        autoComplete="username"
        readOnly={purpose !== 'setup'}
        required
      />
      <PasswordInput
        {...form.text('password')}
        label="Password"
        description="At least 12 characters. A few words in a row are easy to remember and hard to guess."
        autoComplete="new-password"
        autoFocus={purpose === 'reset'}
        required
        visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the password' }}
      />
      {form.refusal !== undefined && <Refusal error={form.refusal} />}
      <Button type="submit" loading={form.isBusy}>
        {submitLabel}
      </Button>
    </form>
  )
}
