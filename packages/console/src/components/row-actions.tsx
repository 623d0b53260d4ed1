import { ActionIcon, Button, Menu } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { Icon } from './icon.tsx'

interface Action {
  label: string
  onClick: () => void
  isDangerous?: boolean
  isBusy?: boolean
}

/** What can be done with one row of a table; in a menu where there is no room. Each says for whom, to those who do not see the row. */
export function RowActions({ of, actions }: { of: string; actions: Action[] }) {
  const isNarrow = useMediaQuery('(max-width: 48rem)')
  if (isNarrow && actions.length > 1) {
    return (
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${of}`}>
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {actions.map(({ label, onClick, isDangerous }) => (
            <Menu.Item key={label} onClick={onClick} {...(isDangerous ? { c: 'var(--bad)' } : {})}>
              {label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    )
  }
  return (
    <span className="row" style={{ justifyContent: 'flex-end', flexWrap: 'nowrap', gap: '0.25rem' }}>
      {actions.map(({ label, onClick, isDangerous, isBusy = false }) => (
        <Button
          key={label}
          size="xs"
          variant={isDangerous ? 'subtle' : 'default'}
          color={isDangerous ? 'red' : 'blue'}
          onClick={onClick}
          loading={isBusy}
          aria-label={`${label} ${of}`}
        >
          {label}
        </Button>
      ))}
    </span>
  )
}

/** A button that adds something. */
export function AddButton({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <Button leftSection={<Icon name="add" size={16} />} onClick={onClick}>
      {label}
    </Button>
  )
}
