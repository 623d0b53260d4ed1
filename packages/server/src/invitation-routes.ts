import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Environment } from './environment.ts'
import { ApiError } from './errors.ts'
import { recordEvents } from './journal/record.ts'
import type { Surface } from './server.ts'
import { escapeHtml } from './start-page.ts'
import { acceptInvite, findOpenInvite, invitePath } from './store/invites.ts'
import { requireOrganization } from './store/organizations.ts'

const closed = 'This invitation is not open any more. Ask for a new one.'

/** The page that an invite's link leads to. It changes nothing until somebody accepts: links are also opened by machines. */
export function invitationRoutes(app: FastifyInstance, { environment }: Surface): void {
  const { store, ids } = environment

  app.get(invitePath, async function showInvitation(request, reply) {
    const { code } = request.query as Record<string, unknown>
    const found = await openInvite(environment, code)
    if (found === undefined) return page(reply, 404, `<p>${closed}</p>`)
    const { invite, organization } = found
    return page(
      reply,
      200,
      `<p>${escapeHtml(invite.email)} is invited to ${escapeHtml(organization.name)}.</p>
<form method="post"><input type="hidden" name="code" value="${escapeHtml(String(code))}"><button>Accept</button></form>`,
    )
  })

  app.post(invitePath, async function acceptInvitation(request, reply) {
    const code = new URLSearchParams(String(request.body ?? '')).get('code')
    const found = await openInvite(environment, code)
    if (found === undefined) return page(reply, 404, `<p>${closed}</p>`)
    const { invite, organization } = found
    const now = environment.now()
    try {
      const isQueued = await store.write(async (db) => {
        const user = await acceptInvite(db, invite, { ids, now })
        const data = {
          organization: { code: organization.code },
          invite: { id: invite.id },
          user: { id: user.data.user.id },
        }
        const actor = { source: 'user', applicationId: null, requestId: request.id } as const
        return recordEvents(db, [user, { type: 'organization.invite_accepted', data }], { actor, ids, now })
      })
      if (isQueued) environment.webhooks.wake()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return page(reply, error.status, `<p>${escapeHtml(error.message)}</p>`)
    }
    return page(reply, 200, `<p>You are a member of ${escapeHtml(organization.name)} now. You can close this page.</p>`)
  })
}

async function openInvite({ store, now }: Environment, code: unknown) {
  if (typeof code !== 'string' || code.includes('\0')) return undefined
  const invite = await findOpenInvite(store.read, code, now())
  if (invite === undefined) return undefined
  return { invite, organization: await requireOrganization(store.read, invite.organization_code) }
}

function page(reply: FastifyReply, status: number, content: string): FastifyReply {
  reply.headers({
    // The address holds what opens the invite: it is for nobody else.
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  })
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .send(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Invitation</title></head>
<body>
${content}
</body>
</html>
`)
}
