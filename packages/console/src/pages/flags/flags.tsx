import { Button, Modal, Select, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { DeleteDialog, FormDialog, useDialog } from '../../components/dialog.tsx'
import { FlagValue, flagTypeNames } from '../../components/flag-value.tsx'
import { useForm } from '../../components/form.ts'
import { Page } from '../../components/page.tsx'
import { AddButton, RowActions } from '../../components/row-actions.tsx'
import { Empty, Loaded, Note, Tag } from '../../components/states.tsx'
import { Table } from '../../components/table.tsx'
import { count } from '../../components/time.tsx'
import { type Flag, flagsQuery } from '../../data/flags.ts'
import { useSession } from '../../session/session.tsx'

const levelNames: Record<string, string> = {
  env: 'The environment',
  org: 'Environment and organizations',
  usr: 'Environment, organizations and users',
}

/** Feature flags, each with its default and everything that overrides it. */
export default function Flags() {
  const { mayWrite } = useSession()
  const dialog = useDialog('new')
  const refresh = useRefresh()
  const [editing, setEditing] = useState<Flag>()
  const [overriding, setOverriding] = useState<Flag>()
  const [removing, setRemoving] = useState<Flag>()
  const [shown, setShown] = useState<Flag>()
  const resetting = useDialog('reset')
  const flags = useQuery(flagsQuery)
  const add = mayWrite && <AddButton label="Add flag" onClick={dialog.open} />
  const overrides = (flags.data ?? []).filter(({ environment_value }) => environment_value !== null).length
  return (
    <Page
      title="Feature flags"
      lede="Values that your applications read from tokens. A flag has a default; environment, organizations and users may override it, the narrowest wins."
      actions={
        <>
          {mayWrite && overrides > 0 && (
            <Button variant="default" onClick={resetting.open}>
              Reset the environment
            </Button>
          )}
          {add}
        </>
      }
    >
      <Loaded query={flags} lines={6}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon="flags" title="No feature flags yet" actions={add}>
              Switch a feature on for one customer before all others, or give each a limit of their own.
            </Empty>
          ) : (
            <Table
              label="Feature flags"
              rows={rows}
              rowKey={({ key }) => key}
              columns={[
                {
                  title: 'Flag',
                  cell: ({ name, key, description }) => (
                    <>
                      <span className="primary" title={description}>
                        {name}
                      </span>
                      <span className="sub">
                        <code>{key}</code>
                      </span>
                    </>
                  ),
                },
                { title: 'Type', wide: true, cell: ({ type }) => flagTypeNames[type] ?? type },
                { title: 'Default', wide: true, cell: ({ default_value }) => <code>{default_value}</code> },
                {
                  title: 'Environment',
                  cell: ({ environment_value, default_value }) =>
                    environment_value === null ? (
                      <code className="soft">{default_value}</code>
                    ) : (
                      <span className="row">
                        <code>{environment_value}</code>
                        <Tag tone="accent">Override</Tag>
                      </span>
                    ),
                },
                {
                  title: 'Overrides',
                  wide: true,
                  cell: (flag) => {
                    const { organization_count, user_count } = flag
                    if (organization_count + user_count === 0) return <span className="soft">None</span>
                    const parts = [
                      organization_count > 0 && count(organization_count, 'organization'),
                      user_count > 0 && count(user_count, 'user'),
                    ].filter(Boolean)
                    return (
                      <button
                        type="button"
                        className="link-button"
                        onClick={() => setShown(flag)}
                        aria-label={`Overrides of ${flag.name}: ${parts.join(', ')}`}
                      >
                        {parts.join(', ')}
                      </button>
                    )
                  },
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
                          ...(flag.allow_override_level === null
                            ? []
                            : [{ label: 'Set', onClick: () => setOverriding(flag) }]),
                          { label: 'Edit', onClick: () => setEditing(flag) },
                          { label: 'Delete', isDangerous: true, onClick: () => setRemoving(flag) },
                        ]}
                      />
                    ),
                },
              ]}
            />
          )
        }
      </Loaded>
      {dialog.isOpen && <NewFlag close={dialog.close} />}
      {editing && <EditFlag flag={editing} close={() => setEditing(undefined)} />}
      {overriding && <EnvironmentValue flag={overriding} close={() => setOverriding(undefined)} />}
      {shown && <Overrides flag={shown} close={() => setShown(undefined)} />}
      {resetting.isOpen && (
        <DeleteDialog
          verb="Reset"
          what="the environment"
          name="every flag to its default"
          close={resetting.close}
          remove={async () => {
            await call('DELETE /api/v1/environment/feature_flags')
            resetting.close()
            await refresh('flags', 'user-flags')
            tell('Every flag has its default in the environment again.')
          }}
        >
          <Note tone="warn">
            {count(overrides, 'value')} of the environment {overrides === 1 ? 'goes' : 'go'}. What organizations and
            users have of their own stays.
          </Note>
        </DeleteDialog>
      )}
      {removing && (
        <DeleteDialog
          what="the feature flag"
          name={removing.name}
          kind="feature_flag"
          id={removing.key}
          close={() => setRemoving(undefined)}
          remove={async () => {
            await call(`DELETE /api/v1/feature_flags/${encodeURIComponent(removing.key)}`)
            await refresh('flags', 'user-flags')
            tell(`${removing.name} was deleted.`)
            setRemoving(undefined)
          }}
        />
      )}
    </Page>
  )
}

