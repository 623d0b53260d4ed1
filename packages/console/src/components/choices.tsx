import { Button, Checkbox, TextInput } from '@mantine/core'
import { type ReactNode, useMemo, useState } from 'react'
import { useSession } from '../session/session.tsx'
import { useForm } from './form.ts'
import { Icon } from './icon.tsx'
import { Empty, Refusal } from './states.tsx'
import { count } from './time.tsx'

export interface Entry {
  id: string
  /** what code calls it */
  key: string
  /** what people call it, where that is something else */
  name?: string
  about?: string | null | undefined
}

/** With more entries than that there is a search, and groups are closed until one looks into them. */
const mostOpen = 12

/**
 * A list of boxes to tick, in groups where there are several, that is saved as a whole.
 * @param groups what there is to choose from
 * @param held ids of what is chosen already
 * @param save writes what is new in the choice, and what is no longer in it
 */
export function Choices({
  groups,
  held,
  noun,
  save,
}: {
  groups: { name: string; entries: Entry[] }[]
  held: string[]
  noun: string
  save: (added: string[], removed: string[]) => Promise<unknown>
}) {
  const { mayWrite } = useSession()
  const [typed, setTyped] = useState('')
  const before = useMemo(() => held.toSorted(), [held])
  const form = useForm({ ids: before }, ({ ids }) =>
    save(
      ids.filter((id) => !before.includes(id)),
      before.filter((id) => !ids.includes(id)),
    ),
  )
  const chosen = new Set(form.values.ids)
  const toggle = (ids: string[], isOn: boolean) =>
    form.set('ids', (isOn ? [...chosen.union(new Set(ids))] : [...chosen.difference(new Set(ids))]).sort())
  const total = groups.reduce((sum, { entries }) => sum + entries.length, 0)
  const wanted = typed.trim().toLowerCase()
  const shown = groups
    .map((group) => ({
      ...group,
      entries: group.entries.filter(({ key, name, about }) =>
        `${group.name} ${key} ${name ?? ''} ${about ?? ''}`.toLowerCase().includes(wanted),
      ),
    }))
    .filter(({ entries }) => entries.length > 0)
  return (
    <form onSubmit={form.submit} className="stack">
      {total > mostOpen && (
        <TextInput
          type="search"
          aria-label={`Search the ${noun}s`}
          placeholder={`Search the ${noun}s`}
          leftSection={<Icon name="search" size={16} />}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          maw={420}
        />
      )}
      {shown.length === 0 && <Empty icon="search" title={`No ${noun} is like that`} />}
      <div>
        {shown.map(({ name, entries }) => {
          const ids = entries.map(({ id }) => id)
          const rows = entries.map((entry) => (
            <Choice
              key={entry.id}
              entry={entry}
              isOn={chosen.has(entry.id)}
              toggle={mayWrite ? (isOn) => toggle([entry.id], isOn) : undefined}
            />
          ))
          if (groups.length === 1) return <div key={name}>{rows}</div>
          return (
            <ChoiceGroup
              key={name}
              name={name}
              noun={noun}
              total={ids.length}
              on={ids.filter((id) => chosen.has(id)).length}
              isOpen={wanted !== '' || total <= mostOpen}
              toggle={mayWrite ? (isOn) => toggle(ids, isOn) : undefined}
            >
              {rows}
            </ChoiceGroup>
          )
        })}
      </div>
      {form.refusal !== undefined && <Refusal error={form.refusal} />}
      {mayWrite && (
        <div className="save-bar">
          <span className="soft small number" aria-live="polite">
            {count(chosen.size, noun)} chosen
          </span>
          <Button type="submit" loading={form.isBusy} disabled={!form.isChanged}>
            Save {noun}s
          </Button>
        </div>
      )}
    </form>
  )
}

function Choice({
  entry: { key, name, about },
  isOn,
  toggle,
}: {
  entry: Entry
  isOn: boolean
  toggle: ((isOn: boolean) => void) | undefined
}) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the box is one
    <label className="scope">
      <Checkbox
        checked={isOn}
        disabled={toggle === undefined}
        onChange={(event) => toggle?.(event.currentTarget.checked)}
      />
      <span className="row" style={{ gap: '0 0.5rem' }}>
        {name && <span>{name}</span>}
        <code className={name ? 'soft' : undefined}>{key}</code>
      </span>
      {about && <span className="soft">{about}</span>}
    </label>
  )
}

/** Choices that belong together, with a box for all of them. A long group is closed until one looks into it. */
export function ChoiceGroup({
  name,
  noun,
  total,
  on,
  isOpen,
  toggle,
  children,
}: {
  name: string
  noun: string
  total: number
  on: number
  isOpen: boolean
  toggle: ((isOn: boolean) => void) | undefined
  children: ReactNode
}) {
  const [isWanted, setWanted] = useState(on > 0 && total <= mostOpen)
  const isShown = isOpen || isWanted
  return (
    <div className="group">
      <div className="group-head">
        <Checkbox
          checked={on === total}
          indeterminate={on > 0 && on < total}
          disabled={toggle === undefined}
          onChange={(event) => toggle?.(event.currentTarget.checked)}
          aria-label={`All ${noun}s of ${name}`}
        />
        <button type="button" aria-expanded={isShown} onClick={() => setWanted(!isWanted)}>
          <span>{name}</span>
          <span className="soft small number">
            {on} of {total}
          </span>
          <Icon name={isShown ? 'down' : 'right'} size={16} />
        </button>
      </div>
      {isShown && <div className="group-body">{children}</div>}
    </div>
  )
}
