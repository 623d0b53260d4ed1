import { call } from '../../api.ts'
import { Section } from '../../components/page.tsx'
import { PropertyValues } from '../../components/property-values.tsx'
import type { Application } from './application.ts'

export default function Properties({ application }: { application: Application }) {
  const owner = `/api/v1/applications/${application.id}` as const
  return (
    <Section title="Properties" lede="Values of your own that belong to this application.">
      <PropertyValues
        owner={owner}
        save={async (changed) => {
          for (const [key, value] of Object.entries(changed)) {
            await call(`PUT ${owner}/properties/${encodeURIComponent(key)}`, { body: { value } })
          }
        }}
      />
    </Section>
  )
}
