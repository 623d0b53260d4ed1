// A certificate authority and a server certificate for one process of tests, written out in DER by hand: the library
// that makes those of a server takes longer to load than a test kit may take to start, and nothing here is kept.
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** PEM texts. The key of the authority is thrown away: it can sign nothing else. */
export interface TestCertificates {
  ca: string
  cert: string
  key: string
}

const dayMs = 86_400_000
/** Some clients refuse longer ones; no process of tests lives so long. */
const validDays = 90

let made: TestCertificates | undefined

/** The certificates of this process, for localhost, 127.0.0.1 and ::1. */
export function testCertificates(): TestCertificates {
  made ??= makeCertificates()
  return made
}

function makeCertificates(): TestCertificates {
  const ca = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issuer = `Kindred test CA ${randomBytes(3).toString('hex')}`
  const authority = [
    extension('551d13', true, sequence(boolean(true), integer(Buffer.of(0)))), // basicConstraints: an authority, no other below
    extension('551d0f', true, bits(Buffer.of(0b0000_0100), 2)), // keyUsage: keyCertSign
  ]
  const leaf = [
    extension('551d0f', true, bits(Buffer.of(0b1000_0000), 7)), // keyUsage: digitalSignature
    extension('551d25', false, sequence(objectId('2b06010505070301'))), // extKeyUsage: serverAuth
    extension('551d11', false, sequence(dnsName('localhost'), address(127, 0, 0, 1), address(...Array(15).fill(0), 1))),
  ]
  const names = { issuer, subject: issuer }
  return {
    ca: certificate({ ...names, publicKey: ca.publicKey, signingKey: ca.privateKey, extensions: authority }),
    cert: certificate({
      issuer,
      subject: 'localhost',
      publicKey: server.publicKey,
      signingKey: ca.privateKey,
      extensions: leaf,
    }),
    key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

/** RFC 5280 §4.1. */
function certificate(parts: {
  issuer: string
  subject: string
  publicKey: KeyObject
  signingKey: KeyObject
  extensions: Buffer[]
}): string {
  const algorithm = sequence(objectId('2a8648ce3d040302')) // ecdsa-with-SHA256
  const serial = randomBytes(16)
  serial[0] = (serial[0]! & 0x3f) | 0x40 // positive, and of full length
  const now = Date.now()
  const body = sequence(
    der(0xa0, integer(Buffer.of(2))), // version 3
    integer(serial),
    algorithm,
    name(parts.issuer),
    sequence(time(now - dayMs), time(now + (validDays - 1) * dayMs)),
    name(parts.subject),
    parts.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...parts.extensions)),
  )
  const signature = sign('sha256', body, parts.signingKey)
  const text = sequence(body, algorithm, bits(signature, 0)).toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd()
  return `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`
}

/** A value of ASN.1 in its distinguished encoding. ITU-T X.690 §8.1. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...head), content])
}

const sequence = (...parts: Buffer[]) => der(0x30, ...parts)
const integer = (bytes: Buffer) => der(0x02, bytes)
const boolean = (value: boolean) => der(0x01, Buffer.of(value ? 0xff : 0))
const objectId = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
const bits = (bytes: Buffer, unused: number) => der(0x03, Buffer.of(unused), bytes)
/** GeneralizedTime is for 2050 and later; until then it is UTCTime. RFC 5280 §4.1.2.5. */
const time = (atMs: number) => der(0x17, Buffer.from(new Date(atMs).toISOString().replaceAll(/^..|\.\d+|[-:T]/g, '')))
const name = (text: string) => sequence(der(0x31, sequence(objectId('550403'), der(0x0c, Buffer.from(text)))))
const dnsName = (text: string) => der(0x82, Buffer.from(text))
const address = (...bytes: number[]) => der(0x87, Buffer.from(bytes))
const extension = (id: string, isCritical: boolean, value: Buffer) =>
  sequence(objectId(id), ...(isCritical ? [boolean(true)] : []), der(0x04, value))
