import { Select, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useLocation } from 'wouter'
import { call } from '../../api.ts'
import { useRefresh } from '../../components/changes.ts'
import { FormDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import type { ApplicationType } from './application.ts'

const types: { value: ApplicationType; title: string; about: string }[] = [
  { value: 'm2m', title: 'Machine to machine (M2M)', about: 'A script, a job or a service calls an API by itself.' },
  { value: 'reg', title: 'Back-end web', about: 'People sign in; pages are made on a server, which keeps a secret.' },
  { value: 'spa', title: 'Front-end and mobile', about: 'People sign in, in the browser or on a phone; no secret.' },
  { value: 'device', title: 'Device and IoT', about: 'A device without a keyboard; people confirm elsewhere.' },
]

/**
 * Makes an application and goes to it.
 * @param orgCode the organization that it is to belong to; then it is of the type M2M
 */
export function NewApplication({ close, orgCode }: { close: () => void; orgCode?: string }) {
  const [, navigate] = useLocation()
  const refresh = useRefresh()
  const organizations = useQuery({
    queryKey: ['organizations', 'all'],
    queryFn: async () =>
      (
        await call<{ organizations?: { code: string; name: string }[] }>('GET /api/v1/organizations', {
          query: { page_size: 500, sort: 'name_asc' },
        })
      ).organizations ?? [],
    enabled: orgCode === undefined,
  })
  const form = useForm(
    { name: '', type: 'm2m' as ApplicationType, org_code: orgCode ?? '' },
    async ({ name, type, org_code }) => {
      const body = { name, type, ...(type === 'm2m' && org_code !== '' ? { org_code } : {}) }
      const { application } = await call<{ application: { id: string } }>('POST /api/v1/applications', { body })
      await refresh('applications')
      navigate(`/applications/${application.id}`)
    },
  )
  return (
    <FormDialog
      title="Add an application"
      form={form}
      close={close}
      submitLabel="Add"
      canSubmit={form.values.name !== ''}
    >
      <TextInput {...form.text('name')} label="Name" placeholder="Nightly report" data-autofocus required />
      {orgCode === undefined && (
        <fieldset className="stack-narrow" style={{ border: 0, padding: 0, margin: 0 }}>
          <legend className="field-label">Type</legend>
          {types.map(({ value, title, about }) => (
            <label key={value} className="choice">
              <input
                type="radio"
                name="type"
                value={value}
                checked={form.values.type === value}
                onChange={() => form.set('type', value)}
              />
              <span>
                {title}
                <span className="soft small" style={{ display: 'block' }}>
                  {about}
                </span>
              </span>
            </label>
          ))}
        </fieldset>
      )}
      {form.values.type === 'm2m' && orgCode === undefined && (
        <Select
          label="Organization"
          description="With an organization, its tokens reach the data of that organization and no other. This stays."
          placeholder="General: all organizations"
          data={organizations.data?.map(({ code, name }) => ({ value: code, label: name })) ?? []}
          value={form.values.org_code || null}
          onChange={(code) => form.set('org_code', code ?? '')}
          error={form.fault('org_code')}
          searchable
          clearable
          clearButtonProps={{ 'aria-label': 'No organization' }}
        />
      )}
    </FormDialog>
  )
}
