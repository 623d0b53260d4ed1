import { Select, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { useSearchParams } from 'wouter'
import { call } from '../../api.ts'
import { Icon } from '../../components/icon.tsx'
import { Page } from '../../components/page.tsx'
import { Events, sentence } from './events.tsx'

const spans = [
  { value: '', label: 'At any time' },
  { value: '1', label: 'In the last day' },
  { value: '7', label: 'In the last 7 days' },
  { value: '30', label: 'In the last 30 days' },
]

export default function Activity() {
  const [search, setSearch] = useSearchParams()
  const types = useQuery({
    queryKey: ['activity-types'],
    queryFn: async () => (await call<{ types: string[] }>('GET /admin/api/activity/types')).types,
  })
  const get = (name: string) => search.get(name) ?? ''
  const set = (name: string, value: string) =>
    setSearch(
      (before) => {
        if (value === '') before.delete(name)
        else before.set(name, value)
        return before
      },
      { replace: true },
    )
  const [typed, setTyped] = useState(get('subject'))
  const searchSoon = useDebouncedCallback((value: string) => set('subject', value.trim()), 250)
  const days = get('days')
  const since = useMemo(
    () => (days === '' ? undefined : new Date(Date.now() - Number(days) * 86_400_000).toISOString()),
    [days],
  )
  const filters = {
    ...(get('type') === '' ? {} : { type: get('type') }),
    ...(get('subject') === '' ? {} : { subject: get('subject') }),
    ...(get('source') === '' ? {} : { source: get('source') }),
    ...(get('actor') === '' ? {} : { actor: get('actor') }),
    ...(since === undefined ? {} : { since }),
  }
  return (
    <Page title="Activity" lede="What changed, who did it, and what was before.">
      <div className="toolbar">
        <TextInput
          className="grow"
          type="search"
          aria-label="Id of what changed"
          placeholder="Id, code or key of what changed"
          leftSection={<Icon name="search" size={16} />}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value)
            searchSoon(event.currentTarget.value)
          }}
        />
        <Select
          aria-label="Type"
          placeholder="All types"
          data={(types.data ?? []).map((type) => ({ value: type, label: sentence(type) }))}
          value={get('type') || null}
          onChange={(type) => set('type', type ?? '')}
          searchable
          clearable
          clearButtonProps={{ 'aria-label': 'All types' }}
        />
        <Select
          aria-label="Source"
          data={[
            { value: '', label: 'From anywhere' },
            { value: 'admin', label: 'From this console' },
            { value: 'api', label: 'Through the API' },
            { value: 'user', label: 'By people themselves' },
          ]}
          value={get('source')}
          onChange={(source) => set('source', source ?? '')}
          allowDeselect={false}
        />
        <Select
          aria-label="When"
          data={spans}
          value={days}
          onChange={(value) => set('days', value ?? '')}
          allowDeselect={false}
        />
      </div>
      <Events filters={filters} />
    </Page>
  )
}
