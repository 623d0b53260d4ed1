import { Modal } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import { call } from '../../api.ts'
import { Code, Value } from '../../components/copy.tsx'
import { List, type PageOf, usePages } from '../../components/list.tsx'
import { Fact, Facts } from '../../components/page.tsx'
import { Empty, Tag } from '../../components/states.tsx'
import { exactTime, Time } from '../../components/time.tsx'

export interface ActivityEvent {
  id: string
  type: string
  source: string
  created_at: string
  request_id: string | null
  actor: { kind: 'application' | 'administrator' | 'server'; id: string | null; name: string | null }
  subject: string | null
  data: Record<string, unknown>
  change: { before: Record<string, unknown>; after: Record<string, unknown> } | null
  is_test: boolean
}

export interface EventFilters {
  type?: string
  actor?: string
  subject?: string
  source?: string
  since?: string
}

async function readEvents(filters: EventFilters, cursor: string | undefined): Promise<PageOf<ActivityEvent>> {
  const { events, next_token } = await call<{ events: ActivityEvent[]; next_token: string | null }>(
    'GET /admin/api/activity',
    { query: { ...filters, page_size: 50, next_token: cursor } },
  )
  return { rows: events, next: next_token }
}

/** What changed, newest first; each with who did it, and before and after. */
export function Events({ filters, hideSubject = false }: { filters: EventFilters; hideSubject?: boolean }) {
  const [shown, setShown] = useState<ActivityEvent>()
  const pages = usePages(['activity', filters], (cursor) => readEvents(filters, cursor))
  const isFiltered = Object.values(filters).some(Boolean)
  return (
    <>
      <List
        pages={pages}
        label="Activity"
        noun="event"
        rowKey={({ id }) => id}
        columns={[
          {
            title: 'What',
            cell: (event) => (
              <>
                <button type="button" className="link-button primary" onClick={() => setShown(event)}>
                  {sentence(event.type)}
                </button>
                {!hideSubject && event.subject && <span className="sub">{event.subject}</span>}
              </>
            ),
          },
          { title: 'By', wide: true, cell: ({ actor }) => <Actor actor={actor} /> },
          { title: 'Source', wide: true, cell: ({ source, is_test }) => <Tag>{is_test ? 'test' : source}</Tag> },
          { title: 'When', tight: true, cell: ({ created_at }) => <Time at={created_at} /> },
        ]}
        empty={
          <Empty icon="activity" title={isFiltered ? 'Nothing like that happened' : 'Nothing has changed yet'}>
            Every change is kept here: who made it, when, and what was before. Changes come from this console, from
            applications that call the API, and from people themselves.
          </Empty>
        }
      />
      <Modal
        opened={shown !== undefined}
        onClose={() => setShown(undefined)}
        title={shown && sentence(shown.type)}
        size="lg"
      >
        {shown && <Detail event={shown} />}
      </Modal>
    </>
  )
}

/** `user.created` as words: "User created". */
export function sentence(type: string): string {
  const words = type.replaceAll(/[._]/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function Actor({ actor }: { actor: ActivityEvent['actor'] }) {
  if (actor.kind === 'server') return <span className="soft">The server</span>
  const name = actor.name ?? actor.id ?? 'Unknown'
  if (actor.kind === 'application' && actor.id !== null) return <Link href={`/applications/${actor.id}`}>{name}</Link>
  return <span>{name}</span>
}

function Detail({ event }: { event: ActivityEvent }) {
  const names = event.change
    ? [...new Set([...Object.keys(event.change.before), ...Object.keys(event.change.after)])]
    : []
  const text = (value: unknown) =>
    value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value, null, 1)
  return (
    <div className="stack">
      <Facts>
        <Fact name="Type">
          <code>{event.type}</code>
        </Fact>
        <Fact name="When">{exactTime(event.created_at)}</Fact>
        <Fact name="By">
          <Actor actor={event.actor} />
        </Fact>
        {event.subject && (
          <Fact name="On">
            <Value text={event.subject} what="the id" />
          </Fact>
        )}
        {event.request_id && (
          <Fact name="Request">
            <Value text={event.request_id} what="the request id" />
          </Fact>
        )}
      </Facts>
      {names.length > 0 && (
        <table className="changes">
          <thead>
            <tr>
              <th scope="col">Member</th>
              <th scope="col">Before</th>
              <th scope="col">After</th>
            </tr>
          </thead>
          <tbody>
            {names.map((name) => (
              <tr key={name}>
                <th scope="row">
                  <code>{name}</code>
                </th>
                <td>{text(event.change?.before[name])}</td>
                <td>{text(event.change?.after[name])}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Code text={JSON.stringify(event.data, null, 2)} what="the data" />
    </div>
  )
}
