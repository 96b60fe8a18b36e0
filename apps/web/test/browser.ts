/** What the browser tests share: the built page, the fake network, a real Chromium. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { FakeNetwork } from '../dev/fake-network.ts'
import { launchChromium, type OpenPage, openTab } from './chromium.ts'

const root = join(import.meta.dirname, '..')

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

export async function startBench(): Promise<Bench> {
  const { dist, remove } = await buildPage()
  const network = new FakeNetwork({ dist, paceMs: 4 })
  const url = await network.start()
  const browser = await launchChromium()
  const open: Bench['open'] = async ({ hash = '', isStranger = false, ...options } = {}) => {
    const tab = await openTab(browser, url, options)
    // As after the printed link was opened; a stranger has not.
    if (!isStranger) await tab.context.addInitScript(letIn, network.state.localToken)
    const { page } = tab
    await page.goto(`${url}/${hash}`)
    await page
      .getByText(/as of block/)
      .first()
      .waitFor()
    return tab
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
