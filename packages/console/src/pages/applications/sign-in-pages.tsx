import { Switch, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { useForm } from '../../components/form.ts'
import { FormEnd } from '../../components/form-end.tsx'
import { Section } from '../../components/page.tsx'
import { Loaded } from '../../components/states.tsx'
import { useSession } from '../../session/session.tsx'
import { type Application, accessQuery, type PageSwitch } from './application.ts'

const switches: { name: PageSwitch; label: string; about?: string }[] = [
  { name: 'is_ask_for_name', label: 'Ask for first and last name at sign-up' },
  { name: 'has_marketing_consent', label: 'A box to agree to marketing, at sign-up' },
  { name: 'has_sign_in_link_on_sign_up_page', label: 'A way from sign-up to sign-in' },
  { name: 'has_register_link_on_sign_in_page', label: 'A way from sign-in to sign-up' },
  {
    name: 'has_sign_in_with_sso_button',
    label: 'A button for single sign-on',
    about: 'Leads people to their company by their e-mail address.',
  },
  { name: 'use_gravatar_fallback', label: 'Pictures from Gravatar for people who have none' },
  {
    name: 'is_allow_faceless_auth',
    label: "The application's own pages stand in for these",
    about: 'It shows sign-in and sign-up itself.',
  },
]

/** What the pages offer on which people sign in to an application. */
export function SignInPages({ application }: { application: Application }) {
  const access = useQuery(accessQuery(application.id))
  return (
    <Section title="Pages" lede="What people find on the pages for signing in and up.">
      <Loaded query={access}>
        {({ language_key: language }) => (
          <Pages
            key={JSON.stringify([language, ...switches.map(({ name }) => application[name])])}
            application={application}
            language={language}
          />
        )}
      </Loaded>
    </Section>
  )
}

function Pages({ application, language }: { application: Application; language: string }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const form = useForm(
    {
      ...(Object.fromEntries(switches.map(({ name }) => [name, application[name] ?? false])) as Record<
        PageSwitch,
        boolean
      >),
      language_key: language,
    },
    async (body) => {
      await call(`PATCH /api/v1/applications/${application.id}`, { body })
      await refresh('application', 'access')
      tell('The pages were saved.')
    },
  )
  return (
    <form onSubmit={form.submit} className="stack" style={{ maxWidth: '40rem' }}>
      {switches.map(({ name, label, about }) => (
        <Switch key={name} {...form.box(name)} label={label} description={about} disabled={!mayWrite} />
      ))}
      <TextInput
        {...form.text('language_key')}
        label="Language"
        description="Such as en or pt-BR. Empty: the one of the environment."
        maw={240}
        readOnly={!mayWrite}
      />
      <FormEnd form={form} label="Save pages" />
    </form>
  )
}
