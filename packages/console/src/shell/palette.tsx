import { useDebouncedValue } from '@mantine/hooks'
import { Spotlight, type SpotlightActionData, type SpotlightActionGroupData, spotlight } from '@mantine/spotlight'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useLocation } from 'wouter'
import { Icon } from '../components/icon.tsx'
import { findThings } from '../data/search.ts'
import { navigation } from './navigation.ts'

/** Goes to any page, and finds users, organizations and applications by what one types. */
export default function Palette() {
  const [, navigate] = useLocation()
  // It is fetched when it is first wanted, and then opens by itself.
  useEffect(() => spotlight.open(), [])
  const [typed, setTyped] = useState('')
  const [wanted] = useDebouncedValue(typed.trim(), 150)
  const found = useQuery({
    queryKey: ['palette', wanted],
    queryFn: () => findThings(wanted),
    enabled: wanted.length >= 2,
    placeholderData: (before) => before,
  })
  const matches = (text: string) => text.toLowerCase().includes(typed.trim().toLowerCase())
  const pages: SpotlightActionData[] = navigation
    .flatMap(({ places }) => places)
    .filter(({ label, words }) => matches(`${label} ${words ?? ''}`))
    .map(({ to, label, icon }) => ({
      id: to,
      label,
      leftSection: <Icon name={icon} />,
      onClick: () => navigate(to),
    }))
  const things: SpotlightActionData[] = (wanted.length >= 2 ? (found.data ?? []) : []).map(
    ({ to, label, about, icon }) => ({
      id: to,
      label,
      description: about,
      leftSection: <Icon name={icon} />,
      onClick: () => navigate(to),
    }),
  )
  const actions: SpotlightActionGroupData[] = [
    ...(pages.length > 0 ? [{ group: 'Pages', actions: pages }] : []),
    ...(things.length > 0 ? [{ group: 'Found', actions: things }] : []),
  ]
  return (
    <Spotlight
      lockScroll={false}
      shortcut={null}
      actions={actions}
      // The list is made to fit what is typed already.
      filter={(_query, given) => given}
      query={typed}
      onQueryChange={setTyped}
      nothingFound={found.isFetching ? 'Searching…' : 'Nothing is called that.'}
      highlightQuery
      scrollable
      maxHeight={420}
      searchProps={{
        leftSection: <Icon name="search" />,
        placeholder: 'A page, a person, an organization, an application',
        'aria-label': 'Search or go to',
      }}
    />
  )
}