function Overrides({ flag, close }: { flag: Flag; close: () => void }) {
  return (
    <Modal opened onClose={close} title={`Who has a value of their own for ${flag.name}`}>
      <div className="stack">
        {flag.organizations.length > 0 && (
          <Table
            label="Organizations"
            rows={flag.organizations}
            rowKey={({ code }) => code}
            columns={[
              {
                title: 'Organization',
                cell: ({ code, name }) => <Link href={`/organizations/${code}/flags`}>{name}</Link>,
              },
              { title: 'Value', cell: ({ value }) => <code>{value}</code> },
            ]}
          />
        )}
        {flag.organization_count > flag.organizations.length && (
          <p className="soft">and {count(flag.organization_count - flag.organizations.length, 'more organization')}</p>
        )}
        <p>
          {flag.user_count === 0
            ? 'No user has a value of their own.'
            : `${count(flag.user_count, 'user')} with a value of their own: it is on their page, under Feature flags.`}
        </p>
      </div>
    </Modal>
  )
}

function NewFlag({ close }: { close: () => void }) {
  const refresh = useRefresh()
  const form = useForm(
    { name: '', key: '', description: '', type: 'bool', default_value: 'false', allow_override_level: 'org' },
    async (values) => {
      await call('POST /api/v1/feature_flags', { body: values })
      await refresh('flags')
      tell(`${values.name} was added.`)
      close()
    },
  )
  const { name, key, type, default_value } = form.values
  return (
    <FormDialog
      title="Add a feature flag"
      form={form}
      close={close}
      submitLabel="Add"
      canSubmit={name !== '' && key !== '' && (type === 'str' || default_value !== '')}
    >
      <TextInput {...form.text('name')} label="Name" placeholder="New dashboard" data-autofocus required />
      <TextInput
        {...form.text('key')}
        label="Key"
        description="What code calls it. It stays."
        placeholder="new_dashboard"
        required
      />
      <Textarea {...form.text('description')} label="Description" autosize />
      <div className="halves" style={{ gap: '0.75rem' }}>
        <Select
          label="Type"
          data={Object.entries(flagTypeNames).map(([value, label]) => ({ value, label }))}
          value={type}
          onChange={(chosen) => {
            form.set('type', chosen ?? 'bool')
            form.set('default_value', chosen === 'bool' ? 'false' : '')
          }}
          allowDeselect={false}
        />
        <FlagValue
          type={type}
          label="Default value"
          value={default_value}
          onChange={(value) => form.set('default_value', value ?? '')}
          error={form.fault('default_value')}
        />
      </div>
      <Level
        value={form.values.allow_override_level}
        onChange={(level) => form.set('allow_override_level', level)}
        levels={['env', 'org', 'usr']}
      />
    </FormDialog>
  )
}

function Level({ value, onChange, levels }: { value: string; onChange: (level: string) => void; levels: string[] }) {
  return (
    <Select
      label="Who may have another value"
      data={levels.map((level) => ({ value: level, label: levelNames[level]! }))}
      value={value}
      onChange={(level) => onChange(level ?? 'env')}
      allowDeselect={false}
    />
  )
}

function EditFlag({ flag, close }: { flag: Flag; close: () => void }) {
  const refresh = useRefresh()
  const form = useForm(
    { name: flag.name, description: flag.description, default_value: flag.default_value },
    async (values) => {
      const level = flag.allow_override_level === 'usr' ? 'org' : (flag.allow_override_level ?? 'env')
      await call(`PUT /api/v1/feature_flags/${encodeURIComponent(flag.key)}`, {
        query: { ...values, type: flag.type, allow_override_level: level },
      })
      await refresh('flags')
      tell(`${values.name} was saved.`)
      close()
    },
  )
  return (
    <FormDialog title={`Edit ${flag.name}`} form={form} close={close} submitLabel="Save">
      <TextInput {...form.text('name')} label="Name" data-autofocus required />
      <Textarea {...form.text('description')} label="Description" autosize />
      <FlagValue
        type={flag.type}
        label="Default value"
        value={form.values.default_value}
        onChange={(value) => form.set('default_value', value ?? '')}
        error={form.fault('default_value')}
      />
    </FormDialog>
  )
}

function EnvironmentValue({ flag, close }: { flag: Flag; close: () => void }) {
  const refresh = useRefresh()
  const path = `/api/v1/environment/feature_flags/${encodeURIComponent(flag.key)}` as const
  const form = useForm({ value: flag.environment_value ?? flag.default_value }, async ({ value }) => {
    await call(`PATCH ${path}`, { body: { value } })
    await refresh('flags', 'user-flags')
    tell(`${flag.name} was set for the environment.`)
    close()
  })
  const reset = async () => {
    await call(`DELETE ${path}`)
    await refresh('flags', 'user-flags')
    tell(`${flag.name} has its default value again.`)
    close()
  }
  return (
    <FormDialog title={`${flag.name} in this environment`} form={form} close={close} submitLabel="Set value">
      <FlagValue
        type={flag.type}
        label="Value wherever neither organization nor user has one"
        value={form.values.value}
        onChange={(value) => form.set('value', value ?? '')}
        error={form.fault('value')}
      />
      {flag.environment_value !== null && (
        <div>
          <Button variant="subtle" onClick={() => void reset()}>
            Go back to the default ({flag.default_value})
          </Button>
        </div>
      )}
    </FormDialog>
  )
}
