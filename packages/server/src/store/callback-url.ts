import { isIPv4 } from 'node:net'

/** What a callback URL is for: where a sign-in ends with a code, or where a logout ends. */
export type CallbackKind = 'redirect' | 'logout'

/** Bytes; the unique index over URLs bears not much more on PostgreSQL. */
const longestUrl = 2048
/** Stands for the handle of the organization that somebody signs in to. */
const handlePlaceholder = '{organization.handle}'

/** Schemes that a browser runs or opens by itself: a code sent there reaches no application. */
const refusedSchemes = new Set(
  'about blob data file filesystem ftp javascript mailto vbscript view-source ws wss'.split(' '),
)

/** Hosts below which anybody can get a name: there `*` alone would send codes to strangers. */
const sharedHosts = new Set(
  (
    'amplifyapp.com appspot.com azurestaticapps.net azurewebsites.net cloudfront.net csb.app deno.dev firebaseapp.com ' +
    'fly.dev github.io gitlab.io glitch.me herokuapp.com loca.lt netlify.app ngrok-free.app ngrok-free.dev ngrok.app ' +
    'ngrok.io onrender.com pages.dev railway.app repl.co replit.app replit.dev run.app surge.sh trycloudflare.com ' +
    'up.railway.app vercel.app web.app webcontainer.io workers.dev'
  ).split(' '),
)

/** Domains like `co.uk`, whose names anybody can register. */
const countryDomain = /^(?:ac|co|com|edu|go|gov|mil|ne|net|or|org)\.[a-z]{2}$/

/**
 * What keeps a text from being an address that a browser may be sent to, as the end of a sentence that begins with it.
 * Any scheme that is not run in the browser will do: native applications have their own.
 * @returns undefined when nothing does
 */
export function addressFault(url: string): string | undefined {
  if (Buffer.byteLength(url) > longestUrl) return `is longer than ${longestUrl} bytes`
  if (/[\s\p{C}\\]/u.test(url)) return 'holds white space, a control character or a backslash'
  const scheme = /^([a-z][a-z0-9+.-]*):(?!\d+(?:[/?#]|$))/i.exec(url)?.[1]?.toLowerCase()
  if (scheme === undefined) return 'does not begin with a scheme: write it whole, such as https://app.example/callback'
  if (refusedSchemes.has(scheme)) return `has the scheme ${scheme}, which leads to no application`
  if (scheme === 'http' || scheme === 'https') {
    const authority = /^https?:\/\/([^/?#]+)/i.exec(url)?.[1]
    if (authority === undefined) return `lacks a host after ${scheme}://`
    if (authority.includes('@')) return 'holds a user name or password'
  }
  if (!URL.canParse(url.replace(handlePlaceholder, 'x').replaceAll('*', 'x'))) return 'is no valid URL'
  return undefined
}

/**
 * What keeps a text from being a callback URL, as the end of a sentence that begins with it. Callback URLs are compared
 * as they are written. http leads to this machine only. In the host of a web address, either `*` (within the leftmost
 * label) or `{organization.handle}` (as the leftmost label) may stand for something else, below a domain that has one
 * owner.
 * @returns undefined when nothing does
 */
export function callbackUrlFault(url: string, kind: CallbackKind): string | undefined {
  const fault = addressFault(url)
  if (fault !== undefined) return fault
  // The code would end up behind it, where no server sees it. RFC 6749 §3.1.2.
  if (kind === 'redirect' && url.includes('#')) return 'holds a fragment: leave out the # and what follows'
  const [, scheme, host, rest] = /^(https?):\/\/([^/?#]*?)(?::\d*)?((?:[/?#].*)?)$/i.exec(url) ?? []
  if (host === undefined)
    return /[*{}]/.test(url) ? 'may hold * or braces in the host of an https address only' : undefined
  if (/[*{}]/.test(rest!)) return 'may hold * or braces in its host only'
  const open = host.replace(handlePlaceholder, '*')
  if (/[{}]/.test(open)) return `holds braces: only ${handlePlaceholder} has a meaning`
  if (open.includes('*')) {
    const openFault = openHostFault(open.toLowerCase(), host !== open)
    if (openFault !== undefined) return openFault
  }
  const { hostname } = new URL(`${scheme}://${open.replaceAll('*', 'x')}`)
  if (scheme!.toLowerCase() === 'http' && !isThisMachine(hostname)) {
    return 'begins with http://, which is for this machine only (localhost, 127.0.0.1): use https://'
  }
  return undefined
}

/** @param isHandle whether the `*` stands in the place of the organization's handle */
function openHostFault(host: string, isHandle: boolean): string | undefined {
  const [label, ...others] = host.split('.')
  const parent = others.join('.')
  if (host.split('*').length > 2) return `may hold one * or one ${handlePlaceholder}`
  if (!label!.includes('*')) return `may hold * or ${handlePlaceholder} only at the beginning of its host`
  if (isHandle && label !== '*') return `must have ${handlePlaceholder} between https:// and the first dot`
  if (!/^[a-z0-9*-]+(?:\.[a-z0-9-]+)*$/.test(host)) return 'has a host of other signs than letters, digits and hyphens'
  const isRoot = others.length < 2 && parent !== 'localhost'
  if (isRoot || countryDomain.test(parent)) return 'is open to every domain: name one of your own after the first dot'
  if (label === '*' && sharedHosts.has(parent)) {
    return `is open to everybody who has a name below ${parent}: write a part of yours beside the *, such as my-app-*.${parent}`
  }
  return undefined
}

/** Whether a host, as the URL parser writes it, can only mean this machine. RFC 6761 §6.3, RFC 8252 §7.3. */
function isThisMachine(hostname: string): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]') return true
  return isIPv4(hostname) && hostname.startsWith('127.')
}
