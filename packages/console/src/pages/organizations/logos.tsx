import { LogoPictures } from '../../components/logo-pictures.tsx'
import { Section } from '../../components/page.tsx'
import type { Organization } from './organization.ts'

export default function Logos({ organization }: { organization: Organization }) {
  const { code } = organization
  return (
    <Section title="Logos" lede="Shown where members of this organization sign in. PNG, SVG, JPEG, WebP or GIF.">
      <LogoPictures
        owner={`/api/v1/organizations/${code}`}
        method="POST"
        picture={(type) => `/${type === 'light' ? 'logo' : 'logo_dark'}?org_code=${code}`}
      />
    </Section>
  )
}
