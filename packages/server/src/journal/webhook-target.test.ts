import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressFault, endpointFault, guardedLookup } from './webhook-target.ts'

const open = { allowsPrivate: false }
const local = { allowsPrivate: true }

test('the metadata services of clouds, link-local and other special addresses are never called', () => {
  const addresses = [
    '169.254.169.254',
    '169.254.0.1',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '0:0:0:0:0:ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    'fd00:ec2::254',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    'fe80::1',
    'fe80::1%eth0',
    '0.0.0.0',
    '::',
    '::ffff:0.0.0.0',
    '::127.0.0.1',
    '64:ff9b::1',
    '224.0.0.1',
    'ff02::1',
    '255.255.255.255',
  ]
  for (const address of addresses) {
    for (const policy of [open, local]) assert.equal(addressFault(address, policy), 'is never called', address)
  }
})

test('private and loopback addresses are called by a server on loopback alone', () => {
  const addresses = [
    '127.0.0.1',
    '127.255.255.254',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '198.18.0.1',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
    'fd12:3456::1',
    'fec0::1',
  ]
  for (const address of addresses) {
    assert.equal(addressFault(address, open), 'is a private address', address)
    assert.equal(addressFault(address, local), undefined, address)
  }
})

test('public addresses are called', () => {
  for (const address of [
    '93.184.215.14',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1',
    '64:ff9b::5db8:d70e',
    '::ffff:1.1.1.1',
  ]) {
    assert.equal(addressFault(address, open), undefined, address)
  }
})

test('an endpoint begins with https; http is for localhost, where the server runs there too', () => {
  const rows = [
    ['https://zoo.example/hook?a=1', open, undefined],
    ['http://zoo.example/hook', local, /begin with https/],
    ['http://localhost:3000/hook', local, undefined],
    ['http://app.localhost/hook', local, undefined],
    ['http://127.0.0.1/hook', local, undefined],
    ['http://2130706433/hook', local, undefined],
    ['http://[::1]:3000/hook', local, undefined],
    ['http://localhost:3000/hook', open, /localhost, which is a private address/],
    ['https://localhost/hook', open, /private address/],
    ['https://127.1/hook', open, /private address/],
    ['https://0x7f000001/hook', open, /private address/],
    ['https://[::ffff:127.0.0.1]/hook', open, /private address/],
    ['https://10.0.0.1/hook', open, /private address/],
    ['https://10.0.0.1/hook', local, undefined],
    ['http://10.0.0.1/hook', local, /begin with https/],
    ['https://169.254.169.254/latest', local, /is never called/],
    ['https://owl:secret@zoo.example/', open, /user name or password/],
    ['ftp://zoo.example/', open, /begin with https/],
    ['file:///etc/passwd', local, /begin with https/],
    ['/hook', open, /must be a URL/],
    ['', open, /must be a URL/],
  ] as const
  for (const [endpoint, policy, wanted] of rows) {
    const fault = endpointFault(endpoint, policy)
    if (wanted === undefined) assert.equal(fault, undefined, endpoint)
    else assert.match(fault ?? '', wanted, endpoint)
  }
})

test('a name is looked up for addresses that may be called, and refused when it has none', async () => {
  const lookup = (name: string, policy: { allowsPrivate: boolean }, all: boolean) =>
    new Promise((resolve, reject) => {
      guardedLookup(policy)(name, { all }, (error, address) => (error ? reject(error) : resolve(address)))
    })
  const both = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ]
  assert.deepEqual(await lookup('localhost', local, true), both)
  assert.deepEqual(await lookup('app.localhost', local, true), both)
  assert.equal(await lookup('localhost', local, false), '127.0.0.1')
  await assert.rejects(
    lookup('localhost', open, true),
    /^RefusedTarget: not called: localhost is at 127\.0\.0\.1, which is a private address$/,
  )
  // Names that are no names: the system's look-up would take them for addresses.
  await assert.rejects(lookup('0x7f.1', open, true))
  await assert.rejects(lookup('nobody.invalid', local, true), /ENOTFOUND|EAI_AGAIN/)
})
