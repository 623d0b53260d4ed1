/**
 * `npm run bench:console`: how long pages of the console take to be there, for who is signed in and has nothing of it in
 * the browser's cache. Medians of seven windows for each page, in milliseconds since the browser was told to go there.
 */
import { ConsoleBrowser, findChromium, makeOwner } from '../packages/console/test/testing-browser.ts'

const rounds = 7

interface View {
  /** first and largest contentful paint, milliseconds */
  paint: number
  largest: number
  /** sum of layout shifts */
  shift: number
}

const readView = `new Promise((resolve) => {
  const view = { paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0, largest: 0, shift: 0 }
  const watch = (type, note) => new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true })
  watch('largest-contentful-paint', ({ startTime }) => { view.largest = Math.max(view.largest, startTime) })
  watch('layout-shift', ({ value }) => { view.shift += value })
  setTimeout(() => resolve(view), 100)
})`

const cleanups: (() => unknown)[] = []
const chromium = await findChromium()
if (chromium === undefined) throw new Error('There is no Chromium: apt-get install chromium')

try {
  const browser = await ConsoleBrowser.start({ after: (action) => cleanups.unshift(action) }, chromium)
  const { ready } = browser.kindred
  const owner = await browser.stranger(1440)
  await makeOwner(owner, await browser.setupLink())
  const cookies = await owner.context().cookies()
  await owner.close()
  for (let number = 0; number < 50; number += 1) {
    const identities = [{ type: 'email', details: { email: `person${number}@example.com` } }]
    await browser.kindred.call('POST', '/api/v1/user', { profile: { given_name: `Person ${number}` }, identities })
  }

  for (const [name, path, shown] of [
    ['home', '/', 'text=Requests'],
    ['users', '/users', 'td >> text=Person 49'],
    ['application', `/applications/${ready.client_id}`, 'h1'],
  ] as const) {
    const views: View[] = []
    for (let round = 0; round < rounds; round += 1) {
      const page = await browser.stranger(1440)
      await page.context().addCookies(cookies)
      await page.goto(`${ready.url}/admin${path}`)
      await page.locator(shown).first().waitFor()
      await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
      views.push(await page.evaluate<View>(readView))
      await page.context().close()
    }
    const middle = (of: (view: View) => number) => Math.round(views.map(of).sort((a, b) => a - b)[rounds >> 1] ?? 0)
    const most = Math.max(...views.map(({ shift }) => shift))
    console.log(
      `${name}: first paint ${middle(({ paint }) => paint)} ms, largest paint ${middle(({ largest }) => largest)} ms, ` +
        `layout shift at most ${most.toFixed(3)}`,
    )
  }
} finally {
  for (const cleanup of cleanups) await cleanup()
}
