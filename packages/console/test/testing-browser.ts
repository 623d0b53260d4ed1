import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { type RunningKindred, runKindred, type Scope, startKindred } from '../../cli/src/testing-process.ts'

/** The folder for pictures of the pages, to be looked at after a run; none are taken where it is not named. */
const screens = process.env.KINDRED_SCREENS

/** One process that draws, and nothing that a page does not need. */
const flags = [
  ...['--no-sandbox', '--no-first-run', '--disable-gpu', '--disable-extensions', '--disable-component-update'],
  ...['--disable-background-networking', '--disable-dev-shm-usage', '--renderer-process-limit=1'],
]

/** The widths at which each journey is walked, in pixels: a desk and a phone. */
export const widths = [1440, 390] as const

const ownersPassword = 'correct horse battery staple'
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const paths = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The path of a Chromium; installs Debian's where there is none and this is root. Undefined where that cannot be. */
export async function findChromium(): Promise<string | undefined> {
  const given = process.env.KINDRED_TEST_CHROMIUM
  if (given !== undefined) return given
  const found = () => paths.find((path) => existsSync(path))
  if (found() === undefined && process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0) {
    const install = promisify(execFile)
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    await install('apt-get', ['update', '-qq'], { env }).catch(() => {})
    await install('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { env }).catch(() => {})
  }
  return found()
}

/** What a journey does in the window of a width; `label` tells apart what it makes at each of them. */
type Walk = (page: Page, label: string, width: number) => Promise<void>

/**
 * A console for the tests of one file.
 * @param options `hasOwner`: whether the owner's account is there already; by default it is
 * @returns `journey` makes a test of a walk at each width. Where there is no Chromium, `skip` says so and there is no
 *   browser; the tests of journeys are skipped then
 */
export async function startConsole({ hasOwner = true }: { hasOwner?: boolean } = {}): Promise<{
  browser: ConsoleBrowser
  skip: string | false
  journey: (name: string, walk: Walk) => void
}> {
  const path = await findChromium()
  const skip = path === undefined && 'the console, since there is no Chromium: apt-get install chromium'
  // Only tests that are not skipped come to it.
  const browser = path === undefined ? undefined! : await ConsoleBrowser.start({ after }, path)
  if (path !== undefined && hasOwner) await makeOwner(await browser.stranger(widths[0]), await browser.setupLink())
  const journey = (name: string, walk: Walk) => {
    for (const width of widths) test(`${name}, at ${width} px`, { skip }, () => browser.walk(name, walk, width))
  }
  return { browser, skip, journey }
}

/** A browser in which the owner is signed in to a console of its own, at two widths. */
export class ConsoleBrowser {
  readonly kindred: RunningKindred
  readonly #browser: Browser
  readonly #pages = new Map<number, Page>()
  /** What pages complained of on their console, and what they asked of other servers. */
  readonly faults: string[] = []

  private constructor(kindred: RunningKindred, browser: Browser) {
    this.kindred = kindred
    this.#browser = browser
  }

  /** Builds the console where that is due, starts a server on SQLite and a browser, and makes the owner's account. */
  static async start(scope: Scope, executablePath: string): Promise<ConsoleBrowser> {
    await promisify(execFile)(process.execPath, [join(import.meta.dirname, '../build.js')])
    const kindred = await startKindred(scope, { settings: { KINDRED_LOG_LEVEL: 'silent' } })
    const browser = await chromium.launch({ executablePath, args: flags })
    scope.after(() => browser.close())
    if (screens !== undefined) mkdirSync(screens, { recursive: true })
    return new ConsoleBrowser(kindred, browser)
  }

  /** The one-time link that makes the owner's account. */
  async setupLink(): Promise<string> {
    const { folder, settings } = this.kindred
    const { code, stdout, stderr } = await runKindred(['admin', 'setup-link'], { folder, settings })
    assert.equal(code, 0, stderr)
    return stdout.trim()
  }

  /** A window without a session. */
  async stranger(width: number): Promise<Page> {
    return this.#watched(await this.#newContext(width))
  }

  /** The window of a width, in which the owner is signed in. One that was closed is opened again. */
  async page(width: number): Promise<Page> {
    const known = this.#pages.get(width)
    if (known !== undefined && !known.isClosed()) return known
    const page = await this.#watched(known?.context() ?? (await this.#newContext(width)))
    this.#pages.set(width, page)
    if (known === undefined) await signIn(page, this.kindred.ready.url)
    return page
  }

  /** Walks a journey from the home page, in the window of a width, and sees that no page complained. */
  async walk(name: string, walk: Walk, width: number): Promise<void> {
    const page = await this.page(width)
    try {
      await visit(page, `${this.kindred.ready.url}/admin`)
      await walk(page, String(width), width)
    } catch (error) {
      await photograph(page, `failed-${name.slice(0, 12)}`).catch(() => {})
      // What it left open is nothing for the next one.
      await page.close()
      throw error
    }
    assert.deepEqual(this.faults.splice(0), [])
  }

  async #newContext(width: number): Promise<BrowserContext> {
    return this.#browser.newContext({
      viewport: { width, height: width > 600 ? 1000 : 844 },
      ignoreHTTPSErrors: true,
      reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'],
    })
  }

  async #watched(context: BrowserContext): Promise<Page> {
    const page = await context.newPage()
    page.setDefaultTimeout(30_000)
    page.on('console', (message) => {
      // A refusal is something that pages show; the browser notes each as an error of its own.
      if (message.type() !== 'error' || /status of 4\d\d/.test(message.text())) return
      this.faults.push(`${page.url()}: ${message.text()}`)
    })
    page.on('pageerror', (error) => this.faults.push(`${page.url()}: ${error.stack ?? error.message}`))
    page.on('request', (request) => {
      const url = request.url()
      if (!url.startsWith(this.kindred.ready.url) && !/^(data|blob):/.test(url)) {
        this.faults.push(`${page.url()} asks ${url}`)
      }
    })
    return page
  }
}

