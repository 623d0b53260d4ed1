// Certificates of the HTTPS port: a local certificate authority with a server certificate, or files of the operator.
//
// Several processes may start on one data directory at the same moment, and any of them may be killed between two
// files. So nothing here is ever replaced that another file must match: both private keys and the authority's
// certificate are made once, by whoever comes first (an exclusive create), and whoever comes later takes what is there.
// Only the server certificate is renewed, for the key that stays, so every copy of it fits.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  X509Certificate,
} from 'node:crypto'
import { chmod, link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { domainToASCII } from 'node:url'

const dayMs = 86_400_000
const authorityDays = 3650
/** Clients refuse server certificates of more than 398 days, whoever signed them. */
const leafDays = 397
const renewalDays = 30
/** Certificates begin a day early, for clients whose clock is behind. */
const backdatedDays = 1
const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** What the HTTPS port needs. `key` and `cert` are PEM text; `caFile` is the certificate that clients are to trust,
 *  or null when the operator brought a certificate of their own. */
export interface Certificates {
  key: string
  cert: string
  caFile: string | null
}

/** The server certificate of the local authority, for localhost, 127.0.0.1, ::1 and `hosts`. What is missing is made,
 *  and a certificate is renewed when less than 30 days are left, a host is not covered, or its key or authority changed.
 *  Files in `dataDir`: `ca.pem`, `ca.key`, `tls.pem`, `tls.key`. When they are good, nothing is written and `ca.key`
 *  isn't read, so it may be kept elsewhere between renewals.
 *  @param options.dataDir created with mode 0700 when absent
 *  @param options.hosts names and IP addresses, IPv6 with or without brackets
 *  @throws {Error} one line naming the file and the fix, when a file is unreadable, damaged or doesn't fit the others */
export async function localCertificates(options: {
  dataDir: string
  hosts: string[]
  now: Date
}): Promise<Certificates> {
  const { dataDir, now } = options
  const hosts = [...new Set(['localhost', '127.0.0.1', '::1', ...options.hosts.map(canonicalHost)])]
  const files = {
    caCert: join(dataDir, 'ca.pem'),
    caKey: join(dataDir, 'ca.key'),
    cert: join(dataDir, 'tls.pem'),
    key: join(dataDir, 'tls.key'),
  }
  await mkdir(dataDir, { recursive: true, mode: 0o700 }).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`${dataDir} cannot be made (${cause.code}): choose another KINDRED_DATA_DIR.`, { cause })
  })

  const ca = (await readCertificate(files.caCert, newAuthority(files))) ?? (await makeAuthority(files, now))
  if (!ca.ca) throw new Error(`${files.caCert} is not the certificate of an authority: ${newAuthority(files)}.`)
  if (now < ca.validFromDate || now > ca.validToDate) {
    const span = `${ca.validFromDate.toISOString()} to ${ca.validToDate.toISOString()}`
    throw new Error(`${files.caCert} is valid from ${span}, not now: ${newAuthority(files)}.`)
  }

  const key = (await readKey(files.key, remake(files.key))) ?? (await makeKey(files.key, remake(files.key)))
  const present = await readCertificate(files.cert, remake(files.cert))
  if (present && isGoodLeaf(present, { ca, key, hosts, now })) {
    return { key: exportPem(key), cert: present.toString(), caFile: files.caCert }
  }

  const caKey = await readKey(files.caKey, newAuthority(files))
  if (!caKey) {
    const why = `${files.caKey} is missing and a server certificate must be signed`
    throw new Error(`${why}: put it back, or ${newAuthority(files)}.`)
  }
  if (!ca.checkPrivateKey(caKey)) {
    throw new Error(`${files.caKey} is not the key of ${files.caCert}: ${newAuthority(files)}.`)
  }
  const cert = await signLeaf({ ca, caKey, key, hosts, now })
  await writeOver(files.cert, cert, 0o644)
  return { key: exportPem(key), cert, caFile: files.caCert }
}

/** The operator's own certificate, leaf first, and its key.
 *  @throws {Error} one line naming KINDRED_TLS_CERT or KINDRED_TLS_KEY and the fix */
