import { Button, NumberInput, Switch, TextInput } from '@mantine/core'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { FormDialog } from '../../components/dialog.tsx'
import { type FormState, useForm } from '../../components/form.ts'
import { Icon } from '../../components/icon.tsx'
import { Note } from '../../components/states.tsx'
import type { Feature, Plan } from './customer.ts'

interface Draft {
  code: string
  name: string
  is_default: boolean
  features: (Feature & { row: number })[]
}

const noFeature: Feature = {
  code: '',
  name: '',
  price_name: null,
  fixed_charge: null,
  unit_amount: null,
  limit_max: null,
  limit_min: null,
}

/** A plan as a whole: what is saved takes the place of what there was. */
export function EditPlan({ plan, close }: { plan?: Plan; close: () => void }) {
  const refresh = useRefresh()
  const form = useForm<Draft>(
    {
      code: plan?.code ?? '',
      name: plan?.name ?? '',
      is_default: plan?.is_default ?? false,
      features: (plan?.features ?? []).map((feature, row) => ({ ...feature, row })),
    },
    async ({ code, features, ...values }) => {
      const body = {
        group_id: plan?.group_id ?? null,
        ...values,
        features: features.map(({ row: _, ...rest }) => rest),
      }
      await call(`PUT /admin/api/billing/plans/${encodeURIComponent(code)}`, { body })
      await refresh('plans')
      tell(`${values.name} was saved.`)
      close()
    },
    { plan_code: 'code' },
  )
  const { code, name, features } = form.values
  const isWhole = code !== '' && name !== '' && features.every((feature) => feature.code !== '' && feature.name !== '')
  return (
    <FormDialog
      title={plan === undefined ? 'Add a plan' : `Edit ${plan.name}`}
      form={form}
      close={close}
      submitLabel="Save"
      size="xl"
      canSubmit={isWhole}
    >
      {plan && <Note>Agreements that were made from it keep the terms of their day.</Note>}
      <div className="halves" style={{ gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 14rem), 1fr))' }}>
        <TextInput {...form.text('name')} label="Name" placeholder="Pro" data-autofocus required />
        <TextInput {...form.text('code')} label="Code" placeholder="pro" readOnly={plan !== undefined} required />
      </div>
      <Switch {...form.box('is_default')} label="New customers get it where no other is named" />
      {features.map((feature, index) => (
        <FeatureFields key={feature.row} form={form} feature={feature} index={index} />
      ))}
      {form.fault('features') && <Note tone="bad">{form.fault('features')}</Note>}
      <div>
        <Button
          variant="default"
          size="xs"
          leftSection={<Icon name="add" size={16} />}
          onClick={() => {
            const row = Math.max(-1, ...features.map((feature) => feature.row)) + 1
            form.set('features', [...features, { ...noFeature, row }])
          }}
        >
          Add feature
        </Button>
      </div>
    </FormDialog>
  )
}

const amounts = [
  { name: 'fixed_charge', label: 'Fixed price, cents' },
  { name: 'unit_amount', label: 'Price of a unit, cents' },
  { name: 'limit_max', label: 'At most' },
  { name: 'limit_min', label: 'At least' },
] as const

function FeatureFields({
  form,
  feature,
  index,
}: {
  form: FormState<Draft>
  feature: Draft['features'][number]
  index: number
}) {
  const { features } = form.values
  const change = (changed: Partial<Feature>) => form.set('features', features.with(index, { ...feature, ...changed }))
  return (
    <fieldset className="card stack">
      <legend className="unseen">Feature {index + 1}</legend>
      <div className="row between">
        <strong>{feature.name || `Feature ${index + 1}`}</strong>
        <Button
          size="xs"
          variant="subtle"
          color="red"
          onClick={() => form.set('features', features.toSpliced(index, 1))}
          aria-label={`Remove ${feature.name || `feature ${index + 1}`}`}
        >
          Remove
        </Button>
      </div>
      <div className="fields">
        <TextInput
          label="Name of the feature"
          value={feature.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
          error={form.fault(`features/${index}/name`)}
          required
        />
        <TextInput
          label="Code of the feature"
          value={feature.code}
          onChange={(event) => change({ code: event.currentTarget.value })}
          error={form.fault(`features/${index}/code`)}
          required
        />
        <TextInput
          label="Name of the price"
          value={feature.price_name ?? ''}
          onChange={(event) => change({ price_name: event.currentTarget.value || null })}
        />
        {amounts.map(({ name, label }) => (
          <NumberInput
            key={name}
            label={label}
            placeholder="–"
            min={0}
            value={feature[name] ?? ''}
            onChange={(value) => change({ [name]: value === '' ? null : Number(value) })}
            allowDecimal={false}
            hideControls
          />
        ))}
      </div>
    </fieldset>
  )
}
