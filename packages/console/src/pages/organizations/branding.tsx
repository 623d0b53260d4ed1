import { ColorInput, SegmentedControl, Select } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { useForm } from '../../components/form.ts'
import { FormEnd } from '../../components/form-end.tsx'
import { LogoPictures } from '../../components/logo-pictures.tsx'
import { Section } from '../../components/page.tsx'
import { Note } from '../../components/states.tsx'
import { useSession } from '../../session/session.tsx'
import { contrast } from './contrast.ts'
import { type BrandColor, brandColors, type Organization } from './organization.ts'

const themes = [
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
  { value: 'user_preference', label: 'As the person prefers' },
]

const parts = [
  ['background_color', 'Background', { light: '#ffffff', dark: '#111317' }],
  ['link_color', 'Links', { light: '#1f56c4', dark: '#8ab4ff' }],
  ['button_color', 'Buttons', { light: '#0f0f0f', dark: '#ffffff' }],
  ['button_text_color', 'Text on buttons', { light: '#ffffff', dark: '#0f0f0f' }],
] as const

type Mode = 'light' | 'dark'
const nameOf = (part: (typeof parts)[number][0], mode: Mode): BrandColor => (mode === 'dark' ? `${part}_dark` : part)

/** How the sign-in pages of an organization look: theme, colours and logos. */
export default function Branding({ organization }: { organization: Organization }) {
  const { code } = organization
  return (
    <div className="stack-wide">
      <Section
        title="Branding"
        lede="How pages look where members sign in. What is left empty is as the server has it."
      >
        <Colours
          key={JSON.stringify([organization.theme_code, ...brandColors.map((name) => organization[name])])}
          organization={organization}
        />
      </Section>
      <Section title="Logos" lede="Shown where members of this organization sign in. PNG, SVG, JPEG, WebP or GIF.">
        <LogoPictures
          owner={`/api/v1/organizations/${code}`}
          method="POST"
          picture={(type) => `/${type === 'light' ? 'logo' : 'logo_dark'}?org_code=${code}`}
        />
      </Section>
    </div>
  )
}

function Colours({ organization }: { organization: Organization }) {
  const { mayWrite } = useSession()
  const refresh = useRefresh()
  const [mode, setMode] = useState<Mode>(organization.theme_code === 'dark' ? 'dark' : 'light')
  const initial = {
    theme_code: organization.theme_code,
    ...(Object.fromEntries(brandColors.map((name) => [name, organization[name]?.raw ?? ''])) as Record<
      BrandColor,
      string
    >),
  }
  const form = useForm(initial, async (values) => {
    const changed = Object.entries(values).filter(([name, value]) => value !== initial[name as keyof typeof initial])
    await call(`PATCH /api/v1/organization/${organization.code}`, { body: Object.fromEntries(changed) })
    await refresh('organization')
    tell('The branding was saved.')
  })
  return (
    <form onSubmit={form.submit} className="halves">
      <div className="stack">
        <Select
          label="Theme"
          data={themes}
          value={form.values.theme_code}
          onChange={(value) => {
            form.set('theme_code', value ?? 'light')
            if (value === 'light' || value === 'dark') setMode(value)
          }}
          error={form.fault('theme_code')}
          disabled={!mayWrite}
          allowDeselect={false}
        />
        <SegmentedControl
          aria-label="Colours for"
          data={[
            { value: 'light', label: 'Colours of light pages' },
            { value: 'dark', label: 'Of dark pages' },
          ]}
          value={mode}
          onChange={(value) => setMode(value as Mode)}
        />
        {parts.map(([part, label, usual]) => {
          const name = nameOf(part, mode)
          return (
            <ColorInput
              key={name}
              label={label}
              placeholder={usual[mode]}
              value={form.values[name]}
              onChange={(value) => form.set(name, value)}
              error={form.fault(name)}
              disabled={!mayWrite}
              withEyeDropper={false}
              withPreview={form.values[name] !== ''}
              fixOnBlur={false}
            />
          )
        })}
        <FormEnd form={form} label="Save branding" />
      </div>
      <Preview
        name={organization.name}
        mode={mode}
        colour={(part, usual) => form.values[nameOf(part, mode)] || usual}
      />
    </form>
  )
}

/** What the colours come to, and whether people can read them. */
function Preview({
  name,
  mode,
  colour,
}: {
  name: string
  mode: Mode
  colour: (part: (typeof parts)[number][0], usual: string) => string
}) {
  const [background, link, button, text] = parts.map(([part, , usual]) => colour(part, usual[mode])) as [
    string,
    string,
    string,
    string,
  ]
  const weak = [
    { what: 'text on buttons', ratio: contrast(text, button) },
    { what: 'links', ratio: contrast(link, background) },
  ].filter(({ ratio }) => ratio !== undefined && ratio < 4.5)
  const ink = (contrast(background, '#ffffff') ?? 1) > 4.5 ? '#ffffff' : '#111317'
  return (
    <div className="stack">
      {/* The colours are somebody's choice: what is wrong with them is told below, in words. */}
      <div className="brand-preview" style={{ background, color: ink }} aria-hidden="true">
        <strong>Sign in to {name}</strong>
        <span className="brand-field">ada@example.com</span>
        <span className="brand-button" style={{ background: button, color: text }}>
          Continue
        </span>
        <span style={{ color: link }}>No account? Create one</span>
      </div>
      {weak.map(({ what, ratio }) => (
        <Note key={what} tone="warn">
          Hard to read: {what} have a contrast of {ratio!.toFixed(1)} to 1. At least 4.5 to 1 is needed.
        </Note>
      ))}
    </div>
  )
}
