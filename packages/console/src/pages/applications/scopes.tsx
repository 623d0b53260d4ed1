import { Button, Checkbox, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { Link, Redirect, useParams } from 'wouter'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { ChoiceGroup } from '../../components/choices.tsx'
import { useForm } from '../../components/form.ts'
import { Icon } from '../../components/icon.tsx'
import { Section } from '../../components/page.tsx'
import { Bones, Empty, Loaded, Refusal } from '../../components/states.tsx'
import { count } from '../../components/time.tsx'
import { byScope, type Operation, operationsQuery } from '../../data/operations.ts'
import { useSession } from '../../session/session.tsx'
import { type ApiAccess, type Application, accessQuery, apiScopesQuery, type Scope } from './application.ts'

/** The scopes of one API for one application. */
export default function Scopes({ application }: { application: Application }) {
  const { apiId } = useParams<{ apiId: string }>()
  const access = useQuery(accessQuery(application.id))
  const scopes = useQuery(apiScopesQuery(apiId))
  const operations = useQuery(operationsQuery)
  const at = `/applications/${application.id}/apis`
  return (
    <Loaded query={access} lines={8}>
      {({ apis }) => {
        const api = apis.find(({ id, is_authorized }) => id === apiId && is_authorized)
        if (api === undefined) return <Redirect to={at} replace />
        return (
          <Section
            title={`Scopes for ${api.name}`}
            lede={
              <>
                Its tokens for <code>{api.audience}</code> carry the scopes chosen here. Choose no more than it needs.
              </>
            }
            actions={<Link href={at}>All APIs</Link>}
          >
            <Loaded query={scopes} lines={8}>
              {(list) =>
                operations.isLoading ? (
                  <Bones lines={8} />
                ) : (
                  <Choice
                    application={application}
                    api={api}
                    scopes={list}
                    operations={api.is_management_api ? (operations.data ?? []) : []}
                  />
                )
              }
            </Loaded>
          </Section>
        )
      }}
    </Loaded>
  )
}

function Choice({
  application,
  api,
  scopes,
  operations,
}: {
  application: Application
  api: ApiAccess
  scopes: Scope[]
  operations: readonly Operation[]
}) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const [typed, setTyped] = useState('')
  const opens = useMemo(() => byScope(operations), [operations])
  const groups = useMemo(() => grouped(scopes, opens), [scopes, opens])
  const initial = useMemo(() => ({ ids: [...api.scope_ids].sort() }), [api.scope_ids])
  const form = useForm(initial, async ({ ids }) => {
    const path = `/api/v1/apis/${api.id}/applications/${application.id}/scopes` as const
    // One after the other: where one is refused, those before it hold, and the list shows how far it came.
    try {
      for (const id of ids) if (!api.scope_ids.includes(id)) await call(`POST ${path}/${id}`)
      for (const id of api.scope_ids) if (!ids.includes(id)) await call(`DELETE ${path}/${id}`)
    } finally {
      await refresh('access')
    }
    tell('The scopes were saved. The next token carries them.')
  })
  const chosen = new Set(form.values.ids)
  const choose = (ids: Iterable<string>) => form.set('ids', [...new Set(ids)].sort())
  const toggle = (ids: string[], isOn: boolean) =>
    choose(isOn ? [...chosen, ...ids] : [...chosen].filter((id) => !ids.includes(id)))
  const idsWhere = (test: (key: string) => boolean) => scopes.filter(({ key }) => test(key)).map(({ id }) => id)
  const isChanged = form.values.ids.join() !== [...api.scope_ids].sort().join()
  const matches = ({ key, description }: Scope) =>
    `${key} ${description} ${(opens.get(key) ?? []).map(({ summary }) => summary).join(' ')}`
      .toLowerCase()
      .includes(typed.trim().toLowerCase())
  const shown = groups
    .map((group) => ({ ...group, scopes: group.scopes.filter(matches) }))
    .filter((group) => group.scopes.length > 0)

  if (scopes.length === 0) {
    return (
      <Empty icon="apis" title="This API has no scopes">
        A token without scopes is still a token: whether it opens anything is for the API to say.{' '}
        <Link href={`/apis/${api.id}/scopes`}>Add scopes to the API</Link>
      </Empty>
    )
  }
  return (
    <form onSubmit={form.submit} className="stack">
      <div className="toolbar" style={{ marginBottom: 0 }}>
        <TextInput
          className="grow"
          type="search"
          placeholder="Search by scope or by what it opens"
          aria-label="Search the scopes"
          leftSection={<Icon name="search" size={16} />}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        {mayWrite && (
          <>
            <Button variant="default" onClick={() => choose(idsWhere((key) => key.startsWith('read:')))}>
              Read everything
            </Button>
            {api.is_management_api && (
              <Button
                variant="default"
                onClick={() => choose(idsWhere((key) => /:(users|user_\w+|identities)$/.test(key)))}
              >
                Users only
              </Button>
            )}
            <Button variant="default" onClick={() => choose(idsWhere(() => true))}>
              All
            </Button>
            <Button variant="default" onClick={() => choose([])}>
              None
            </Button>
          </>
        )}
      </div>
      {shown.length === 0 && (
        <Empty icon="search" title="No scope is like that">
          Search for what the application does, such as “invite” or “feature flag”.
        </Empty>
      )}
      <div>
        {shown.map((group) => {
          const ids = group.scopes.map(({ id }) => id)
          return (
            <ChoiceGroup
              key={group.name}
              name={group.name}
              noun="scope"
              total={ids.length}
              on={ids.filter((id) => chosen.has(id)).length}
              isOpen={typed !== '' || groups.length === 1}
              toggle={mayWrite ? (isOn) => toggle(ids, isOn) : undefined}
            >
              {group.scopes.map((scope) => (
                // biome-ignore lint/a11y/noLabelWithoutControl: the box is one
                <label key={scope.id} className="scope">
                  <Checkbox
                    checked={chosen.has(scope.id)}
                    disabled={!mayWrite}
                    onChange={(event) => toggle([scope.id], event.currentTarget.checked)}
                  />
                  <code>{scope.key}</code>
                  <span className="soft">
                    {(opens.get(scope.key) ?? []).map(({ summary }) => summary).join(' · ') || scope.description}
                  </span>
                </label>
              ))}
            </ChoiceGroup>
          )
        })}
      </div>
      {form.refusal !== undefined && <Refusal error={form.refusal} />}
      {mayWrite && (
        <div className="save-bar">
          <span className="soft small number" aria-live="polite">
            {count(chosen.size, 'scope')} chosen
          </span>
          <Button type="submit" loading={form.isBusy} disabled={!isChanged}>
            Save scopes
          </Button>
        </div>
      )}
    </form>
  )
}

/** Scopes of the Management API by the part of the API that they open; those of others by what follows the colon. */
function grouped(scopes: Scope[], opens: Map<string, Operation[]>): { name: string; scopes: Scope[] }[] {
  const resource = (key: string) => (key.includes(':') ? key.slice(key.indexOf(':') + 1) : key)
  if (opens.size === 0)
    return scopes.length > 12
      ? [...Map.groupBy(scopes, ({ key }) => resource(key))].map(([name, list]) => ({ name, scopes: list }))
      : [{ name: 'Scopes', scopes }]
  const groups = Map.groupBy(scopes, ({ key }) => opens.get(key)?.[0]?.tag ?? 'Other')
  return [...groups]
    .map(([name, list]) => ({ name, scopes: list }))
    .sort((a, b) => Number(a.name === 'Other') - Number(b.name === 'Other') || a.name.localeCompare(b.name))
}
