import type { ComponentType } from 'react'
import { Link, Route, Switch } from 'wouter'
import { later } from '../components/later.tsx'
import { Page } from '../components/page.tsx'
import { Bones, Empty } from '../components/states.tsx'

type Load = () => Promise<{ default: ComponentType }>

/** Every page and its address. The code of each is fetched when it is first opened. */
const loaders: Record<string, Load> = {
  '/': () => import('./home.tsx'),
  '/activity': () => import('./activity/activity.tsx'),
  '/requests': () => import('./requests/requests.tsx'),
  '/applications': () => import('./applications/applications.tsx'),
  '/applications/:id/*?': () => import('./applications/application-page.tsx'),
  '/apis': () => import('./apis/apis.tsx'),
  '/apis/:id/*?': () => import('./apis/api-page.tsx'),
  '/api-keys': () => import('./apis/api-keys.tsx'),
  '/users': () => import('./users/users.tsx'),
  '/users/:id/*?': () => import('./users/user-page.tsx'),
  '/organizations': () => import('./organizations/organizations.tsx'),
  '/organizations/:id/*?': () => import('./organizations/organization-page.tsx'),
  '/roles': () => import('./roles/roles.tsx'),
  '/roles/list': () => import('./roles/roles.tsx'),
  '/roles/permissions': () => import('./roles/roles.tsx'),
  '/roles/:id/*?': () => import('./roles/role-page.tsx'),
  '/billing': () => import('./billing/billing.tsx'),
  '/billing/plans': () => import('./billing/billing.tsx'),
  '/billing/customers': () => import('./billing/billing.tsx'),
  '/billing/customers/:id': () => import('./billing/customer-page.tsx'),
  '/flags': () => import('./flags/flags.tsx'),
  '/properties/*?': () => import('./properties/properties.tsx'),
  '/connections': () => import('./connections/connections.tsx'),
  '/connections/:id': () => import('./connections/connection-page.tsx'),
  '/webhooks': () => import('./webhooks/webhooks.tsx'),
  '/webhooks/:id': () => import('./webhooks/webhook-page.tsx'),
  '/variables': () => import('./variables/variables.tsx'),
  '/settings/*?': () => import('./settings/settings.tsx'),
  '/signing-keys': () => import('./keys/signing-keys.tsx'),
  '/administrators': () => import('./administrators/administrators.tsx'),
  '/account': () => import('./account/account.tsx'),
}

const pages = Object.entries(loaders).map(([path, load]) => ({ path, Page: later(load, <Bones lines={6} />) }))

/** Fetches the code of a page ahead, so that it is there when the page is shown. */
export function preload(location: string): void {
  const [, first = '', id] = location.split('/')
  const paths =
    id === undefined
      ? [`/${first}`, `/${first}/*?`]
      : [`/${first}/${id}`, `/${first}/:id/*?`, `/${first}/:id`, `/${first}/*?`]
  paths
    .map((wanted) => pages.find(({ path }) => path === wanted))
    .find((page) => page !== undefined)
    ?.Page.preload()
}

export function Pages() {
  return (
    <Switch>
      {pages.map(({ path, Page: Shown }) => (
        <Route key={path} path={path} component={Shown} />
      ))}
      <Route>
        <Page title="There is no such page">
          <Empty icon="search" title="Nothing is at this address">
            It may be mistyped, or what it named is gone. <Link href="/">Go to the home page</Link>
          </Empty>
        </Page>
      </Route>
    </Switch>
  )
}
