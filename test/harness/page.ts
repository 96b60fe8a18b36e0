/** The page of a running network in a real browser, let in as its owner. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { launchChromium, type OpenPage, openTab } from '../../apps/web/test/chromium.ts'
import { koinonJson } from './cli.ts'
import type { ReadyLine } from './network.ts'

type Browser = Awaited<ReturnType<typeof launchChromium>>
type Page = OpenPage['page']
/** What a fresh profile may be told: window, colours, motion. */
export type TabOptions = NonNullable<Parameters<Browser['newContext']>[0]>

/** One browser for a suite; tabs after the first carry on what the first was let in with. */
export class OwnerBrowser {
  readonly #network: ReadyLine
  readonly #browser: Browser
  #letIn: NonNullable<TabOptions['storageState']> | undefined

  private constructor(network: ReadyLine, browser: Browser) {
    this.#network = network
    this.#browser = browser
  }

  /** Starts Chromium. Throws a sentence that says what to install where there is none. */
  static async start(network: ReadyLine): Promise<OwnerBrowser> {
    return new OwnerBrowser(network, await launchChromium())
  }

  /** Opens `#/...` of the page in a profile of its own and waits until it shows the network. */
  async open(hash = '#/', options: TabOptions = {}): Promise<OpenPage> {
    const { gateway } = this.#network
    const known = this.#letIn === undefined ? {} : { storageState: this.#letIn }
    const tab = await openTab(this.#browser, gateway, { ...options, ...known })
    if (this.#letIn === undefined) {
      await tab.page.goto(await this.#link())
      await tab.page.getByRole('button', { name: 'What is a subnet?' }).and(tab.page.locator(':enabled')).waitFor()
      this.#letIn = await tab.context.storageState()
    }
    await tab.page.goto(`${gateway}/${hash}`)
    await tab.page
      .getByText(/as of block/)
      .first()
      .waitFor()
    return tab
  }

  close(): Promise<void> {
    return this.#browser.close()
  }

  /** A link that lets one browser in. */
  async #link(): Promise<string> {
    const { data } = await koinonJson(['status', '--home', this.#network.home])
    return data['page'] as string
  }
}

/** Types a question and sends it. */
export async function askOnPage(page: Page, question: string): Promise<void> {
  await page.getByLabel('Your question').fill(question)
  await page.getByRole('button', { name: 'Ask', exact: true }).click()
}

/** Keeps a picture for people to look at, when KOINON_SCREENSHOTS names a folder. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = process.env['KOINON_SCREENSHOTS']
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name.replaceAll(/[^a-z0-9]+/gi, '-')}.png`), fullPage: true })
}
