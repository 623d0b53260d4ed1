import { ActionIcon, Drawer, Menu, UnstyledButton, useMantineColorScheme } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { spotlight } from '@mantine/spotlight'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { call } from '../api.ts'
import { initials } from '../components/avatar.tsx'
import { Mark } from '../components/brand.tsx'
import { Icon } from '../components/icon.tsx'
import { later } from '../components/later.tsx'
import { useQuestion } from '../components/leaving.ts'
import { Pages, preload } from '../pages/pages.tsx'
import { roleNames, useSession } from '../session/session.tsx'
import { navigation } from './navigation.ts'

const Palette = later(() => import('./palette.tsx'))
const LeaveDialog = later(() => import('./leave-dialog.tsx'))

/** Navigation, search and account around each page. */
export function Console() {
  const [location] = useLocation()
  const [isDrawerOpen, setDrawerOpen] = useState(false)
  const [isPaletteWanted, setPaletteWanted] = useState(false)
  const question = useQuestion()
  const openPalette = () => {
    setPaletteWanted(true)
    // The first time its code is still to come; then it opens itself.
    spotlight.open()
  }
  useHotkeys(
    [
      // The stroke itself goes nowhere: useHotkeys prevents its default.
      ['/', () => searchOfPage() || openPalette()],
      ['mod+K', openPalette],
    ],
    [],
  )
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever the page changes
  useEffect(() => {
    setDrawerOpen(false)
    window.scrollTo(0, 0)
  }, [location])

  return (
    <div className="shell">
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <aside className="side">
        <Side />
      </aside>
      <Drawer.Root opened={isDrawerOpen} onClose={() => setDrawerOpen(false)} size="17rem" lockScroll={false}>
        <Drawer.Overlay />
        <Drawer.Content className="drawer" aria-label="Navigation">
          <Drawer.Body p={0} h="100%">
            <div className="side">
              <Side />
            </div>
          </Drawer.Body>
        </Drawer.Content>
      </Drawer.Root>
      <div className="main">
        <header className="top">
          <ActionIcon
            className="narrow-only"
            variant="subtle"
            color="gray"
            size="lg"
            aria-label="Open the navigation"
            onClick={() => setDrawerOpen(true)}
          >
            <Icon name="menu" />
          </ActionIcon>
          <UnstyledButton className="search-button" onClick={openPalette}>
            <Icon name="search" size={16} />
            <span>Search or go to…</span>
            <kbd className="wide-only">{/Mac/.test(navigator.userAgent) ? '⌘' : 'Ctrl'} K</kbd>
          </UnstyledButton>
          <span className="space" />
          <SchemeMenu />
        </header>
        <main id="content" className="content" tabIndex={-1}>
          <Pages />
        </main>
      </div>
      {isPaletteWanted && <Palette />}
      {question && <LeaveDialog question={question} />}
    </div>
  )
}

/** `/` goes to the search of the page where there is one; to the palette otherwise. */
function searchOfPage(): boolean {
  const field = document.querySelector<HTMLInputElement>('main input[type="search"]')
  if (field === null) return false
  // At once: whoever types on loses no letter.
  field.focus()
  return true
}

function Side() {
  const [location] = useLocation()
  const { url } = useSession()
  const isHere = (to: string) => (to === '/' ? location === '/' : location === to || location.startsWith(`${to}/`))
  return (
    <>
      <Link href="/" className="brand">
        <Mark />
        <span>
          Kindred
          <small>{new URL(url).host}</small>
        </span>
      </Link>
      <nav aria-label="Main">
        {navigation.map(({ title, places }) => (
          <div key={title ?? ''}>
            {title && <h2>{title}</h2>}
            <ul>
              {places.map(({ to, label, icon }) => (
                <li key={to}>
                  <Link
                    href={to}
                    className="nav-link"
                    aria-current={isHere(to) ? 'page' : undefined}
                    onPointerEnter={() => preload(to)}
                  >
                    <Icon name={icon} />
                    {label}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </nav>
      <div className="side-foot">
        <a className="nav-link" href="/docs">
          <Icon name="reference" />
          API reference
        </a>
        <Account />
      </div>
    </>
  )
}

function Account() {
  const { administrator } = useSession()
  const [, navigate] = useLocation()
  const queries = useQueryClient()
  const signOut = useMutation({
    mutationFn: () => call('DELETE /admin/api/session'),
    onSettled: () => queries.resetQueries(),
  })
  return (
    <Menu position="top-start" width="target">
      <Menu.Target>
        <UnstyledButton className="account">
          <span className="avatar" aria-hidden="true">
            {initials(administrator.name)}
          </span>
          <span>
            <span className="small">{administrator.name}</span>
            <span className="small soft">{roleNames[administrator.role]}</span>
          </span>
          <Icon name="more" size={16} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name="user" size={16} />} onClick={() => navigate('/account')}>
          Account and sessions
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="signOut" size={16} />} onClick={() => signOut.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

const schemes = [
  ['light', 'Light', 'sun'],
  ['dark', 'Dark', 'moon'],
  ['auto', 'As the system', 'system'],
] as const

function SchemeMenu() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Light or dark">
          <Icon name={schemes.find(([scheme]) => scheme === colorScheme)?.[2] ?? 'system'} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {schemes.map(([scheme, label, icon]) => (
          <Menu.Item
            key={scheme}
            leftSection={<Icon name={icon} size={16} />}
            rightSection={scheme === colorScheme ? <Icon name="check" size={16} /> : null}
            onClick={() => setColorScheme(scheme)}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