export async function readCertificates(certFile: string, keyFile: string): Promise<Certificates> {
  const cert = await readNamed('KINDRED_TLS_CERT', certFile)
  const key = await readNamed('KINDRED_TLS_KEY', keyFile)

  const blocks = cert.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
  if (!blocks) throw new Error(`KINDRED_TLS_CERT: ${certFile} holds no certificate in PEM form.`)
  const chain = blocks.map((block, index) => {
    try {
      return new X509Certificate(block)
    } catch (cause) {
      throw new Error(`KINDRED_TLS_CERT: certificate ${index + 1} in ${certFile} is damaged: copy it again.`, { cause })
    }
  })

  let privateKey: KeyObject
  try {
    privateKey = createPrivateKey(key)
  } catch (cause) {
    const fault = /\bENCRYPTED\b/.test(key)
      ? 'is encrypted: decrypt it with `openssl pkey`'
      : 'holds no private key in PEM form'
    throw new Error(`KINDRED_TLS_KEY: ${keyFile} ${fault}.`, { cause })
  }
  if (!chain[0]!.checkPrivateKey(privateKey)) {
    const later = chain.findIndex((certificate) => certificate.checkPrivateKey(privateKey))
    const fix =
      later > 0
        ? `it belongs to certificate ${later + 1} in ${certFile}: put that one first`
        : `it does not belong to the certificate in ${certFile} (KINDRED_TLS_CERT)`
    throw new Error(`KINDRED_TLS_KEY: ${keyFile} is the wrong key; ${fix}.`)
  }
  return { key, cert, caFile: null }
}

type AuthorityFiles = { caCert: string; caKey: string }

const remake = (file: string) => `remove ${file} to have it made again`
const newAuthority = (files: AuthorityFiles) =>
  `remove ${files.caCert} and ${files.caKey} to have a new authority made, which must be trusted again`

function isGoodLeaf(leaf: X509Certificate, fit: { ca: X509Certificate; key: KeyObject; hosts: string[]; now: Date }) {
  const { ca, key, hosts, now } = fit
  if (!leaf.checkPrivateKey(key) || !leaf.checkIssued(ca) || !leaf.verify(ca.publicKey)) return false
  if (now < leaf.validFromDate || now > leaf.validToDate) return false
  // A leaf that ends with its authority cannot be made to last longer.
  const renewable = leaf.validToDate < ca.validToDate
  if (renewable && leaf.validToDate.getTime() - now.getTime() < renewalDays * dayMs) return false
  return hosts.every((host) => (isIP(host) ? leaf.checkIP(host) : leaf.checkHost(host, { subject: 'never' })))
}

/** A name in lower case and ASCII, or an IP address without brackets and zone. */
function canonicalHost(host: string): string {
  const bare = host.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '')
  if (isIP(bare)) return bare
  const name = domainToASCII(bare.replace(/\.$/, ''))
  if (!/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(name)) throw new Error(`"${host}" is no host name for a certificate.`)
  return name
}

/** Makes what is missing of `ca.key` and `ca.pem`, in this order: a process killed in between leaves a key, for which
 *  the next one signs the certificate. */
