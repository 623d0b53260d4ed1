import { notifications } from '@mantine/notifications'
import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query'
import { faultsOf } from '../api.ts'

/** Says in a corner of the window that something was done. */
export function tell(message: string): void {
  notifications.show({ message, autoClose: 4000, withBorder: true, closeButtonProps: { 'aria-label': 'Close' } })
}

/** Says that something was refused, where no form can say so. */
export function tellRefusal(error: unknown): void {
  notifications.show({
    title: 'That was refused',
    message: faultsOf(error)[0]?.message,
    color: 'red',
    autoClose: 10_000,
    withBorder: true,
    closeButtonProps: { 'aria-label': 'Close' },
  })
}

/** Reads again everything whose key begins with one of these words. */
export function useRefresh(): (...keys: string[]) => Promise<void> {
  const queries = useQueryClient()
  return async (...keys) => {
    await Promise.all(keys.map((key) => queries.invalidateQueries({ queryKey: [key] })))
  }
}

/**
 * A change that a single click makes: what it touched is read again, and a refusal is told.
 * @param done said when it worked
 */
export function useChange<Input = void>(
  change: (input: Input) => Promise<unknown>,
  { keys, done }: { keys: string[]; done?: string },
) {
  const refresh = useRefresh()
  return useMutation({
    mutationFn: change,
    async onSuccess() {
      await refresh(...keys)
      if (done !== undefined) tell(done)
    },
    onError: tellRefusal,
  })
}

/** A change that shows at once and is taken back when the server refuses it. */
export function useQuickChange<Data, Input>(
  key: QueryKey,
  change: (input: Input) => Promise<unknown>,
  apply: (data: Data, input: Input) => Data,
) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: change,
    async onMutate(input: Input) {
      // An answer on its way would undo what is shown; the change itself waits for nothing.
      const cancelling = queries.cancelQueries({ queryKey: key })
      const before = queries.getQueryData<Data>(key)
      if (before !== undefined) queries.setQueryData<Data>(key, apply(before, input))
      await cancelling
      return { before }
    },
    onError(error, _input, context) {
      queries.setQueryData(key, context?.before)
      tellRefusal(error)
    },
    onSettled: () => queries.invalidateQueries({ queryKey: key }),
  })
}
