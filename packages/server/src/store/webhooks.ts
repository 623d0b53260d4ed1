import { notFound } from '../errors.ts'
import type { Db, WebhookRow } from './tables.ts'

/** @throws {ApiError} 404 WEBHOOK_NOT_FOUND */
export async function requireWebhook(db: Db, id: string): Promise<WebhookRow> {
  const row = await db.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw notFound('webhook', id)
  return row
}

/** Puts the list of events that a webhook wants in the place of the one that it had. */
export async function putEventTypes(db: Db, webhookId: string, types: readonly string[]): Promise<void> {
  await db.deleteFrom('webhook_event_types').where('webhook_id', '=', webhookId).execute()
  const rows = types.map((type, place) => ({ webhook_id: webhookId, type, place }))
  if (rows.length > 0) await db.insertInto('webhook_event_types').values(rows).execute()
}

/** The events that webhooks want, by the webhook's id. @param webhookId of one webhook; all when left out */
export async function eventTypesOf(db: Db, webhookId?: string): Promise<Map<string, string[]>> {
  const all = db.selectFrom('webhook_event_types').select(['webhook_id', 'type'])
  const rows = await (webhookId === undefined ? all : all.where('webhook_id', '=', webhookId))
    .orderBy('webhook_id')
    .orderBy('place')
    .execute()
  const types = new Map<string, string[]>()
  for (const row of rows) types.set(row.webhook_id, [...(types.get(row.webhook_id) ?? []), row.type])
  return types
}

/**
 * Switches a webhook off: nothing is sent to it or queued for it, and what was waiting is given up. It can be sent once
 * the webhook is switched on again (`resend`).
 * @returns whether it was switched on
 */
export async function disableWebhook(db: Db, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('webhooks')
    .set({ is_enabled: false })
    .where('id', '=', id)
    .where('is_enabled', '=', true)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) return false
  await db
    .updateTable('webhook_deliveries')
    .set({ state: 'failed', next_attempt_at_ms: null, claimed_by: null })
    .where('webhook_id', '=', id)
    .where('next_attempt_at_ms', 'is not', null)
    .execute()
  return true
}

/** Switches a webhook on, with its failures forgotten. @returns whether it was switched off */
export async function enableWebhook(db: Db, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('webhooks')
    .set({ is_enabled: true, failing_since_ms: null })
    .where('id', '=', id)
    .where('is_enabled', '=', false)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}
