import { Button, FileButton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { call } from '../api.ts'
import { useSession } from '../session/session.tsx'
import { useChange } from './changes.ts'
import { Icon } from './icon.tsx'
import { Loaded, Tag } from './states.tsx'

const types = [
  { type: 'light', label: 'Logo on a light ground' },
  { type: 'dark', label: 'Logo on a dark ground' },
] as const

/**
 * The logos of the environment or of an organization.
 * @param owner its address in the Management API
 * @param method how the API takes a picture for it
 * @param picture the address at which the picture of a type is shown
 */
export function LogoPictures({
  owner,
  method,
  picture,
}: {
  owner: `/api/v1/${string}`
  method: 'PUT' | 'POST'
  picture: (type: 'light' | 'dark') => string
}) {
  const { mayWrite } = useSession()
  const logos = useQuery({
    queryKey: ['logos', owner],
    queryFn: async () =>
      (await call<{ logos?: { type: string; file_name: string }[] }>(`GET ${owner}/logos`)).logos ?? [],
  })
  const upload = useChange(
    ({ type, file }: { type: string; file: File }) => {
      const body = new FormData()
      body.append('logo', file)
      return call(`${method} ${owner}/logos/${type}`, { body })
    },
    { keys: ['logos', 'organization', 'environment'], done: 'The logo was saved.' },
  )
  const remove = useChange((type: string) => call(`DELETE ${owner}/logos/${type}`), {
    keys: ['logos', 'organization', 'environment'],
    done: 'The logo was removed.',
  })
  return (
    <Loaded query={logos}>
      {(rows) => (
        <div className="cards">
          {types.map(({ type, label }) => {
            const logo = rows.find((row) => row.type === type)
            return (
              <div key={type} className="card stack">
                <div className="row between">
                  <span className="primary">{label}</span>
                  {logo === undefined && <Tag>None</Tag>}
                </div>
                <div className={`logo-ground ${type}`}>
                  {logo && (
                    <img
                      // The name changes with the picture, mostly; the time always does.
                      src={`${picture(type)}${picture(type).includes('?') ? '&' : '?'}seen=${logos.dataUpdatedAt}`}
                      alt={`${label}: ${logo.file_name}`}
                    />
                  )}
                </div>
                {mayWrite && (
                  <div className="actions">
                    <FileButton
                      accept="image/svg+xml,image/png,image/jpeg,image/webp,image/gif"
                      onChange={(file) => file && upload.mutate({ type, file })}
                      inputProps={{ 'aria-label': `Upload: ${label}` }}
                    >
                      {(props) => (
                        <Button
                          {...props}
                          size="xs"
                          variant="default"
                          leftSection={<Icon name="upload" size={16} />}
                          loading={upload.isPending && upload.variables.type === type}
                          aria-label={`Upload: ${label}`}
                        >
                          Upload
                        </Button>
                      )}
                    </FileButton>
                    {logo && (
                      <Button
                        size="xs"
                        variant="subtle"
                        color="red"
                        onClick={() => remove.mutate(type)}
                        aria-label={`Remove: ${label}`}
                      >
                        Remove
                      </Button>
                    )}
                  </div>
                )}
              </div>
            )
          })}
        </div>
      )}
    </Loaded>
  )
}
