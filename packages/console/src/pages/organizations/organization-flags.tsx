import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { call } from '../../api.ts'
import { tell, useChange, useRefresh } from '../../components/changes.ts'
import { DeleteDialog, FormDialog } from '../../components/dialog.tsx'
import { FlagValue } from '../../components/flag-value.tsx'
import { useForm } from '../../components/form.ts'
import { Section } from '../../components/page.tsx'
import { RowActions } from '../../components/row-actions.tsx'
import { Empty, Loaded, Note, Tag } from '../../components/states.tsx'
import { Table } from '../../components/table.tsx'
import { count } from '../../components/time.tsx'
import { type Flag, flagsQuery } from '../../data/flags.ts'
import { useSession } from '../../session/session.tsx'
import type { Organization } from './organization.ts'

/** The feature flags that an organization may have a value of its own for. */
export default function Flags({ organization }: { organization: Organization }) {
  const { mayWrite } = useSession()
  const [editing, setEditing] = useState<{ flag: Flag; value: string }>()
  const [isResetting, setResetting] = useState(false)
  const refresh = useRefresh()
  const flags = useQuery(flagsQuery)
  const path = `/api/v1/organizations/${organization.code}/feature_flags` as const
  // What counts here comes from the organization itself: the picture of a flag names the first fifty only.
  const values = useQuery({
    queryKey: ['flags', 'of', organization.code],
    queryFn: async () =>
      (await call<{ feature_flags?: Record<string, { value: unknown }> }>(`GET ${path}`)).feature_flags ?? {},
  })
  const reset = useChange((key: string) => call(`DELETE ${path}/${encodeURIComponent(key)}`), {
    keys: ['flags'],
    done: 'The organization follows the environment again.',
  })
  return (
    <Section
      title="Feature flags"
      lede="A value set here goes before that of the environment, for every member."
      actions={
        mayWrite &&
        Object.keys(values.data ?? {}).length > 0 && (
          <Button variant="default" onClick={() => setResetting(true)}>
            Reset all
          </Button>
        )
      }
    >
      <Loaded query={flags}>
        {(rows) => {
          const allowed = rows.filter(
            ({ allow_override_level }) => allow_override_level === 'org' || allow_override_level === 'usr',
          )
          if (allowed.length === 0) {
            return (
              <Empty icon="flags" title="No flag may be set for an organization">
                A flag can, once its overrides are allowed down to organizations.{' '}
                <Link href="/flags">Go to the feature flags</Link>
              </Empty>
            )
          }
          const own = (flag: Flag) => values.data?.[flag.key]?.value
          return (
            <Table
              label="Feature flags"
              rows={allowed}
              rowKey={({ key }) => key}
              columns={[
                {
                  title: 'Flag',
                  cell: ({ name, key }) => (
                    <>
                      <span className="primary">{name}</span>
                      <span className="sub">
                        <code>{key}</code>
                      </span>
                    </>
                  ),
                },
                {
                  title: 'Value',
                  cell: (flag) => (
                    <span className="row">
                      <code>{String(own(flag) ?? flag.environment_value ?? flag.default_value)}</code>
                      {own(flag) === undefined ? <Tag>Inherited</Tag> : <Tag tone="accent">Own value</Tag>}
                    </span>
                  ),
                },
                {
                  title: '(Actions)',
                  tight: true,
                  right: true,
                  cell: (flag) =>
                    mayWrite && (
                      <RowActions
                        of={flag.name}
                        actions={[
                          {
                            label: 'Set',
                            onClick: () =>
                              setEditing({
                                flag,
                                value: String(own(flag) ?? flag.environment_value ?? flag.default_value),
                              }),
                          },
                          ...(own(flag) === undefined
                            ? []
                            : [{ label: 'Reset', isDangerous: true, onClick: () => reset.mutate(flag.key) }]),
                        ]}
                      />
                    ),
                },
              ]}
            />
          )
        }}
      </Loaded>
      {isResetting && (
        <DeleteDialog
          verb="Reset"
          what="all feature flags"
          name={organization.name}
          close={() => setResetting(false)}
          remove={async () => {
            await call(`DELETE ${path}`)
            await refresh('flags')
            tell('The organization follows the environment again.')
            setResetting(false)
          }}
        >
          <Note tone="warn">
            {count(Object.keys(values.data ?? {}).length, 'value')} of its own{' '}
            {Object.keys(values.data ?? {}).length === 1 ? 'goes' : 'go'}. What users have of their own stays.
          </Note>
        </DeleteDialog>
      )}
      {editing && <Override path={path} {...editing} close={() => setEditing(undefined)} />}
    </Section>
  )
}

function Override({
  path,
  flag,
  value,
  close,
}: {
  path: `/api/v1/${string}`
  flag: Flag
  value: string
  close: () => void
}) {
  const refresh = useRefresh()
  const form = useForm({ value }, async (values) => {
    await call(`PATCH ${path}/${encodeURIComponent(flag.key)}`, { query: values })
    await refresh('flags')
    tell(`${flag.name} was set.`)
    close()
  })
  return (
    <FormDialog title={flag.name} form={form} close={close} submitLabel="Set value">
      <FlagValue
        type={flag.type}
        label="Value for this organization"
        value={form.values.value}
        onChange={(next) => form.set('value', next ?? '')}
        error={form.fault('value')}
      />
    </FormDialog>
  )
}
