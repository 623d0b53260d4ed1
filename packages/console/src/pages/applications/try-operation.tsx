import { Button, Select, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { callWithToken, type RawReply } from '../../api.ts'
import { Code } from '../../components/copy.tsx'
import { Section } from '../../components/page.tsx'
import { Note, Refusal, Tag } from '../../components/states.tsx'
import { type Operation, operationsQuery } from '../../data/operations.ts'
import { useSession } from '../../session/session.tsx'
import type { TestToken } from './test-token.tsx'

/** Calls an operation of the Management API with a test token and shows request and reply. */
export function TryOperation({ token }: { token: TestToken }) {
  const operations = useQuery(operationsQuery)
  const [id, setId] = useState('getUsers')
  const operation = operations.data?.find((each) => each.id === id)
  // A file cannot be typed; the API reference sends it.
  const groups = Map.groupBy(
    (operations.data ?? []).filter(({ body }) => body !== 'form'),
    ({ tag }) => tag,
  )
  return (
    <Section title="Try it" lede="The call goes to this server and does what it says: a deletion deletes.">
      <div className="stack">
        <Select
          label="Operation"
          data={[...groups].map(([group, items]) => ({
            group,
            items: items.map(({ id, method, path }) => ({ value: id, label: `${method} ${path}` })),
          }))}
          value={id}
          onChange={(chosen) => setId(chosen ?? 'getUsers')}
          searchable
          allowDeselect={false}
          maxDropdownHeight={320}
        />
        {operation && <Request key={operation.id} operation={operation} token={token} />}
      </div>
    </Section>
  )
}

function Request({ operation, token }: { operation: Operation; token: TestToken }) {
  const { url } = useSession()
  const inPath = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
  const [values, setValues] = useState<Record<string, string>>({})
  const inQuery = operation.query ?? []
  const hasBody = operation.body !== undefined
  const [body, setBody] = useState(() => JSON.stringify(exampleBody(operation), null, 2))
  const value = (name: string) => values[name]?.trim() ?? ''
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(value(name)))
  const query = new URLSearchParams(
    inQuery.flatMap((name) => (value(name) === '' ? [] : [[name, value(name)] as [string, string]])),
  )
  const address = `${path}${query.size > 0 ? `?${query}` : ''}`
  const bodyFault = hasBody ? faultOfJson(body) : undefined
  const sending = useMutation({
    mutationFn: () =>
      callWithToken(token.access_token, operation.method, address, hasBody ? JSON.parse(body) : undefined),
  })
  const mayCall = operation.scope === null || token.scopes.includes(operation.scope)
  const curl = [
    `curl --request ${operation.method}`,
    `  --url '${url}${address}'`,
    `  --header 'Authorization: Bearer ${token.access_token}'`,
    ...(hasBody ? [`  --header 'Content-Type: application/json'`, `  --data '${body.replaceAll("'", `'\\''`)}'`] : []),
  ].join(' \\\n')
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        sending.mutate()
      }}
    >
      <p className="soft">{operation.summary}</p>
      {!mayCall && (
        <Note tone="warn">
          The token lacks the scope <code>{operation.scope}</code>: the server will refuse the call and say so.
        </Note>
      )}
      {(inPath.length > 0 || inQuery.length > 0) && (
        <div className="halves" style={{ gap: '0.75rem' }}>
          {[...inPath, ...inQuery].map((name) => (
            <TextInput
              key={name}
              label={name}
              required={inPath.includes(name)}
              value={values[name] ?? ''}
              onChange={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
            />
          ))}
        </div>
      )}
      {hasBody && (
        <Textarea
          label="Body"
          classNames={{ input: 'mono' }}
          autosize
          minRows={4}
          value={body}
          onChange={(event) => setBody(event.currentTarget.value)}
          error={bodyFault}
        />
      )}
      <details>
        <summary>As a curl command</summary>
        <div style={{ marginTop: '0.5rem' }}>
          <Code text={curl} what="the curl command" />
        </div>
      </details>
      <div>
        <Button
          type="submit"
          loading={sending.isPending}
          disabled={bodyFault !== undefined || inPath.some((name) => value(name) === '')}
        >
          Send {operation.method}
        </Button>
      </div>
      {sending.isError && <Refusal error={sending.error} />}
      {sending.data && <Reply reply={sending.data} />}
    </form>
  )
}

function Reply({ reply }: { reply: RawReply }) {
  return (
    <div className="stack" aria-live="polite">
      <div className="row">
        <Tag tone={reply.status < 400 ? 'good' : 'bad'}>{reply.status}</Tag>
        <span className="soft small number">{reply.milliseconds} ms</span>
      </div>
      <Code text={reply.text} what="the reply" />
    </div>
  )
}

/** A body with the members that must be there, to be filled in. */
function exampleBody(operation: Operation): Record<string, unknown> {
  const samples = { string: '', integer: 0, number: 0, boolean: false, array: [], object: {}, file: '', any: '' }
  return Object.fromEntries(
    operation.parameters
      .filter((parameter) => parameter.in === 'body' && parameter.isRequired)
      .map(({ name, type, values }) => [name, values?.[0] ?? samples[type]]),
  )
}

function faultOfJson(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return `This is no JSON: ${(error as Error).message}`
  }
}
