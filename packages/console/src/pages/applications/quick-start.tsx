import { Button, Switch, Tabs } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useSearchParams } from 'wouter'
import { Code, Copy, saveFile } from '../../components/copy.tsx'
import { Icon } from '../../components/icon.tsx'
import { Section } from '../../components/page.tsx'
import { Bones, Empty, Note } from '../../components/states.tsx'
import { useSession } from '../../session/session.tsx'
import type { Application } from './application.ts'
import { type Credentials, envFile, filledIn, type SampleProgram, samplePrograms } from './samples.ts'

/** The programs as they lie in the repository; each is fetched when it is looked at. */
const sources = import.meta.glob<string>('../../../../../samples/{*.{sh,mjs,py,go,php,rb,java,swift,m},csharp/*.cs}', {
  query: '?raw',
  import: 'default',
})

/** Working programs in ten languages with the values of this application, and the same for SDK and Postman. */
export default function QuickStart({ application }: { application: Application }) {
  const { url } = useSession()
  const [isShown, setShown] = useState(false)
  if (application.client_secret === '') {
    return (
      <Empty icon="key" title="There is no secret to fill in">
        The samples need a client secret.{' '}
        <Link href={`/applications/${application.id}/secrets`}>Add one under Secrets</Link>, or ask someone who may.
      </Empty>
    )
  }
  const credentials = { url, clientId: application.client_id, clientSecret: application.client_secret }
  const shown = { ...credentials, clientSecret: isShown ? application.client_secret : '•'.repeat(12) }
  return (
    <div className="stack-wide">
      <Section
        title="From nothing to a list of users"
        lede="Each program asks for a token and lists the users, with the values of this application. Copies hold the secret."
        actions={
          <Switch
            label="Show the secret"
            checked={isShown}
            onChange={(event) => setShown(event.currentTarget.checked)}
          />
        }
      >
        <Programs credentials={credentials} shown={shown} />
      </Section>
      <Section title="Settings as a file" lede="The names that the samples, the SDK and the official SDKs read.">
        <div className="stack">
          <Code text={envFile(shown)} copied={envFile(credentials)} what="the settings" />
          <div>
            <Button
              variant="default"
              leftSection={<Icon name="download" size={16} />}
              onClick={() => saveFile('.env', envFile(credentials))}
            >
              Download .env
            </Button>
          </div>
        </div>
      </Section>
      <Section title="SDK" lede="Tokens, retries, pages and types for all operations; works with Kinde’s cloud too.">
        <Code text={sdkSnippet(shown)} copied={sdkSnippet(credentials)} what="the SDK snippet" />
      </Section>
      <Section
        title="Command line"
        lede="Logs in as this application, gets a token, and lists the users. Inside the repository, kindred is npx kindred."
      >
        <Code text={commands(shown)} copied={commands(credentials)} what="the commands" wrap />
      </Section>
      <Postman credentials={credentials} />
    </div>
  )
}

function Programs({ credentials, shown }: { credentials: Credentials; shown: Credentials }) {
  const [search, setSearch] = useSearchParams()
  const language = search.get('language') ?? samplePrograms[0]!.language
  return (
    <Tabs
      value={language}
      onChange={(value) => setSearch({ language: value ?? '' }, { replace: true })}
      keepMounted={false}
      variant="pills"
    >
      <Tabs.List aria-label="Language" mb="md">
        {samplePrograms.map((program) => (
          <Tabs.Tab key={program.language} value={program.language}>
            {program.language}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {samplePrograms.map((program) => (
        <Tabs.Panel key={program.language} value={program.language}>
          <Program program={program} credentials={credentials} shown={shown} />
        </Tabs.Panel>
      ))}
    </Tabs>
  )
}

function Program({
  program,
  credentials,
  shown,
}: {
  program: SampleProgram
  credentials: Credentials
  shown: Credentials
}) {
  const source = useQuery({
    queryKey: ['sample', program.path],
    queryFn: () => sources[`../../../../../samples/${program.path}`]!(),
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (source.data === undefined) return <Bones lines={12} />
  const text = filledIn(source.data, credentials)
  const isLocal = hasOwnCertificate(credentials)
  return (
    <div className="stack">
      <Code text={filledIn(source.data, shown)} copied={text} what={`the ${program.language} program`} />
      <div className="row">
        <Button
          variant="default"
          leftSection={<Icon name="download" size={16} />}
          onClick={() => saveFile(program.file, text)}
        >
          Download {program.file}
        </Button>
        <code>{program.run}</code>
        <Copy text={program.run} what="the command that runs it" />
      </div>
      {isLocal && (
        <Note>
          The server made its certificate itself.{' '}
          {program.trust === undefined ? (
            <>
              {program.language} trusts what the system trusts: add the CA file that the server names at its start to
              the system, or use <code>{credentials.url.replace('https:', 'http:')}</code> on this machine.
            </>
          ) : (
            <>
              Run it with <code>{program.trust}</code> set to the CA file that the server names at its start:{' '}
              <code>{program.trust}=.kindred/ca.pem</code>
            </>
          )}
        </Note>
      )}
    </div>
  )
}

/** Whether the server is on this machine, with a certificate that it made itself. */
function hasOwnCertificate({ url }: Credentials): boolean {
  return /^https:\/\/(localhost|127\.)/.test(url)
}

function commands(credentials: Credentials): string {
  const { url, clientId, clientSecret } = credentials
  const login = [
    `kindred login --domain ${url}`,
    `--client-id ${clientId}`,
    `--client-secret '${clientSecret}'`,
    ...(hasOwnCertificate(credentials) ? ['--ca-file .kindred/ca.pem'] : []),
    `--profile ${new URL(url).hostname}`,
  ]
  return `${login.join(' \\\n  ')}
kindred token --decode
kindred api getUsers
`
}

function sdkSnippet({ url, clientId, clientSecret }: Credentials): string {
  return `import { Kindred } from '@kindred/sdk'

const kindred = new Kindred({
  domain: '${url}',
  clientId: '${clientId}',
  clientSecret: '${clientSecret}',
})

for await (const user of kindred.users.list()) console.log(user.email)
`
}

function Postman({ credentials }: { credentials: Credentials }) {
  return (
    <Section
      title="Postman"
      lede="All operations with example bodies, and an environment with the values of this application. Import both, choose the environment, send."
    >
      <div className="row">
        <Button
          component="a"
          href="/postman/collection.json"
          download="kindred.postman_collection.json"
          variant="default"
          leftSection={<Icon name="download" size={16} />}
        >
          Download the collection
        </Button>
        <Button
          variant="default"
          leftSection={<Icon name="download" size={16} />}
          onClick={() =>
            saveFile(
              'kindred.postman_environment.json',
              JSON.stringify(postmanEnvironment(credentials), null, 2),
              'application/json',
            )
          }
        >
          Download the environment
        </Button>
      </div>
    </Section>
  )
}

function postmanEnvironment({ url, clientId, clientSecret }: Credentials) {
  const value = (key: string, text: string, type = 'default') => ({ key, value: text, type, enabled: true })
  return {
    name: `Kindred ${new URL(url).host}`,
    values: [
      value('KINDE_DOMAIN', url),
      value('M2M_CLIENT_ID', clientId),
      value('M2M_CLIENT_SECRET', clientSecret, 'secret'),
    ],
    _postman_variable_scope: 'environment',
  }
}
