import { useMutation } from '@tanstack/react-query'
import { type ChangeEvent, type FormEvent, useState } from 'react'
import { type Fault, faultsOf } from '../api.ts'
import { useLeaveWarning } from './leaving.ts'

type Input = HTMLInputElement | HTMLTextAreaElement

export interface FormState<Values> {
  values: Values
  set: <Name extends keyof Values>(name: Name, value: Values[Name]) => void
  /** for a text field: its value, its fault, and what happens on typing */
  text: (name: keyof Values & string) => {
    name: string
    value: string
    error: string | undefined
    onChange: (event: ChangeEvent<Input>) => void
  }
  /** for a box or switch */
  box: (name: keyof Values & string) => { checked: boolean; onChange: (event: ChangeEvent<HTMLInputElement>) => void }
  /** the fault that the server found in one member */
  fault: (name: string) => string | undefined
  /** the refusal, where no field of the form is at fault */
  refusal: unknown
  isBusy: boolean
  isChanged: boolean
  submit: (event?: FormEvent) => void
}

/**
 * What a form holds. What was typed stays when the server refuses; its faults go to the fields they name. Whoever leaves
 * the page while it holds something that was not sent is asked first.
 * @param send what submitting does; a throw is a refusal
 * @param fields names under which the server may know a field
 * @param isDraft false where nobody would miss what was typed
 */
export function useForm<Values extends object>(
  initial: Values,
  send: (values: Values) => Promise<unknown>,
  fields: Record<string, keyof Values & string> = {},
  isDraft = true,
): FormState<Values> {
  const [values, setValues] = useState(initial)
  const [settled, setSettled] = useState<Set<string>>(new Set())
  const [sent, setSent] = useState<Values>()
  const mutation = useMutation({
    mutationFn: send,
    onSuccess(_reply, values) {
      setSettled(new Set())
      setSent(values)
    },
  })
  const isChanged = JSON.stringify(values) !== JSON.stringify(initial)
  const isSent = sent !== undefined && JSON.stringify(values) === JSON.stringify(sent)
  useLeaveWarning(isDraft && isChanged && !isSent && !mutation.isPending)
  const faults = mutation.isError ? faultsOf(mutation.error) : []
  const fieldOf = ({ field }: Fault) =>
    field === undefined ? undefined : (fields[field] ?? (field in values ? field : undefined))
  const fault = (name: string) => {
    if (settled.has(name)) return undefined
    return faults.find((each) => fieldOf(each) === name)?.message
  }
  const set: FormState<Values>['set'] = (name, value) => {
    setValues((before) => ({ ...before, [name]: value }))
    setSettled((before) => new Set(before).add(name as string))
  }
  return {
    values,
    set,
    fault,
    text: (name) => ({
      name,
      value: String(values[name] ?? ''),
      error: fault(name),
      onChange: (event) => set(name, event.currentTarget.value as Values[typeof name]),
    }),
    box: (name) => ({
      checked: Boolean(values[name]),
      onChange: (event) => set(name, event.currentTarget.checked as Values[typeof name]),
    }),
    refusal: mutation.isError && !faults.some((each) => fieldOf(each) !== undefined) ? mutation.error : undefined,
    isBusy: mutation.isPending,
    isChanged,
    submit(event) {
      event?.preventDefault()
      if (mutation.isPending) return
      setSettled(new Set())
      mutation.mutate(values)
    },
  }
}
