import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createSecureContext } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { localCertificates, readCertificates } from './tls.ts'

const run = promisify(execFile)
const opensslMissing = await run('openssl', ['version']).then(
  () => false,
  () => 'openssl is not installed',
)
const now = new Date('2026-03-01T12:00:00Z')
const later = (days: number) => new Date(now.getTime() + days * 86_400_000)

async function start(t: TestContext) {
  const parent = await mkdtemp(join(tmpdir(), 'kindred-tls-'))
  t.after(() => rm(parent, { recursive: true, force: true }))
  const dataDir = join(parent, 'data')
  return {
    parent,
    dataDir,
    make: (options: { hosts?: string[]; now?: Date } = {}) =>
      localCertificates({ dataDir, hosts: [], now, ...options }),
    read: (name: string) => readFile(join(dataDir, name), 'utf8'),
    readAll: async () =>
      Object.fromEntries(
        await Promise.all(
          (await readdir(dataDir)).map(async (name) => [name, await readFile(join(dataDir, name), 'utf8')] as const),
        ),
      ),
    modeOf: async (name: string) => ((await stat(join(dataDir, name))).mode & 0o777).toString(8),
  }
}

function assertPair(made: { key: string; cert: string }, caPem: string) {
  const [leaf, ca] = [new X509Certificate(made.cert), new X509Certificate(caPem)]
  assert.ok(leaf.checkPrivateKey(createPrivateKey(made.key)))
  assert.ok(leaf.checkIssued(ca))
  assert.ok(leaf.verify(ca.publicKey))
  createSecureContext(made)
}

