import { Button, Modal } from '@mantine/core'
import type { Question } from '../components/leaving.ts'

/** Asks whether to leave although something would be lost. */
export default function LeaveDialog({ question: { loss, leave, stay } }: { question: Question }) {
  return (
    <Modal opened onClose={stay} title="Leave without saving?" zIndex={300}>
      <div className="stack">
        <p>{loss}</p>
        <div className="actions" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={stay} data-autofocus>
            Stay
          </Button>
          <Button color="red" onClick={leave}>
            Leave
          </Button>
        </div>
      </div>
    </Modal>
  )
}
