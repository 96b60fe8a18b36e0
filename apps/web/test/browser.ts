/** What the browser tests share: the built page, the fake network, a real Chromium. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { FakeNetwork } from '../dev/fake-network.ts'

const root = join(import.meta.dirname, '..')

/** Chromium's path: `KOINON_CHROMIUM`, else Debian's. Throws a sentence that says what to install. */
export function chromiumPath(): string {
  const path = process.env['KOINON_CHROMIUM'] ?? '/usr/bin/chromium'
  if (!existsSync(path)) {
    throw new Error(
      `The browser tests need Chromium at ${path}: install the package "chromium" or set KOINON_CHROMIUM to its path`,
    )
  }
  return path
}

/** Builds the page into a folder of its own, so that tests never race with another build. */
export async function buildPage(): Promise<{ readonly dist: string; readonly remove: () => Promise<void> }> {
  const dist = await mkdtemp(join(tmpdir(), 'koinon-web-'))
  // A process of its own: a test runner's NODE_ENV would build React for development.
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin', 'vite.js')
  const args = [vite, 'build', '--outDir', dist, '--emptyOutDir', '--logLevel', 'error']
  await promisify(execFile)(process.execPath, args, {
    cwd: root,
    timeout: 120_000,
    env: { ...process.env, NODE_ENV: 'production' },
  })
  return { dist, remove: () => rm(dist, { recursive: true, force: true }) }
}

/** Everything a browser test needs; `stop` ends it all. */
export type Bench = {
  readonly url: string
  readonly dist: string
  readonly network: FakeNetwork
  readonly browser: Browser
  readonly open: (
    options?: BrowserContextOptions & { readonly hash?: string; readonly isStranger?: boolean },
  ) => Promise<OpenPage>
  readonly stop: () => Promise<void>
}

/** A page of a fresh profile. `foreign` collects requests to other origins, `problems` console errors and policy violations. */
export type OpenPage = {
  readonly page: Page
  readonly context: BrowserContext
  readonly foreign: string[]
  readonly problems: string[]
}

export async function startBench(): Promise<Bench> {
  const executablePath = chromiumPath()
  const { dist, remove } = await buildPage()
  const network = new FakeNetwork({ dist, paceMs: 4 })
  const url = await network.start()
  const browser = await chromium.launch({
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
  const open: Bench['open'] = async ({ hash = '', isStranger = false, ...options } = {}) => {
    const context = await browser.newContext(options)
    context.setDefaultTimeout(20_000)
    // As after the printed link was opened; a stranger has not.
    if (!isStranger) await context.addInitScript(letIn, network.state.localToken)
    const page = await context.newPage()
    const foreign: string[] = []
    const problems: string[] = []
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith('blob:')) foreign.push(request.url())
    })
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text())
    })
    page.on('pageerror', (error) => problems.push(error.message))
    await page.goto(`${url}/${hash}`)
    await page
      .getByText(/as of block/)
      .first()
      .waitFor()
    return { page, context, foreign, problems }
  }
  return {
    url,
    dist,
    network,
    browser,
    open,
    stop: async () => {
      await browser.close()
      await network.stop()
      await remove()
    },
  }
}

/** Runs in the browser. */
function letIn(token: string): void {
  localStorage.setItem('koinon.owner.v1', token)
}