test('an empty data directory gets an authority and a server certificate, readable by their owner', async (t) => {
  const { dataDir, make, read, modeOf } = await start(t)
  const made = await make()
  assert.equal(made.caFile, join(dataDir, 'ca.pem'))
  assert.deepEqual((await readdir(dataDir)).sort(), ['ca.key', 'ca.pem', 'tls.key', 'tls.pem'])
  assert.deepEqual(await Promise.all(['', 'ca.key', 'ca.pem', 'tls.key'].map(modeOf)), ['700', '600', '644', '600'])
  assert.equal(made.key, await read('tls.key'))
  assertPair(made, await read('ca.pem'))

  const ca = new X509Certificate(await read('ca.pem'))
  assert.match(ca.subject, /^CN=Kindred local CA [0-9a-f]{6}$/)
  assert.equal(ca.ca, true)
  assert.equal(ca.validToDate.getTime() - ca.validFromDate.getTime(), 3650 * 86_400_000)
  const leaf = new X509Certificate(made.cert)
  assert.equal(leaf.ca, false)
  assert.deepEqual(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1'])
  assert.equal(leaf.validToDate.getTime() - leaf.validFromDate.getTime(), 397 * 86_400_000)
})

test('openssl accepts the server certificate in its strictest mode', { skip: opensslMissing }, async (t) => {
  const { dataDir, make } = await start(t)
  await make({ hosts: ['kindred.example', 'fd00::2'], now: new Date() })
  const verify = (...more: string[]) =>
    run('openssl', ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', join(dataDir, 'ca.pem'), ...more])
  for (const subject of [
    ['-verify_hostname', 'kindred.example'],
    ['-verify_ip', '127.0.0.1'],
    ['-verify_ip', 'fd00::2'],
  ]) {
    const { stdout } = await verify(...subject, join(dataDir, 'tls.pem'))
    assert.match(stdout, /tls\.pem: OK/)
  }
  await assert.rejects(verify('-verify_hostname', 'other.example', join(dataDir, 'tls.pem')))

  const { stdout } = await run('openssl', ['x509', '-noout', '-text', '-in', join(dataDir, 'ca.pem')])
  assert.match(stdout, /Basic Constraints: critical\s+CA:TRUE, pathlen:0/)
  assert.match(stdout, /Key Usage: critical\s+Certificate Sign, CRL Sign/)
  assert.match(stdout, /Subject Key Identifier/)
})

test('names and addresses are covered, each in its own form', async (t) => {
  const { make } = await start(t)
  const leaf = new X509Certificate(
    (await make({ hosts: ['Kindred.Example.', '192.0.2.7', '[fd00::2]', 'bücher.example'] })).cert,
  )
  for (const name of ['localhost', 'kindred.example', 'xn--bcher-kva.example']) assert.ok(leaf.checkHost(name), name)
  for (const address of ['127.0.0.1', '::1', '192.0.2.7', 'fd00::2']) assert.ok(leaf.checkIP(address), address)
  assert.doesNotMatch(leaf.subjectAltName!, /DNS:[0-9[]/)
  await assert.rejects(make({ hosts: ['not a name'] }), { message: '"not a name" is no host name for a certificate.' })
})

test('good files are used as they are, without the key of the authority', async (t) => {
  const { dataDir, make, readAll } = await start(t)
  const made = await make({ hosts: ['kindred.example'] })
  await rm(join(dataDir, 'ca.key'))
  const files = await readAll()
  assert.deepEqual(await make({ hosts: ['KINDRED.example'], now: later(365) }), made)
  assert.deepEqual(await make(), made)
  assert.deepEqual(await readAll(), files)
})

test('the server certificate is renewed when less than 30 days are left, by the same authority', async (t) => {
  const { make, read } = await start(t)
  const made = await make()
  const ca = await read('ca.pem')
  assert.equal((await make({ now: later(365.9) })).cert, made.cert)
  const renewed = await make({ now: later(366.1) })
  assert.notEqual(renewed.cert, made.cert)
  assert.equal(await read('tls.pem'), renewed.cert)
  assert.equal(await read('ca.pem'), ca)
  assertPair(renewed, ca)
  assert.ok(new X509Certificate(renewed.cert).validToDate > later(760))
})

test('the server certificate is renewed for a further host, for another key and when the clock is behind it', async (t) => {
  const { dataDir, make, read } = await start(t)
  const certs = [(await make()).cert, (await make({ hosts: ['kindred.example'] })).cert]
  assert.ok(new X509Certificate(certs[1]!).checkHost('kindred.example'))

  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await writeFile(join(dataDir, 'tls.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const rekeyed = await make()
  assertPair(rekeyed, await read('ca.pem'))
  certs.push(rekeyed.cert)

  certs.push((await make({ now: later(370) })).cert)
  certs.push((await make({ now: later(100) })).cert)
  assert.equal(new Set(certs).size, 5)
})

test('a new authority is made when both its files were removed, and signs a new server certificate', async (t) => {
  const { dataDir, make, read } = await start(t)
  await make()
  const before = new X509Certificate(await read('ca.pem'))
  await rm(join(dataDir, 'ca.pem'))
  await rm(join(dataDir, 'ca.key'))
  assertPair(await make(), await read('ca.pem'))
  assert.notEqual(new X509Certificate(await read('ca.pem')).subject, before.subject)
})

test('a start that was killed between two files is continued', async (t) => {
  const { dataDir, make, read } = await start(t)
  await make()
  const caKey = await read('ca.key')
  for (const lost of [['ca.pem'], ['tls.pem'], ['tls.key'], ['ca.pem', 'tls.pem', 'tls.key']]) {
    for (const name of lost) await rm(join(dataDir, name))
    assertPair(await make(), await read('ca.pem'))
    assert.equal(await read('ca.key'), caKey)
  }
})

test('the server certificate ends with its authority, and is kept until then', async (t) => {
  const { make, read } = await start(t)
  await make()
  const ca = new X509Certificate(await read('ca.pem'))
  const last = await make({ now: later(3630) })
  assert.deepEqual(new X509Certificate(last.cert).validToDate, ca.validToDate)
  assert.equal((await make({ now: later(3640) })).cert, last.cert)
  await assert.rejects(make({ now: later(3650) }), /ca\.pem is valid from .*, not now: remove .*ca\.pem and .*ca\.key/)
  await assert.rejects(make({ now: later(-2) }), /ca\.pem is valid from .*, not now: remove .*ca\.pem and .*ca\.key/)
})

test('processes that start together on an empty directory end with one authority and matching files', async (t) => {
  const { dataDir, make, read } = await start(t)
  const script = `
    import { localCertificates } from ${JSON.stringify(import.meta.resolve('./tls.ts'))}
    const made = await localCertificates({ dataDir: process.argv[1], hosts: [], now: new Date(${now.getTime()}) })
    process.stdout.write(JSON.stringify(made))`
  const others = [1, 2].map(async () => {
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script, dataDir], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
    })
    return JSON.parse(stdout) as Awaited<ReturnType<typeof make>>
  })
  const all = await Promise.all([...others, make(), make(), make()])
  for (const made of all) assertPair(made, await read('ca.pem'))
  assert.equal(new Set(all.map(({ key }) => key)).size, 1)
  assertPair({ key: await read('tls.key'), cert: await read('tls.pem') }, await read('ca.pem'))
  assert.equal((await readdir(dataDir)).length, 4)
})

test('a damaged file stops with a line that names it and the fix', async (t) => {
  const { dataDir, make, read, readAll } = await start(t)
  const [caPem, caKey, tlsPem, tlsKey] = ['ca.pem', 'ca.key', 'tls.pem', 'tls.key'].map((name) => join(dataDir, name))
  const authority = `remove ${caPem} and ${caKey} to have a new authority made, which must be trusted again.`
  await make()
  const good = await readAll()
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })
  const cut = (name: string) => good[name]!.slice(0, 100)
  const cases: [name: string, text: string | Buffer, message: string][] = [
    ['ca.pem', cut('ca.pem'), `${caPem} holds no certificate in PEM form: ${authority}`],
    ['ca.pem', good['tls.pem']!, `${caPem} is not the certificate of an authority: ${authority}`],
    ['ca.key', cut('ca.key'), `${caKey} holds no private key in PEM form: ${authority}`],
    ['ca.key', good['tls.key']!, `${caKey} is not the key of ${caPem}: ${authority}`],
    ['ca.key', rsa, `${caKey} is not an ECDSA key on the curve P-256: ${authority}`],
    ['tls.pem', '', `${tlsPem} holds no certificate in PEM form: remove ${tlsPem} to have it made again.`],
    ['tls.key', cut('tls.key'), `${tlsKey} holds no private key in PEM form: remove ${tlsKey} to have it made again.`],
    ['tls.key', rsa, `${tlsKey} is not an ECDSA key on the curve P-256: remove ${tlsKey} to have it made again.`],
  ]
  for (const [name, text, message] of cases) {
    await writeFile(join(dataDir, name), text)
    await assert.rejects(make({ hosts: ['kindred.example'] }), { message })
    await writeFile(join(dataDir, name), good[name]!)
  }
  assert.deepEqual(await readAll(), good)

  await rm(caKey!)
  await assert.rejects(make({ hosts: ['kindred.example'] }), {
    message: `${caKey} is missing and a server certificate must be signed: put it back, or ${authority}`,
  })
  await rm(tlsKey!)
  await mkdir(tlsKey!)
  await assert.rejects(make(), {
    message: `${tlsKey} cannot be read (EISDIR): make it readable, or remove ${tlsKey} to have it made again.`,
  })
  assert.equal(await read('ca.pem'), good['ca.pem'])
})