async function makeAuthority(files: AuthorityFiles, now: Date): Promise<X509Certificate> {
  const key = (await readKey(files.caKey, newAuthority(files))) ?? (await makeKey(files.caKey, newAuthority(files)))
  const x509 = await importX509()
  const keys = webKeys(key)
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=Kindred local CA ${randomBytes(3).toString('hex')}`,
    ...validity(now, authorityDays),
    signingAlgorithm: ecdsa,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  await writeOnce(files.caCert, `${certificate.toString('pem')}\n`, 0o644)
  return (await readCertificate(files.caCert, newAuthority(files))) ?? vanished(files.caCert)
}

async function makeKey(file: string, fix: string): Promise<KeyObject> {
  await writeOnce(file, exportPem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey), 0o600)
  return (await readKey(file, fix)) ?? vanished(file)
}

async function signLeaf(parts: {
  ca: X509Certificate
  caKey: KeyObject
  key: KeyObject
  hosts: string[]
  now: Date
}): Promise<string> {
  const { ca, caKey, key, hosts, now } = parts
  const x509 = await importX509()
  const publicKey = webKeys(key).publicKey
  const { notBefore, notAfter } = validity(now, leafDays)
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: 'CN=Kindred local server',
    issuer: new x509.X509Certificate(ca.raw).subjectName,
    notBefore,
    notAfter: notAfter < ca.validToDate ? notAfter : ca.validToDate,
    signingAlgorithm: ecdsa,
    signingKey: webKeys(caKey).privateKey,
    publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        hosts.map((host) => ({ type: isIP(host) ? ('ip' as const) : ('dns' as const), value: host })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(webKeys(caKey).publicKey),
    ],
  })
  return `${leaf.toString('pem')}\n`
}

/** Loads the certificate library, which takes a good 100 ms and is needed only when something is made. */
async function importX509() {
  // Its dependency tsyringe refuses to load without the functions of an old decorator proposal, and is content with
  // functions that know nothing. They leave again, lest another library take them for the real ones.
  if ('getMetadata' in Reflect) return import('@peculiar/x509')
  const standIns = { getMetadata() {}, getOwnMetadata() {}, defineMetadata() {} }
  Object.assign(Reflect, standIns)
  try {
    return await import('@peculiar/x509')
  } finally {
    for (const name of Object.keys(standIns)) Reflect.deleteProperty(Reflect, name)
  }
}

function validity(now: Date, days: number) {
  const notBefore = new Date(now.getTime() - backdatedDays * dayMs)
  return { notBefore, notAfter: new Date(notBefore.getTime() + days * dayMs) }
}

/** 126 random bits behind the bits 01, so that the number is positive and keeps its length. RFC 5280 §4.1.2.2. */
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0]! & 0x3f) | 0x40
  return bytes.toString('hex')
}

function webKeys(key: KeyObject) {
  return {
    privateKey: key.toCryptoKey(ecdsa, false, ['sign']),
    publicKey: createPublicKey(key).toCryptoKey(ecdsa, true, ['verify']),
  }
}

function exportPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string // text, because the format is PEM
}

async function readCertificate(file: string, fix: string): Promise<X509Certificate | null> {
  const text = await readIfPresent(file, fix)
  if (text === null) return null
  try {
    return new X509Certificate(text)
  } catch (cause) {
    throw new Error(`${file} holds no certificate in PEM form: ${fix}.`, { cause })
  }
}

async function readKey(file: string, fix: string): Promise<KeyObject | null> {
  const text = await readIfPresent(file, fix)
  if (text === null) return null
  let key: KeyObject
  try {
    key = createPrivateKey(text)
  } catch (cause) {
    throw new Error(`${file} holds no private key in PEM form: ${fix}.`, { cause })
  }
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new Error(`${file} is not an ECDSA key on the curve P-256: ${fix}.`)
  }
  return key
}

async function readIfPresent(file: string, fix: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ENOENT') return null
    throw new Error(`${file} cannot be read (${code}): make it readable, or ${fix}.`, { cause })
  }
}

async function readNamed(variable: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    const fix = code === 'ENOENT' ? 'does not exist: correct the path' : `cannot be read (${code}): make it readable`
    throw new Error(`${variable}: ${file} ${fix}.`, { cause })
  }
}

/** Puts `text` into `file` unless the file exists by now; readers see all of it or none. */
async function writeOnce(file: string, text: string, mode: number): Promise<void> {
  await write(file, text, mode, async (draft) => {
    try {
      await link(draft, file)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return
      // Some mounted file systems know no links. Only there may a reader of the very first moment see half a file.
      await writeFile(file, text, { flag: 'wx', mode, flush: true }).catch((late: NodeJS.ErrnoException) => {
        if (late.code !== 'EEXIST') throw late
      })
    }
  })
}

async function writeOver(file: string, text: string, mode: number): Promise<void> {
  await write(file, text, mode, (draft) => rename(draft, file))
}

async function write(file: string, text: string, mode: number, place: (draft: string) => Promise<void>): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await writeFile(draft, text, { flag: 'wx', mode, flush: true })
    await chmod(draft, mode) // whatever the umask is
    await place(draft)
  } catch (cause) {
    throw new Error(`${file} cannot be written (${(cause as NodeJS.ErrnoException).code}): make its folder writable.`, {
      cause,
    })
  } finally {
    await rm(draft, { force: true }).catch(() => {}) // the draft's own fault was thrown above
  }
}

function vanished(file: string): never {
  throw new Error(`${file} was removed while it was being made: start again.`)
}
