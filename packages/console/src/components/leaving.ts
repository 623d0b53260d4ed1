import { useEffect, useSyncExternalStore } from 'react'

/** What would be lost by leaving now, in words, by whatever would lose it. */
const losses = new Map<object, string>()
let question: Question | undefined
const watchers = new Set<() => void>()
/** how many deletions are under way */
let deletions = 0

/** Somebody wants to leave, and something would be lost. */
export interface Question {
  /** what would be lost */
  loss: string
  leave: () => void
  stay: () => void
}

const unsaved = 'What you entered on this page is not saved yet.'

/**
 * As long as something would be lost, the browser asks before it closes or reloads the page, and the console before it
 * shows another one.
 * @param loss what would be lost, in a sentence
 */
export function useLeaveWarning(wouldLose: boolean, loss = unsaved): void {
  useEffect(() => {
    if (!wouldLose) return
    const own = {}
    losses.set(own, loss)
    const warn = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', warn)
    return () => {
      losses.delete(own)
      window.removeEventListener('beforeunload', warn)
    }
  }, [wouldLose, loss])
}

/** Deletes what a page is about: whoever does so misses nothing that the page holds, and is not asked on the way out. */
export async function deleting(remove: () => Promise<unknown>): Promise<void> {
  deletions += 1
  try {
    await remove()
  } finally {
    deletions -= 1
  }
}

/** The question that waits for an answer, if there is one. */
export function useQuestion(): Question | undefined {
  return useSyncExternalStore(
    (watch) => {
      watchers.add(watch)
      return () => watchers.delete(watch)
    },
    () => question,
  )
}

function ask(go: () => void): void {
  const answered = (act?: () => void) => () => {
    question = undefined
    for (const watch of watchers) watch()
    act?.()
  }
  question = { loss: losses.values().next().value ?? unsaved, leave: answered(go), stay: answered() }
  for (const watch of watchers) watch()
}

type Navigate<Options> = (to: string, options?: Options) => void

/** Stands around each navigation: one to another page waits for the answer where something would be lost. */
export function askBeforeLeaving<Options>(navigate: Navigate<Options>, to: string, options?: Options): void {
  const isSamePage = new URL(to, window.location.href).pathname === window.location.pathname
  if (isSamePage || losses.size === 0 || deletions > 0) navigate(to, options)
  else ask(() => navigate(to, options))
}

/**
 * The same for the browser's buttons back and forward, which move first and tell then: the address is put back until
 * the answer is there. Called before a router listens.
 */
export function watchHistory(): void {
  let here = window.location.href
  let isAnswered = false
  const note = () => {
    here = window.location.href
  }
  window.addEventListener('pushState', note)
  window.addEventListener('replaceState', note)
  window.addEventListener('popstate', (event) => {
    if (isAnswered || losses.size === 0) {
      isAnswered = false
      note()
      return
    }
    event.stopImmediatePropagation()
    window.history.pushState(null, '', here)
    ask(() => {
      isAnswered = true
      window.history.back()
    })
  })
}
