import { Select, Switch, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { DeleteDialog, FormDialog, useDialog } from '../../components/dialog.tsx'
import { useForm } from '../../components/form.ts'
import { Page } from '../../components/page.tsx'
import { AddButton, RowActions } from '../../components/row-actions.tsx'
import { Empty, Loaded, Tag } from '../../components/states.tsx'
import { Table } from '../../components/table.tsx'
import { everything } from '../../data/everything.ts'
import { useSession } from '../../session/session.tsx'

interface Property {
  id: string
  key: string
  name: string
  description: string | null
  context: Context
  type: string
  is_private: boolean
  is_kinde_property: boolean
  category_id: string | null
  category_name: string | null
}

type Context = 'usr' | 'org' | 'app'
const contextNames: Record<Context, string> = { usr: 'Users', org: 'Organizations', app: 'Applications' }
const typeNames: Record<string, string> = {
  single_line_text: 'One line of text',
  multi_line_text: 'Several lines of text',
}

/** Fields of one's own for users, organizations and applications, in categories. */
export default function Properties() {
  const { mayWrite } = useSession()
  const [location] = useLocation()
  const dialog = useDialog('new')
  const isCategories = location.endsWith('/categories')
  return (
    <Page
      title="Properties"
      lede="Fields of your own for users, organizations and applications. Those that are not private can go into tokens."
      tabs={[
        { to: '/properties', label: 'Properties' },
        { to: '/properties/categories', label: 'Categories' },
      ]}
      actions={mayWrite && <AddButton label={isCategories ? 'Add category' : 'Add property'} onClick={dialog.open} />}
    >
      {isCategories ? <Categories /> : <PropertyList />}
      {dialog.isOpen && (isCategories ? <EditCategory close={dialog.close} /> : <EditProperty close={dialog.close} />)}
    </Page>
  )
}

function PropertyList() {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const [context, setContext] = useState('')
  const [editing, setEditing] = useState<Property>()
  const [removing, setRemoving] = useState<Property>()
  const properties = useQuery({
    queryKey: ['properties'],
    queryFn: async () => (await call<{ properties: Property[] }>('GET /admin/api/properties')).properties,
  })
  return (
    <>
      <div className="toolbar">
        <Select
          aria-label="Whose properties"
          data={[
            { value: '', label: 'Of anyone' },
            ...Object.entries(contextNames).map(([value, label]) => ({ value, label: `Of ${label.toLowerCase()}` })),
          ]}
          value={context}
          onChange={(value) => setContext(value ?? '')}
          allowDeselect={false}
        />
      </div>
      <Loaded query={properties} lines={8}>
        {(rows) => {
          const shown = rows.filter((row) => context === '' || row.context === context)
          if (shown.length === 0) {
            return (
              <Empty icon="properties" title="No properties here yet">
                A property holds what your applications need to know, such as a customer number or a plan.
              </Empty>
            )
          }
          return (
            <Table
              label="Properties"
              rows={shown}
              rowKey={({ id }) => id}
              columns={[
                {
                  title: 'Property',
                  cell: ({ name, key }) => (
                    <>
                      <span className="primary">{name}</span>
                      <span className="sub">
                        <code>{key}</code>
                      </span>
                    </>
                  ),
                },
                { title: 'Of', cell: (row) => contextNames[row.context] },
                { title: 'Type', wide: true, cell: ({ type }) => typeNames[type] ?? type },
                { title: 'Category', wide: true, cell: ({ category_name }) => category_name ?? '–' },
                {
                  title: 'Tokens',
                  wide: true,
                  cell: ({ is_private }) => (is_private ? <Tag>Private</Tag> : <Tag tone="good">May go in</Tag>),
                },
                {
                  title: '(Actions)',
                  tight: true,
                  right: true,
                  cell: (row) =>
                    row.is_kinde_property ? (
                      <Tag>Built in</Tag>
                    ) : (
                      mayWrite && (
                        <RowActions
                          of={row.name}
                          actions={[
                            { label: 'Edit', onClick: () => setEditing(row) },
                            { label: 'Delete', isDangerous: true, onClick: () => setRemoving(row) },
                          ]}
                        />
                      )
                    ),
                },
              ]}
            />
          )
        }}
      </Loaded>
      {editing && <EditProperty property={editing} close={() => setEditing(undefined)} />}
      {removing && (
        <DeleteDialog
          what="the property"
          name={removing.name}
          kind="property"
          id={removing.id}
          close={() => setRemoving(undefined)}
          remove={async () => {
            await call(`DELETE /api/v1/properties/${removing.id}`)
            await refresh('properties', 'property-values')
            tell(`${removing.name} was deleted.`)
            setRemoving(undefined)
          }}
        />
      )}
    </>
  )
}

interface Category {
  id: string
  name: string
  context: Context
}

const categoriesQuery = {
  queryKey: ['categories'],
  queryFn: async (): Promise<Category[]> => {
    const contexts = ['usr', 'org'] as const
    const lists = await Promise.all(
      contexts.map((context) =>
        everything<{ id: string; name: string }>('/api/v1/property_categories', 'categories', { context }),
      ),
    )
    const all = await everything<{ id: string; name: string }>('/api/v1/property_categories', 'categories')
    const known = lists.flatMap((list, index) => list.map((row) => ({ ...row, context: contexts[index]! })))
    const rest = all
      .filter(({ id }) => !known.some((row) => row.id === id))
      .map((row) => ({ ...row, context: 'app' as const }))
    return [...known, ...rest]
  },
}

function Categories() {
  const { mayWrite } = useSession()
  const [editing, setEditing] = useState<Category>()
  const categories = useQuery(categoriesQuery)
  return (
    <>
      <Loaded query={categories}>
        {(rows) => (
          <Table
            label="Categories"
            rows={rows}
            rowKey={({ id }) => id}
            columns={[
              { title: 'Category', cell: ({ name }) => <span className="primary">{name}</span> },
              { title: 'Of', cell: ({ context }) => contextNames[context] },
              {
                title: '(Actions)',
                tight: true,
                right: true,
                cell: (row) =>
                  mayWrite && (
                    <RowActions of={row.name} actions={[{ label: 'Rename', onClick: () => setEditing(row) }]} />
                  ),
              },
            ]}
          />
        )}
      </Loaded>
      {editing && <EditCategory category={editing} close={() => setEditing(undefined)} />}
    </>
  )
}

function ContextChoice({ value, onChange }: { value: string; onChange: (context: Context) => void }) {
  return (
    <Select
      label="Of"
      description="This stays."
      data={Object.entries(contextNames).map(([context, label]) => ({ value: context, label }))}
      value={value}
      onChange={(context) => onChange((context ?? 'usr') as Context)}
      allowDeselect={false}
    />
  )
}

function EditProperty({ property, close }: { property?: Property; close: () => void }) {
  const refresh = useRefresh()
  const categories = useQuery(categoriesQuery)
  const form = useForm(
    {
      name: property?.name ?? '',
      key: property?.key ?? '',
      description: property?.description ?? '',
      context: property?.context ?? ('usr' as Context),
      type: property?.type ?? 'single_line_text',
      is_private: property?.is_private ?? true,
      category_id: property?.category_id ?? '',
    },
    async ({ name, description, is_private, category_id, ...fixed }) => {
      const body = { name, description, is_private, category_id }
      if (property === undefined) await call('POST /api/v1/properties', { body: { ...body, ...fixed } })
      else await call(`PUT /api/v1/properties/${property.id}`, { body })
      await refresh('properties', 'property-values')
      tell(`${name} was saved.`)
      close()
    },
  )
  const { name, key, context, category_id } = form.values
  const own = (categories.data ?? []).filter((category) => category.context === context)
  return (
    <FormDialog
      title={property === undefined ? 'Add a property' : `Edit ${property.name}`}
      form={form}
      close={close}
      submitLabel="Save"
      canSubmit={name !== '' && key !== '' && category_id !== ''}
    >
      <TextInput {...form.text('name')} label="Name" placeholder="Customer number" data-autofocus required />
      {property === undefined && (
        <>
          <TextInput
            {...form.text('key')}
            label="Key"
            description="What code calls it. It stays."
            placeholder="customer_number"
            required
          />
          <div className="halves" style={{ gap: '0.75rem' }}>
            <ContextChoice
              value={context}
              onChange={(value) => {
                form.set('context', value)
                form.set('category_id', '')
              }}
            />
            <Select
              label="Type"
              description="This stays."
              data={Object.entries(typeNames).map(([value, label]) => ({ value, label }))}
              value={form.values.type}
              onChange={(type) => form.set('type', type ?? 'single_line_text')}
              allowDeselect={false}
            />
          </div>
        </>
      )}
      <Select
        label="Category"
        description={own.length === 0 ? 'There is none yet: add one on the Categories tab first.' : undefined}
        data={own.map(({ id, name: label }) => ({ value: id, label }))}
        value={category_id || null}
        onChange={(id) => form.set('category_id', id ?? '')}
        error={form.fault('category_id')}
        required
      />
      <Textarea {...form.text('description')} label="Description" autosize />
      <Switch {...form.box('is_private')} label="Private" description="Its values stay out of tokens." />
    </FormDialog>
  )
}

function EditCategory({ category, close }: { category?: Category; close: () => void }) {
  const refresh = useRefresh()
  const form = useForm(
    { name: category?.name ?? '', context: category?.context ?? ('usr' as Context) },
    async ({ name, context }) => {
      if (category === undefined) await call('POST /api/v1/property_categories', { body: { name, context } })
      else await call(`PUT /api/v1/property_categories/${category.id}`, { body: { name } })
      await refresh('categories', 'properties')
      tell(`${name} was saved.`)
      close()
    },
  )
  return (
    <FormDialog
      title={category === undefined ? 'Add a category' : `Rename ${category.name}`}
      form={form}
      close={close}
      submitLabel="Save"
      canSubmit={form.values.name !== ''}
    >
      <TextInput {...form.text('name')} label="Name" data-autofocus required />
      {category === undefined && (
        <ContextChoice value={form.values.context} onChange={(context) => form.set('context', context)} />
      )}
    </FormDialog>
  )
}
