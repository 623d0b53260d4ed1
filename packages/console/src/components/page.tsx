import { type ReactNode, useEffect, useRef } from 'react'
import { Link, useLocation } from 'wouter'
import { Icon } from './icon.tsx'

export interface Tab {
  /** address of the tab below /admin */
  to: string
  label: string
}

/**
 * The frame of every page: title (also of the browser's tab), the way back, what may be done here, tabs with addresses
 * of their own.
 */
export function Page({
  title,
  lede,
  parent,
  actions,
  tabs,
  tag,
  children,
}: {
  title: string
  lede?: ReactNode
  parent?: { to: string; label: string }
  actions?: ReactNode
  tabs?: Tab[]
  tag?: ReactNode
  children: ReactNode
}) {
  const [location] = useLocation()
  // What lies below a tab belongs to it; the first one is the address of the whole, and so counts alone.
  const tab = tabs?.find(({ to }) => to === location) ?? tabs?.slice(1).find(({ to }) => location.startsWith(`${to}/`))
  const here = useRef<HTMLAnchorElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever another tab is chosen
  useEffect(() => {
    const link = here.current
    const row = link?.parentElement
    // Only the row moves: the page stays where it is.
    if (link && row) row.scrollLeft = link.offsetLeft - row.offsetLeft - (row.clientWidth - link.clientWidth) / 2
  }, [tab?.to])
  useEffect(() => {
    document.title = `${tab === undefined || tab === tabs?.[0] ? title : `${tab.label} · ${title}`} · Kindred`
  }, [title, tab, tabs])
  return (
    <>
      {parent && (
        <nav className="crumbs" aria-label="Breadcrumb">
          <Icon name="left" size={14} />
          <Link href={parent.to}>{parent.label}</Link>
        </nav>
      )}
      <header className="page-head">
        <div>
          <h1>
            {title}
            {tag}
          </h1>
          {lede && <p>{lede}</p>}
        </div>
        {actions && <div className="actions">{actions}</div>}
      </header>
      {tabs && (
        <nav className="tabs" aria-label={`Parts of ${title}`}>
          {tabs.map(({ to, label }) => (
            <Link
              key={to}
              href={to}
              ref={to === tab?.to ? here : null}
              aria-current={to === tab?.to ? 'page' : undefined}
            >
              {label}
            </Link>
          ))}
        </nav>
      )}
      {children}
    </>
  )
}

/** A part of a page with a heading. */
export function Section({
  title,
  lede,
  actions,
  children,
}: {
  title: string
  lede?: ReactNode
  actions?: ReactNode
  children: ReactNode
}) {
  return (
    <section className="section">
      <header>
        <div>
          <h2>{title}</h2>
          {lede && <p>{lede}</p>}
        </div>
        {actions && <div className="actions">{actions}</div>}
      </header>
      {children}
    </section>
  )
}

/** Names and values in two columns. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="facts">{children}</dl>
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