/** Signs the owner in. */
export async function signIn(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/admin`)
  await page.getByLabel('E-mail').fill('ada@example.com')
  await page.getByRole('textbox', { name: 'Password' }).fill(ownersPassword)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { level: 1, name: 'Hello, Ada' }).waitFor()
}

/** Makes the owner's account by a setup link. */
export async function makeOwner(page: Page, link: string): Promise<void> {
  await page.goto(link)
  await page.getByRole('textbox', { name: 'Name' }).fill('Ada Lovelace')
  await page.getByLabel('E-mail').fill('ada@example.com')
  await page.getByRole('textbox', { name: 'Password' }).fill(ownersPassword)
  await page.getByRole('button', { name: 'Make the account' }).click()
  await page.getByRole('heading', { level: 1, name: 'Hello, Ada' }).waitFor()
}

/** Waits until nothing on the page is still being fetched. */
async function settled(page: Page): Promise<void> {
  // Not by a function in the page: its policy allows no script that comes as text.
  const giveUpAt = performance.now() + 10_000
  while ((await page.locator('[aria-busy=true]').count()) > 0) {
    assert.ok(performance.now() < giveUpAt, `${page.url()} is still loading`)
    await delay(20)
  }
}

/** Takes a picture of a whole page, where a folder for them is named. */
export async function photograph(page: Page, name: string): Promise<void> {
  if (screens === undefined) return
  await page.evaluate('window.scrollTo(0, 0)')
  await page.screenshot({ path: join(screens, `${name}-${page.viewportSize()!.width}.png`), fullPage: true })
}

interface Violation {
  id: string
  nodes: { html: string; failureSummary?: string }[]
}

/**
 * What of a page axe checks: an open dialog alone, since what lies behind it was checked before; everything when the
 * document is new; else what is around the page is left out, since no page changes it.
 */
const partsToCheck = `(isNew) => {
  const dialog = document.querySelector('[role=dialog]')
  if (dialog !== null) return dialog
  return isNew ? document : { exclude: ['.side', '.top'] }
}`

/** Checks that a page fits its width, once all of it is there. With `KINDRED_SCREENS` a picture of it is kept. */
export async function measure(page: Page, name: string): Promise<void> {
  await settled(page)
  // What lies half under the bar at the top would count as too small a target.
  await page.evaluate('window.scrollTo(0, 0)')
  await photograph(page, name)
  const overflow = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )
  assert.ok(overflow <= 0, `${name} is ${overflow} px wider than ${page.viewportSize()!.width} px`)
}

/** Like {@link measure}, and checks the rules of WCAG 2.2 A and AA that a machine can check. */
export async function look(page: Page, name: string): Promise<void> {
  await measure(page, name)
  const isNew = await page.evaluate<boolean>('!("axe" in window)')
  if (isNew) {
    // By the debugger, since the page's own policy takes no script of ours.
    const debug = await page.context().newCDPSession(page)
    await debug.send('Runtime.evaluate', { expression: axe })
    await debug.detach()
  }
  const options = {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    resultTypes: ['violations'],
    preload: false,
  }
  const { violations } = await page.evaluate<{ violations: Violation[] }>(
    `axe.run((${partsToCheck})(${isNew}), ${JSON.stringify(options)}).then(({ violations }) => ({ violations }))`,
  )
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html}\n${nodes[0]!.failureSummary}`)
  assert.deepEqual(told, [], `${name} at ${page.viewportSize()!.width} px`)
}

/** Asks the server for a page of the console, as a link from elsewhere does, and waits until its heading is there. */
export async function visit(page: Page, url: string, heading?: string | RegExp): Promise<void> {
  await page.goto(url)
  await headed(page, heading)
}

/** Goes from one page of the console to another, as its links do, and waits until the heading is there. */
export async function open(page: Page, path: string, heading?: string | RegExp): Promise<void> {
  await page.evaluate(`history.pushState(null, '', ${JSON.stringify(`/admin${path}`)})`)
  await headed(page, heading)
}

async function headed(page: Page, heading: string | RegExp | undefined): Promise<void> {
  await page.getByRole('heading', { level: 1, ...(heading === undefined ? {} : { name: heading }) }).waitFor()
}
