import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressFault, callbackUrlFault } from './callback-url.ts'

const accepted = [
  'https://app.example/callback',
  'https://app.example',
  'HTTPS://App.Example/Callback?from=kindred',
  'https://app.example:8443/a,b',
  'https://bücher.example/zurück',
  'https://192.0.2.7/callback',
  'http://localhost:3000/api/auth/kinde_callback',
  'http://localhost',
  'http://shop.localhost:3000',
  'http://127.0.0.1:8080/callback',
  'http://127.1.2.3/callback',
  'http://[::1]:8080/callback',
  'https://*.app.example/callback',
  'https://pr-*-web.app.example/callback',
  'https://*.localhost:3000',
  'http://*.localhost:3000',
  'https://my-app-*.vercel.app/callback',
  'https://*.my-project.pages.dev',
  'https://{organization.handle}.app.example/callback',
  'http://{organization.handle}.localhost:3000/callback',
  'myapp://callback',
  'com.example.app:/oauth2redirect',
  'exp://192.168.1.20:8081',
]

test('a callback URL is https, http on this machine, or of a scheme of the application', () => {
  for (const url of accepted) assert.equal(callbackUrlFault(url, 'redirect'), undefined, url)
})

const refused: [url: string, fault: RegExp][] = [
  ['', /^does not begin with a scheme/],
  ['/callback', /^does not begin with a scheme/],
  ['app.example/callback', /^does not begin with a scheme/],
  ['localhost:3000/callback', /^does not begin with a scheme/],
  ['app.example:8443', /^does not begin with a scheme/],
  [' https://app.example', /^holds white space/],
  ['https://app.example ', /^holds white space/],
  ['https://app.example/a b', /^holds white space/],
  ['https://app.example/\u200b', /^holds white space/],
  ['https:\\\\app.example', /^holds white space/],
  ['https://app.example\\@evil.example', /^holds white space/],
  [`https://app.example/${'a'.repeat(2029)}`, /^is longer than 2048 bytes/],
  [`https://app.example/${'ü'.repeat(1015)}`, /^is longer than 2048 bytes/],
  ['javascript:alert(1)', /^has the scheme javascript/],
  ['JavaScript://app.example/%0aalert(1)', /^has the scheme javascript/],
  ['data:text/html,x', /^has the scheme data/],
  ['https:app.example', /^lacks a host/],
  ['https:///app.example', /^lacks a host/],
  ['https://?a', /^lacks a host/],
  ['https://user:password@app.example', /^holds a user name/],
  ['https://app.example:port', /^is no valid URL/],
  ['https://app.example/callback#state', /^holds a fragment/],
  ['http://app.example/callback', /^begins with http/],
  ['http://192.168.1.20/callback', /^begins with http/],
  ['http://127.0.0.1.evil.example', /^begins with http/],
  ['http://127.evil.example', /^begins with http/],
  ['http://localhost.evil.example', /^begins with http/],
  ['http://*.app.example', /^begins with http/],
  ['https://*', /^is open to every domain/],
  ['https://*.com/callback', /^is open to every domain/],
  ['https://app-*.com', /^is open to every domain/],
  ['https://*.co.uk', /^is open to every domain/],
  ['https://{organization.handle}.com.au', /^is open to every domain/],
  ['https://*.com.', /^has a host of other signs/],
  ['https://*.x%2ecom', /^has a host of other signs/],
  ['https://*.vercel.app', /^is open to everybody who has a name below vercel\.app/],
  ['https://{organization.handle}.netlify.app', /^is open to everybody who has a name below netlify\.app/],
  ['https://*.*.app.example', /^may hold one \*/],
  ['https://*{organization.handle}.app.example', /^may hold one \*/],
  ['https://app.*.example', /only at the beginning of its host/],
  ['https://app.{organization.handle}.example', /only at the beginning of its host/],
  ['https://my-{organization.handle}.app.example', /^must have \{organization\.handle\} between/],
  ['https://app.example/*', /in its host only/],
  ['https://app.example/?org={organization.handle}', /in its host only/],
  ['https://app.example:*', /^is no valid URL/],
  ['https://{handle}.app.example', /^holds braces/],
  ['myapp://*', /in the host of an https address only/],
]

test('an address that could lead astray is no callback URL', () => {
  for (const [url, fault] of refused) {
    assert.match(callbackUrlFault(url, 'redirect') ?? 'is accepted', fault, url)
  }
})

test('a logout may end at a fragment, a sign-in may not', () => {
  assert.equal(callbackUrlFault('https://app.example/#/bye', 'logout'), undefined)
  assert.match(callbackUrlFault('https://app.example/#/bye', 'redirect')!, /^holds a fragment/)
})

test('any other address may be http on any machine, but nothing that runs in the browser', () => {
  assert.equal(addressFault('http://app.example/login#top'), undefined)
  assert.equal(addressFault('myapp://login'), undefined)
  assert.match(addressFault('javascript:alert(1)')!, /^has the scheme javascript/)
  assert.match(addressFault('app.example')!, /^does not begin with a scheme/)
})
