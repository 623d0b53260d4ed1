import { Button } from '@mantine/core'
import { useSession } from '../session/session.tsx'
import type { FormState } from './form.ts'
import { Refusal } from './states.tsx'

/** How a form on a page ends: with what was refused, and the button that saves, for those who may. */
export function FormEnd<Values extends object>({ form, label }: { form: FormState<Values>; label: string }) {
  const { mayWrite } = useSession()
  return (
    <>
      {form.refusal !== undefined && <Refusal error={form.refusal} />}
      {mayWrite && (
        <div>
          <Button type="submit" loading={form.isBusy} disabled={!form.isChanged}>
            {label}
          </Button>
        </div>
      )}
    </>
  )
}