test('a data directory that cannot be made stops with a line that names it', async (t) => {
  const { parent } = await start(t)
  const file = join(parent, 'file')
  await writeFile(file, '')
  await assert.rejects(localCertificates({ dataDir: join(file, 'data'), hosts: [], now }), {
    message: `${join(file, 'data')} cannot be made (ENOTDIR): choose another KINDRED_DATA_DIR.`,
  })
})

test('a certificate of the operator is read with its key and its chain', async (t) => {
  const { parent, dataDir, make, read } = await start(t)
  const { key } = await make()
  const chain = join(parent, 'chain.pem')
  await writeFile(chain, `subject=/CN=x\n${await read('tls.pem')}${await read('ca.pem')}`)
  const cert = await readFile(chain, 'utf8')
  assert.deepEqual(await readCertificates(chain, join(dataDir, 'tls.key')), { key, cert, caFile: null })
})

test('a certificate or key of the operator that will not do is refused with a line that names the variable', async (t) => {
  const { parent, dataDir, make, read } = await start(t)
  await make()
  const [cert, key, ca] = ['tls.pem', 'tls.key', 'ca.pem'].map((name) => join(dataDir, name)) as [
    string,
    string,
    string,
  ]
  const write = async (name: string, text: string) => {
    await writeFile(join(parent, name), text)
    return join(parent, name)
  }
  const reversed = await write('reversed.pem', (await read('ca.pem')) + (await read('tls.pem')))
  const damaged = await write('damaged.pem', (await read('tls.pem')) + (await read('ca.pem')).replace('MII', 'AAA'))
  const locked = createPrivateKey(await read('tls.key')).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  })
  const encrypted = await write('encrypted.key', locked as string)
  const cases: [certFile: string, keyFile: string, message: string][] = [
    [join(parent, 'none'), key, `KINDRED_TLS_CERT: ${join(parent, 'none')} does not exist: correct the path.`],
    [cert, join(parent, 'none'), `KINDRED_TLS_KEY: ${join(parent, 'none')} does not exist: correct the path.`],
    [parent, key, `KINDRED_TLS_CERT: ${parent} cannot be read (EISDIR): make it readable.`],
    [key, cert, `KINDRED_TLS_CERT: ${key} holds no certificate in PEM form.`],
    [cert, cert, `KINDRED_TLS_KEY: ${cert} holds no private key in PEM form.`],
    [damaged, key, `KINDRED_TLS_CERT: certificate 2 in ${damaged} is damaged: copy it again.`],
    [cert, encrypted, `KINDRED_TLS_KEY: ${encrypted} is encrypted: decrypt it with \`openssl pkey\`.`],
    [
      ca,
      key,
      `KINDRED_TLS_KEY: ${key} is the wrong key; it does not belong to the certificate in ${ca} (KINDRED_TLS_CERT).`,
    ],
    [
      reversed,
      key,
      `KINDRED_TLS_KEY: ${key} is the wrong key; it belongs to certificate 2 in ${reversed}: put that one first.`,
    ],
  ]
  for (const [certFile, keyFile, message] of cases)
    await assert.rejects(readCertificates(certFile, keyFile), { message })
})
