import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { FormDialog } from '../../components/dialog.tsx'
import { FlagValue } from '../../components/flag-value.tsx'
import { useForm } from '../../components/form.ts'
import { Section } from '../../components/page.tsx'
import { Empty, Loaded, Tag } from '../../components/states.tsx'
import { Table } from '../../components/table.tsx'
import { useSession } from '../../session/session.tsx'
import type { User } from './user.ts'

interface UserFlag {
  key: string
  name: string
  type: string
  default_value: string
  environment_value: string | null
  user_value: string | null
}

/** The feature flags that a person may have a value of their own for. */
export default function Flags({ user }: { user: User }) {
  const { mayWrite } = useSession()
  const [editing, setEditing] = useState<UserFlag>()
  const flags = useQuery({
    queryKey: ['user-flags', user.id],
    queryFn: async () =>
      (await call<{ feature_flags: UserFlag[] }>(`GET /admin/api/users/${user.id}/feature_flags`)).feature_flags,
  })
  return (
    <Section title="Feature flags" lede="A value set here goes before those of organization and environment.">
      <Loaded query={flags}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon="flags" title="No flag may be set for one person">
              A flag can, once its overrides are allowed down to users.{' '}
              <Link href="/flags">Go to the feature flags</Link>
            </Empty>
          ) : (
            <Table
              label="Feature flags"
              rows={rows}
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
                  cell: ({ user_value, environment_value, default_value }) => (
                    <span className="row">
                      <code>{user_value ?? environment_value ?? default_value}</code>
                      {user_value === null ? <Tag>Inherited</Tag> : <Tag tone="accent">Own value</Tag>}
                    </span>
                  ),
                },
                {
                  title: '(Actions)',
                  tight: true,
                  right: true,
                  cell: (flag) =>
                    mayWrite && (
                      <Button
                        size="xs"
                        variant="default"
                        onClick={() => setEditing(flag)}
                        aria-label={`Set ${flag.name} for this person`}
                      >
                        Set
                      </Button>
                    ),
                },
              ]}
            />
          )
        }
      </Loaded>
      {editing && <Override user={user} flag={editing} close={() => setEditing(undefined)} />}
    </Section>
  )
}

function Override({ user, flag, close }: { user: User; flag: UserFlag; close: () => void }) {
  const refresh = useRefresh()
  const form = useForm(
    { value: flag.user_value ?? flag.environment_value ?? flag.default_value },
    async ({ value }) => {
      await call(`PATCH /api/v1/users/${user.id}/feature_flags/${encodeURIComponent(flag.key)}`, { query: { value } })
      await refresh('user-flags', 'flags')
      tell(`${flag.name} was set.`)
      close()
    },
  )
  return (
    <FormDialog title={flag.name} form={form} close={close} submitLabel="Set value">
      <FlagValue
        type={flag.type}
        label="Value for this person"
        value={form.values.value}
        onChange={(value) => form.set('value', value ?? '')}
        error={form.fault('value')}
      />
    </FormDialog>
  )
}
