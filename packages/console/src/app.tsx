import { useQuery } from '@tanstack/react-query'
import { useLocation } from 'wouter'
import { later } from './components/later.tsx'
import { Refusal } from './components/states.tsx'
import { SessionProvider, statusQuery } from './session/session.tsx'
import { SignIn } from './session/sign-in.tsx'
import { Console } from './shell/console.tsx'

const Links = later(() => import('./session/links.tsx'))

/** Who comes without a session signs in first, and is then where the address said. */
export function App() {
  const [location] = useLocation()
  if (location === '/setup' || location === '/invite' || location === '/reset') {
    return <Links />
  }
  return <Gate />
}

function Gate() {
  const status = useQuery(statusQuery)
  if (status.isError) {
    return (
      <main className="gate">
        <Refusal error={status.error} retry={() => void status.refetch()} />
      </main>
    )
  }
  if (status.data === undefined) return null
  if (!status.data.signed_in) return <SignIn needsSetup={status.data.needs_setup} />
  return (
    <SessionProvider>
      <Console />
    </SessionProvider>
  )
}
