import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { call } from '../../api.ts'
import { tell, useRefresh } from '../../components/changes.ts'
import { Copy } from '../../components/copy.tsx'
import { DeleteDialog, useDialog } from '../../components/dialog.tsx'
import { Icon } from '../../components/icon.tsx'
import { Page } from '../../components/page.tsx'
import { Loaded, Note, Tag } from '../../components/states.tsx'
import { Table } from '../../components/table.tsx'
import { Time } from '../../components/time.tsx'
import { useSession } from '../../session/session.tsx'

interface SigningKey {
  kid: string
  state: 'next' | 'current' | 'retired'
  algorithm: string
  created_at: string
  activated_at: string | null
  retired_at: string | null
}

const tones = { next: 'accent', current: 'good', retired: undefined } as const
const names = { next: 'Next', current: 'In use', retired: 'Retired' }

/** The keys that sign tokens: the one in use, the one after it, and those whose tokens may still be about. */
export default function SigningKeys() {
  const { mayWrite } = useSession()
  const dialog = useDialog('rotate')
  const refresh = useRefresh()
  const keys = useQuery({
    queryKey: ['signing-keys'],
    queryFn: async () => (await call<{ keys: SigningKey[] }>('GET /admin/api/signing_keys')).keys,
  })
  return (
    <Page
      title="Signing keys"
      lede={
        <>
          Tokens are signed with the key in use. All of them are published at{' '}
          <a href="/.well-known/jwks.json">/.well-known/jwks.json</a>, the next one ahead of its use.
        </>
      }
      actions={
        mayWrite && (
          <Button leftSection={<Icon name="rotate" size={16} />} onClick={dialog.open}>
            Rotate
          </Button>
        )
      }
    >
      <Loaded query={keys}>
        {(rows) => (
          <Table
            label="Signing keys"
            rows={rows}
            rowKey={({ kid }) => kid}
            columns={[
              {
                title: 'Key id',
                cell: ({ kid }) => (
                  <span className="row" style={{ flexWrap: 'nowrap' }}>
                    <code>{kid}</code>
                    <Copy text={kid} what="the key id" />
                  </span>
                ),
              },
              { title: 'State', cell: ({ state }) => <Tag tone={tones[state]}>{names[state]}</Tag> },
              { title: 'Algorithm', wide: true, cell: ({ algorithm }) => algorithm },
              {
                title: 'In use since',
                wide: true,
                cell: ({ activated_at }) => <Time at={activated_at} none="Not yet" />,
              },
              { title: 'Retired', wide: true, cell: ({ retired_at }) => <Time at={retired_at} /> },
            ]}
          />
        )}
      </Loaded>
      {dialog.isOpen && (
        <DeleteDialog
          verb="Rotate"
          what="the signing key"
          name="the key in use"
          close={dialog.close}
          remove={async () => {
            const { warning } = await call<{ warning: string | null }>('POST /admin/api/signing_keys/rotate')
            await refresh('signing-keys')
            tell(warning ?? 'The next key signs from now on.')
            dialog.close()
          }}
        >
          <Note>
            The next key signs new tokens from now on. Tokens of the old key stay good until they run out, and it stays
            published so long.
          </Note>
        </DeleteDialog>
      )}
    </Page>
  )
}
