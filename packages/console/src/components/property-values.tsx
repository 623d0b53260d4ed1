import { Button, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { call } from '../api.ts'
import { useSession } from '../session/session.tsx'
import { tell, useRefresh } from './changes.ts'
import { useForm } from './form.ts'
import { Empty, Loaded, Refusal } from './states.tsx'

interface PropertyValue {
  id: string
  name: string
  description: string | null
  key: string
  value: string | null
}

/**
 * The property values of one user, organization or application, all in one form.
 * @param owner its address in the Management API
 * @param save writes the values that changed
 */
export function PropertyValues({
  owner,
  save,
}: {
  owner: `/api/v1/${string}`
  save: (changed: Record<string, string>) => Promise<unknown>
}) {
  const properties = useQuery({
    queryKey: ['property-values', owner],
    queryFn: async () => (await call<{ properties: PropertyValue[] }>(`GET ${owner}/properties`)).properties,
  })
  return (
    <Loaded query={properties}>
      {(list) =>
        list.length === 0 ? (
          <Empty icon="properties" title="No properties are defined">
            Properties are fields of your own for users, organizations and applications.{' '}
            <Link href="/properties">Define properties</Link>
          </Empty>
        ) : (
          <Fields key={JSON.stringify(list)} list={list} save={save} />
        )
      }
    </Loaded>
  )
}

function Fields({
  list,
  save,
}: {
  list: PropertyValue[]
  save: (changed: Record<string, string>) => Promise<unknown>
}) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const initial = Object.fromEntries(list.map(({ key, value }) => [key, value ?? '']))
  const form = useForm<Record<string, string>>(initial, async (values) => {
    await save(Object.fromEntries(Object.entries(values).filter(([key, value]) => value !== initial[key])))
    await refresh('property-values')
    tell('The properties were saved.')
  })
  return (
    <form onSubmit={form.submit} className="stack" style={{ maxWidth: '40rem' }}>
      {list.map(({ key, name, description }) => (
        <Textarea
          key={key}
          {...form.text(key)}
          label={name}
          description={description || undefined}
          autosize
          minRows={1}
          readOnly={!mayWrite}
        />
      ))}
      {form.refusal !== undefined && <Refusal error={form.refusal} />}
      {mayWrite && (
        <div>
          <Button type="submit" loading={form.isBusy} disabled={!form.isChanged}>
            Save properties
          </Button>
        </div>
      )}
    </form>
  )
}
