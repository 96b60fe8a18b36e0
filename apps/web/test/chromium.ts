/** Debian's Chromium and what every browser test looks for, whoever serves the page. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
/** Long enough for a machine that trains a model beside the tests. */
const patienceMs = 45_000

/** Starts Chromium from `KOINON_CHROMIUM`, else Debian's path. Throws a sentence that says what to install. */
export function launchChromium(): Promise<Browser> {
  const executablePath = process.env['KOINON_CHROMIUM'] ?? '/usr/bin/chromium'
  if (!existsSync(executablePath)) {
    throw new Error(
      `The browser tests need Chromium at ${executablePath}: install the package "chromium" or set KOINON_CHROMIUM to its path`,
    )
  }
  return chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** A page of a fresh profile. `foreign` collects requests to other origins, `problems` console errors and policy violations. */
export type OpenPage = {
  readonly page: Page
  readonly context: BrowserContext
  readonly foreign: string[]
  readonly problems: string[]
}

/** Opens a tab of a fresh profile that has not gone anywhere yet; `origin` is the one whose requests are its own. */
export async function openTab(browser: Browser, origin: string, options: BrowserContextOptions): Promise<OpenPage> {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(patienceMs)
  const page = await context.newPage()
  const foreign: string[] = []
  const problems: string[] = []
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(`${origin}/`) && !url.startsWith('blob:')) foreign.push(url)
  })
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(error.message))
  return { page, context, foreign, problems }
}

/** What axe-core finds on the page as it stands, a line each. */
export async function axeViolations(page: Page): Promise<readonly string[]> {
  // Added by the debugger, which the page's own policy does not bind.
  await page.evaluate(await readFile(axePath, 'utf8'))
  return page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
    }
    return (await axe.run()).violations.map(
      (violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(' | ')}`,
    )
  })
}

/** Pixels of the page's content that do not fit the window's width. */
export function sidewaysPixels(page: Page): Promise<number> {
  return page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth))
}
