import { Section } from '../../components/page.tsx'
import { Events } from '../activity/events.tsx'
import type { User } from './user.ts'

export default function UserEvents({ user }: { user: User }) {
  return (
    <Section title="Events" lede="What happened to this account, newest first.">
      <Events filters={{ subject: user.id }} hideSubject />
    </Section>
  )
}
