import { Checkbox, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useLocation } from 'wouter'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { FormDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { Loaded } from '../../components/states.tsx'
import { eventTypesQuery, type Webhook } from './webhook.ts'

/** Makes a webhook, or changes one. */
export function EditWebhook({ webhook, close }: { webhook?: Webhook; close: () => void }) {
  const [, navigate] = useLocation()
  const refresh = useRefresh()
  const types = useQuery(eventTypesQuery)
  const form = useForm(
    {
      name: webhook?.name ?? '',
      endpoint: webhook?.endpoint ?? '',
      description: webhook?.description ?? '',
      event_types: webhook?.event_types ?? [],
    },
    async ({ endpoint, ...values }) => {
      if (webhook === undefined) {
        const reply = await call<{ webhook: { id: string } }>('POST /api/v1/webhooks', {
          body: { endpoint, ...values },
        })
        await refresh('webhooks')
        navigate(`/webhooks/${reply.webhook.id}`)
        return
      }
      await call(`PATCH /api/v1/webhooks/${webhook.id}`, { body: values })
      await refresh('webhooks')
      tell(`${values.name} was saved.`)
      close()
    },
  )
  const { name, endpoint, event_types } = form.values
  const chosen = new Set(event_types)
  const toggle = (codes: string[], isOn: boolean) =>
    form.set(
      'event_types',
      isOn ? [...new Set([...event_types, ...codes])] : event_types.filter((code) => !codes.includes(code)),
    )
  return (
    <FormDialog
      title={webhook === undefined ? 'Add a webhook' : `Edit ${webhook.name}`}
      form={form}
      close={close}
      submitLabel="Save"
      canSubmit={name !== '' && endpoint !== '' && event_types.length > 0}
    >
      <TextInput {...form.text('name')} label="Name" placeholder="Customer database" data-autofocus required />
      <TextInput
        {...form.text('endpoint')}
        label="Address"
        description={webhook === undefined ? 'It stays; for another address add another webhook.' : undefined}
        placeholder="https://example.com/hooks/kindred"
        readOnly={webhook !== undefined}
        required
      />
      <Textarea {...form.text('description')} label="Description" autosize />
      <fieldset className="stack" style={{ border: 0, padding: 0, margin: 0 }}>
        <legend className="field-label">Events</legend>
        <Loaded query={types}>
          {(list) => {
            const groups = Map.groupBy(list, ({ code }) => code.split('.')[0]!)
            return (
              <div>
                {[...groups].map(([group, members]) => {
                  const codes = members.map(({ code }) => code)
                  const on = codes.filter((code) => chosen.has(code)).length
                  return (
                    <div key={group} className="scope" style={{ alignItems: 'start' }}>
                      <Checkbox
                        checked={on === codes.length}
                        indeterminate={on > 0 && on < codes.length}
                        onChange={(event) => toggle(codes, event.currentTarget.checked)}
                        aria-label={`All events of ${group}`}
                      />
                      <div className="stack-narrow">
                        <span className="primary">{group.replaceAll('_', ' ')}</span>
                        {members.map(({ code, name: label }) => (
                          <Checkbox
                            key={code}
                            size="xs"
                            label={label}
                            description={code}
                            checked={chosen.has(code)}
                            onChange={(event) => toggle([code], event.currentTarget.checked)}
                          />
                        ))}
                      </div>
                    </div>
                  )
                })}
              </div>
            )
          }}
        </Loaded>
        {form.fault('event_types') && <span className="bad small">{form.fault('event_types')}</span>}
      </fieldset>
    </FormDialog>
  )
}
