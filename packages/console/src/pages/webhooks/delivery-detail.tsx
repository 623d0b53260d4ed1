import { Modal } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { call } from '../../api.ts'
import { Code } from '../../components/copy.tsx'
import { Loaded, Note, Tag } from '../../components/states.tsx'
import { exactTime } from '../../components/time.tsx'
import { sentence } from '../activity/events.tsx'
import type { Attempt, Delivery } from './webhook.ts'

/** Every attempt of a delivery: what was sent, and what came back. */
export function DeliveryDetail({ id, close }: { id: string; close: () => void }) {
  const delivery = useQuery({
    queryKey: ['deliveries', 'one', id],
    queryFn: async () =>
      (await call<{ delivery: Delivery & { attempts_log: Attempt[] } }>(`GET /admin/api/webhook_deliveries/${id}`))
        .delivery,
  })
  return (
    <Modal opened onClose={close} title={delivery.data ? sentence(delivery.data.event_type) : 'Delivery'} size="xl">
      <Loaded query={delivery}>
        {({ attempts_log }) =>
          attempts_log.length === 0 ? (
            <Note>It has not been sent yet.</Note>
          ) : (
            <div className="stack-wide">
              {[...attempts_log].reverse().map((attempt) => (
                <div key={attempt.attempt} className="stack">
                  <div className="row">
                    <strong>Attempt {attempt.attempt}</strong>
                    <Tag tone={attempt.response && attempt.response.status < 300 ? 'good' : 'bad'}>
                      {attempt.response?.status ?? 'No answer'}
                    </Tag>
                    <span className="soft small number">
                      {exactTime(attempt.started_at)}, {attempt.duration_ms} ms
                    </span>
                  </div>
                  {attempt.error && <Note tone="bad">{attempt.error}</Note>}
                  {attempt.request.claims && (
                    <Part title="Payload" text={JSON.stringify(attempt.request.claims, null, 2)} />
                  )}
                  <Part title="Request body" text={attempt.request.body} />
                  <Part title="Request headers" text={headers(attempt.request.headers)} isClosed />
                  {attempt.response && (
                    <Part
                      title="Reply"
                      text={`${headers(attempt.response.headers)}\n\n${attempt.response.body}`}
                      isClosed
                    />
                  )}
                </div>
              ))}
            </div>
          )
        }
      </Loaded>
    </Modal>
  )
}

function Part({ title, text, isClosed = false }: { title: string; text: string; isClosed?: boolean }) {
  return (
    <details open={!isClosed}>
      <summary className="small">{title}</summary>
      <div style={{ marginTop: '0.375rem' }}>
        <Code text={text} what={title.toLowerCase()} wrap />
      </div>
    </details>
  )
}

function headers(all: Record<string, string>): string {
  return Object.entries(all)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')
}
