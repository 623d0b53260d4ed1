import { Checkbox, Select, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useLocation } from 'wouter'
import { call } from '../../api.ts'
import { useRefresh } from '../../components/changes.ts'
import { FormDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { organizationNamesQuery } from './user.ts'

/** Makes a user with up to three identities and goes to their profile. */
export function NewUser({ close }: { close: () => void }) {
  const [, navigate] = useLocation()
  const refresh = useRefresh()
  const organizations = useQuery(organizationNamesQuery)
  const form = useForm(
    {
      given_name: '',
      family_name: '',
      email: '',
      is_verified: true,
      phone: '',
      phone_country_id: '',
      username: '',
      organization_code: '',
      provided_id: '',
    },
    async (values) => {
      const identities = [
        values.email !== '' && { type: 'email', is_verified: values.is_verified, details: { email: values.email } },
        values.phone !== '' && {
          type: 'phone',
          details: {
            phone: values.phone,
            ...(values.phone_country_id === '' ? {} : { phone_country_id: values.phone_country_id }),
          },
        },
        values.username !== '' && { type: 'username', details: { username: values.username } },
      ].filter((identity) => identity !== false)
      const { id } = await call<{ id: string }>('POST /api/v1/user', {
        body: {
          profile: { given_name: values.given_name, family_name: values.family_name },
          identities,
          ...(values.organization_code === '' ? {} : { organization_code: values.organization_code }),
          ...(values.provided_id === '' ? {} : { provided_id: values.provided_id }),
        },
      })
      await refresh('users')
      navigate(`/users/${id}`)
    },
    {
      'profile.given_name': 'given_name',
      'profile.family_name': 'family_name',
      'identities[0].details.email': 'email',
      'identities.0.details.email': 'email',
    },
  )
  const { email, phone, username } = form.values
  return (
    <FormDialog
      title="Add a user"
      form={form}
      close={close}
      submitLabel="Add user"
      canSubmit={email !== '' || phone !== '' || username !== ''}
    >
      <div className="halves" style={{ gap: '0.75rem' }}>
        <TextInput {...form.text('given_name')} label="First name" data-autofocus />
        <TextInput {...form.text('family_name')} label="Last name" />
      </div>
      <TextInput
        {...form.text('email')}
        label="E-mail"
        type="email"
        description="At least one of e-mail, phone and username is needed."
      />
      <Checkbox {...form.box('is_verified')} label="The e-mail address is known to be theirs" />
      <div className="halves" style={{ gap: '0.75rem' }}>
        <TextInput {...form.text('phone')} label="Phone" placeholder="+61 412 345 678" type="tel" />
        <TextInput {...form.text('username')} label="Username" autoComplete="off" />
      </div>
      <Select
        label="Organization"
        placeholder="The default one"
        data={(organizations.data ?? []).map(({ code, name }) => ({ value: code, label: name }))}
        value={form.values.organization_code || null}
        onChange={(code) => form.set('organization_code', code ?? '')}
        error={form.fault('organization_code')}
        searchable
        clearable
        clearButtonProps={{ 'aria-label': 'The default organization' }}
      />
      <TextInput
        {...form.text('provided_id')}
        label="Your own id"
        description="The id under which another system of yours knows this person."
      />
    </FormDialog>
  )
}
