import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { call } from '../../api.ts'
import { useChange } from '../../components/changes.ts'
import { DeleteDialog } from '../../components/dialog.tsx'
import { Section } from '../../components/page.tsx'
import { Loaded, Note, Tag } from '../../components/states.tsx'
import { Table } from '../../components/table.tsx'
import { count } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'
import { type ApiAccess, type Application, accessQuery } from './application.ts'

/** The APIs that an application may ask tokens for. */
export default function Apis({ application }: { application: Application }) {
  const access = useQuery(accessQuery(application.id))
  const { mayWrite } = useSession()
  const [, navigate] = useLocation()
  const [revoking, setRevoking] = useState<ApiAccess>()
  const at = `/applications/${application.id}/apis`
  const setAuthorized = (api: ApiAccess, isAuthorized: boolean) =>
    call(`PATCH /api/v1/apis/${api.id}/applications`, {
      body: { applications: [{ id: application.id, ...(isAuthorized ? {} : { operation: 'delete' }) }] },
    })
  const authorize = useChange((api: ApiAccess) => setAuthorized(api, true), { keys: ['access', 'api'] })
  const revoke = useChange((api: ApiAccess) => setAuthorized(api, false), {
    keys: ['access', 'api'],
    done: 'The authorization was revoked.',
  })
  return (
    <Section title="APIs" lede="A token is for one API and carries the scopes that are chosen for it here.">
      <Loaded query={access}>
        {({ apis }) => (
          <div className="stack">
            {apis.every(({ is_authorized }) => !is_authorized) && (
              <Note>
                This application is authorized for no API, so it gets no token. To call this server, authorize it for
                the <strong>{apis.find(({ is_management_api }) => is_management_api)?.name}</strong>.
              </Note>
            )}
            <Table
              label="APIs"
              rows={apis}
              rowKey={({ id }) => id}
              columns={[
                {
                  title: 'API',
                  cell: ({ id, name, audience, is_authorized }) => (
                    <>
                      {is_authorized ? (
                        <Link href={`${at}/${id}`}>{name}</Link>
                      ) : (
                        <span className="primary">{name}</span>
                      )}
                      <span className="sub">
                        <code>{audience}</code>
                      </span>
                    </>
                  ),
                },
                {
                  title: 'State',
                  wide: true,
                  cell: ({ is_authorized, scope_ids }) =>
                    !is_authorized ? (
                      <Tag>Not authorized</Tag>
                    ) : scope_ids.length === 0 ? (
                      <Tag tone="warn">No scopes</Tag>
                    ) : (
                      <Tag tone="good">{count(scope_ids.length, 'scope')}</Tag>
                    ),
                },
                {
                  title: '(Actions)',
                  tight: true,
                  right: true,
                  cell: (api) =>
                    api.is_authorized ? (
                      <span className="row" style={{ flexWrap: 'nowrap', justifyContent: 'flex-end' }}>
                        <Button size="xs" variant="default" onClick={() => navigate(`${at}/${api.id}`)}>
                          Scopes
                        </Button>
                        {mayWrite && (
                          <Button
                            size="xs"
                            variant="subtle"
                            color="red"
                            onClick={() => setRevoking(api)}
                            aria-label={`Revoke the authorization for ${api.name}`}
                          >
                            Revoke
                          </Button>
                        )}
                      </span>
                    ) : (
                      mayWrite && (
                        <Button
                          size="xs"
                          loading={authorize.isPending && authorize.variables?.id === api.id}
                          onClick={() => authorize.mutate(api, { onSuccess: () => navigate(`${at}/${api.id}`) })}
                          aria-label={`Authorize for ${api.name}`}
                        >
                          Authorize
                        </Button>
                      )
                    ),
                },
              ]}
            />
          </div>
        )}
      </Loaded>
      {revoking && (
        <DeleteDialog
          verb="Revoke"
          what="the authorization"
          name={`${application.name} for ${revoking.name}`}
          close={() => setRevoking(undefined)}
          remove={async () => {
            await revoke.mutateAsync(revoking)
            setRevoking(undefined)
          }}
        >
          <Note tone="warn">
            {count(revoking.scope_ids.length, 'scope')} of the application{' '}
            {revoking.scope_ids.length === 1 ? 'goes' : 'go'} too, and it gets no further token for this API.
          </Note>
        </DeleteDialog>
      )}
    </Section>
  )
}
