import { Button } from '@mantine/core'
import { type ComponentType, type ReactNode, useEffect, useState } from 'react'
import { Note } from './states.tsx'

/** A component whose code comes when it is first shown, or earlier by `preload()`. */
export type Later<Props> = ComponentType<Props> & { preload: () => void }

/**
 * Keeps the code of a component out of the first view. Unlike React's `lazy()` it suspends nothing: what is around it
 * stays, and what came ahead is shown at once, where React holds back for 300 ms what was waited for.
 *
 * @param load fetches the code
 * @param meanwhile what is shown until it is there
 */
export function later<Props extends object>(
  load: () => Promise<{ default: ComponentType<Props> }>,
  meanwhile: ReactNode = null,
): Later<Props> {
  let loaded: ComponentType<Props> | undefined
  let loading: Promise<void> | undefined
  const fetchCode = () => {
    loading ??= load().then(
      (module) => {
        loaded = module.default
      },
      (error: unknown) => {
        // The next one who needs it tries again.
        loading = undefined
        throw error
      },
    )
    return loading
  }

  function ComesLater(props: Props) {
    const [Shown, setShown] = useState<ComponentType<Props> | undefined>(() => loaded)
    const [isMissing, setMissing] = useState(false)
    useEffect(() => {
      if (Shown !== undefined) return
      let isWanted = true
      fetchCode().then(
        () => isWanted && setShown(() => loaded),
        () => isWanted && setMissing(true),
      )
      return () => {
        isWanted = false
      }
    }, [Shown])
    if (Shown !== undefined) return <Shown {...props} />
    return isMissing ? <Missing /> : meanwhile
  }
  return Object.assign(ComesLater, { preload: () => void fetchCode().catch(() => {}) })
}

/** The files of a console change names with every version: after an update of the server the old ones are gone. */
function Missing() {
  return (
    <Note tone="bad">
      <div className="stack-narrow">
        <p>
          This part of the console did not arrive. The server may be away, or have been updated since the page came.
        </p>
        <div>
          <Button size="xs" variant="default" onClick={() => window.location.reload()}>
            Load the page again
          </Button>
        </div>
      </div>
    </Note>
  )
}
