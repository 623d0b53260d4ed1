import { promises as dns, type LookupAddress } from 'node:dns'
import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net'
import { isLoopback } from '../management-api.ts'

/** Where webhooks may lead. */
export interface TargetPolicy {
  /** Whether private and loopback addresses may be called: where the server itself is on loopback. */
  allowsPrivate: boolean
}

/** Never called: this network itself, link-local and with it the clouds' metadata services, multicast, reserved. */
const forbidden = blockList(
  ['0.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '224.0.0.0/4', '240.0.0.0/4'],
  ['::/128', 'fe80::/10', 'ff00::/8'],
  // Metadata services of clouds at other addresses: Azure's, Alibaba's, and Amazon's in IPv6.
  ['168.63.129.16/32', '100.100.100.200/32', 'fd00:ec2::254/128'],
  // What would carry an IPv4 address past this list: 6to4, Teredo, NAT64 of a network's own, IPv4-compatible.
  ['2002::/16', '2001::/32', '64:ff9b:1::/48', '64:ff9b::/112'],
)
forbidden.addRange('::2', '::ffff:ffff', 'ipv6')
/** Loopback, private networks (RFC 1918, RFC 4193), shared address space (RFC 6598), benchmarking (RFC 2544). */
const internal = blockList(
  ['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15'],
  ['::1/128', 'fc00::/7', 'fec0::/10'],
)

/**
 * What keeps an address from being called.
 * @returns a few words for the log, or undefined when it may be called
 */
export function addressFault(address: string, policy: TargetPolicy): string | undefined {
  const plain = embeddedIPv4(address) ?? address
  if (contains(forbidden, plain)) return 'is never called'
  if (!policy.allowsPrivate && contains(internal, plain)) return 'is a private address'
  return undefined
}

/**
 * What keeps a URL from being an endpoint of a webhook, as far as the URL itself tells.
 * @returns a sentence for the caller, or undefined
 */
export function endpointFault(endpoint: string, policy: TargetPolicy): string | undefined {
  if (!URL.canParse(endpoint)) return 'The endpoint must be a URL, such as https://example.com/webhooks.'
  const url = new URL(endpoint)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    return 'The endpoint must begin with https://; http:// is possible on localhost alone.'
  }
  if (url.username !== '' || url.password !== '') return 'The endpoint must not hold a user name or password.'
  const address = isLoopback(url.hostname) ? '127.0.0.1' : hostOf(url)
  const fault = isIP(address) === 0 ? undefined : addressFault(address, policy)
  return fault && `The endpoint leads to ${url.hostname}, which ${fault}: name a public address.`
}

/** The host of a URL as a name or an address, without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

/**
 * Looks up names for a connection, and gives only addresses that may be called. The connection goes to what was
 * checked, so that a name that changes its address between the check and the connection (DNS rebinding) gains nothing.
 */
export function guardedLookup(policy: TargetPolicy): LookupFunction {
  return function lookupGuarded(hostname, options, callback) {
    allowedAddresses(hostname, policy).then(
      (addresses) => {
        if (options.all) callback(null, addresses)
        else callback(null, addresses[0]!.address, addresses[0]!.family)
      },
      (error) => callback(error, ''),
    )
  }
}

async function allowedAddresses(hostname: string, policy: TargetPolicy): Promise<LookupAddress[]> {
  const addresses = isLoopback(hostname) ? loopback : await dns.lookup(hostname, { all: true })
  const allowed = addresses.filter(({ address }) => addressFault(address, policy) === undefined)
  if (allowed.length > 0) return allowed
  throw new RefusedTarget(hostname, addresses[0]!.address, addressFault(addresses[0]!.address, policy)!)
}

/** RFC 6761 §6.3: nobody is asked where localhost is. */
const loopback: LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/** An endpoint that may not be called from here. */
export class RefusedTarget extends Error {
  constructor(hostname: string, address: string, fault: string) {
    super(`not called: ${hostname === address ? address : `${hostname} is at ${address}, which`} ${fault}`)
    this.name = 'RefusedTarget'
  }
}

/** The IPv4 address that an IPv6 address stands for: IPv4-mapped (RFC 4291 §2.5.5.2) or NAT64's (RFC 6052 §2.1). */
function embeddedIPv4(address: string): string | undefined {
  if (isIPv4(address)) return undefined
  // A URL writes the address in its shortest form, the last 32 bits in hex.
  const shortest = new URL(`http://[${address.split('%', 1)[0]}]`).hostname
  const [, high, low] = /^\[(?:::ffff|64:ff9b:):([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(shortest) ?? []
  if (high === undefined || low === undefined) return undefined
  const [first, second] = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
  return [first >> 8, first & 255, second >> 8, second & 255].join('.')
}

function contains(list: BlockList, address: string): boolean {
  const plain = address.split('%', 1)[0]!
  return list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6')
}

function blockList(...groups: string[][]): BlockList {
  const list = new BlockList()
  for (const range of groups.flat()) {
    const [network, prefix] = range.split('/') as [string, string]
    list.addSubnet(network, Number(prefix), isIPv4(network) ? 'ipv4' : 'ipv6')
  }
  return list
}
