import { Button, Modal, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useSearchParams } from 'wouter'
import { reach } from '../api.ts'
import type { FormState } from './form.ts'
import { deleting } from './leaving.ts'
import { Bones, Note, Refusal } from './states.tsx'

/** A dialog that has an address: `?dialog=name`. The browser's back button closes it. */
export function useDialog(name: string): { isOpen: boolean; open: () => void; close: () => void } {
  const [search, setSearch] = useSearchParams()
  return {
    isOpen: search.get('dialog') === name,
    open: () =>
      setSearch((before) => {
        before.set('dialog', name)
        return before
      }),
    close: () =>
      setSearch(
        (before) => {
          before.delete('dialog')
          return before
        },
        { replace: true },
      ),
  }
}

/** A form in a dialog; a refusal leaves it open with what was typed. */
export function FormDialog<Values extends object>({
  title,
  form,
  close,
  submitLabel,
  size = 'lg',
  canSubmit = true,
  children,
}: {
  title: string
  form: FormState<Values>
  close: () => void
  submitLabel: string
  size?: string
  canSubmit?: boolean
  children: ReactNode
}) {
  return (
    <Modal opened onClose={close} closeOnClickOutside={!form.isChanged} title={title} size={size}>
      <form onSubmit={form.submit} noValidate>
        <div className="stack">
          {children}
          {form.refusal !== undefined && <Refusal error={form.refusal} />}
          <div className="actions" style={{ justifyContent: 'flex-end' }}>
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={form.isBusy} disabled={!canSubmit}>
              {submitLabel}
            </Button>
          </div>
        </div>
      </form>
    </Modal>
  )
}

/**
 * Asks before something goes for good, and says what goes with it. Where much goes, the name is to be typed.
 * @param kind what the server calls such things when asked for the reach of a deletion
 */
export function DeleteDialog({
  what,
  name,
  kind,
  id,
  remove,
  close,
  verb = 'Delete',
  isReversible = false,
  children,
}: {
  what: string
  name: string
  kind?: string
  id?: string
  remove: () => Promise<unknown>
  close: () => void
  verb?: string
  isReversible?: boolean
  children?: ReactNode
}) {
  const extent = useQuery({
    queryKey: ['reach', kind, id],
    queryFn: () => reach(kind!, id!),
    enabled: kind !== undefined && id !== undefined,
    staleTime: 0,
    retry: false,
  })
  const removal = useMutation({ mutationFn: () => deleting(remove) })
  const [typed, setTyped] = useState('')
  const isLarge = (extent.data?.reach ?? []).some(({ count }) => count >= 20)
  return (
    <Modal opened onClose={close} title={`${verb} ${what}?`}>
      <div className="stack">
        <p>
          {verb} <strong>{name}</strong>?{!isReversible && ' This cannot be undone.'}
        </p>
        {children}
        {extent.isLoading && <Bones lines={1} />}
        {extent.data && <Note tone={extent.data.reach.length > 0 ? 'warn' : 'info'}>{extent.data.summary}</Note>}
        {isLarge && (
          <TextInput
            label={`Type ${name} to confirm`}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
          />
        )}
        {removal.isError && <Refusal error={removal.error} />}
        <div className="actions" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={close} data-autofocus>
            Cancel
          </Button>
          <Button
            color="red"
            loading={removal.isPending}
            disabled={extent.isLoading || (isLarge && typed !== name)}
            onClick={() => removal.mutate()}
          >
            {verb}
          </Button>
        </div>
      </div>
    </Modal>
  )
}
