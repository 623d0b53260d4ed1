import { ActionIcon, Button, CopyButton, Tooltip } from '@mantine/core'
import { useState } from 'react'
import { Icon } from './icon.tsx'

/** Copies a text; `what` names it for those who do not see what stands beside it. */
export function Copy({ text, what, label }: { text: string; what: string; label?: string }) {
  return (
    <CopyButton value={text} timeout={1500}>
      {({ copied, copy }) =>
        label === undefined ? (
          <Tooltip label={copied ? 'Copied' : 'Copy'}>
            <ActionIcon className="copy" variant="subtle" color="gray" onClick={copy} aria-label={`Copy ${what}`}>
              <Icon name={copied ? 'check' : 'copy'} size={16} />
            </ActionIcon>
          </Tooltip>
        ) : (
          <Button
            variant="default"
            onClick={copy}
            leftSection={<Icon name={copied ? 'check' : 'copy'} size={16} />}
            aria-label={`${label} ${what}`}
          >
            {copied ? 'Copied' : label}
          </Button>
        )
      }
    </CopyButton>
  )
}

/** An id, address or the like, with a button that copies it. */
export function Value({ text, what }: { text: string; what: string }) {
  return (
    <>
      <code>{text}</code>
      <Copy text={text} what={what} />
    </>
  )
}

/** A secret: hidden until asked for, copied either way. */
export function Secret({ text, what }: { text: string; what: string }) {
  const [isShown, setShown] = useState(false)
  return (
    <>
      <code>{isShown ? text : '•'.repeat(24)}</code>
      <Tooltip label={isShown ? 'Hide' : 'Show'}>
        <ActionIcon
          variant="subtle"
          color="gray"
          onClick={() => setShown(!isShown)}
          aria-label={`${isShown ? 'Hide' : 'Show'} ${what}`}
        >
          <Icon name={isShown ? 'hide' : 'show'} size={16} />
        </ActionIcon>
      </Tooltip>
      <Copy text={text} what={what} />
    </>
  )
}

/**
 * A block of text to copy.
 * @param copied what is copied, where it is more than what is shown
 */
export function Code({
  text,
  copied = text,
  what,
  wrap = false,
}: {
  text: string
  copied?: string
  what: string
  wrap?: boolean
}) {
  return (
    <div className={`code has-copy ${wrap ? 'wrap' : ''}`}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre tabIndex={0}>{text}</pre>
      <Copy text={copied} what={what} />
    </div>
  )
}

/** Hands a text, in one piece or many, to the browser as a file. */
export function saveFile(name: string, text: string | string[], type = 'text/plain'): void {
  const address = URL.createObjectURL(new Blob([text].flat(), { type }))
  const link = Object.assign(document.createElement('a'), { href: address, download: name })
  link.click()
  URL.revokeObjectURL(address)
}
