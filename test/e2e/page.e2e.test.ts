/** The page against a real network: what a newcomer sees, in Chromium. KOINON_SCREENSHOTS=FOLDER keeps a picture of every page. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { axeViolations, type OpenPage, sidewaysPixels } from '../../apps/web/test/chromium.ts'
import { ask } from '../harness/ask.ts'
import { askOnPage, keepPicture, OwnerBrowser } from '../harness/page.ts'
import { killRole, restarted } from '../harness/roles.ts'
import { sleep, waitFor } from '../harness/wait.ts'

const network = inject('network')
/** Until an epoch of a local network was judged and paid. */
const payPatienceMs = 240_000
/** Until a transaction is in the ledger and its effect on the page, on a machine that is full of other work. */
const ledgerPatienceMs = 100_000
/** What the browser itself checks of a receipt of two hops; what stands on the ledger it leaves unchecked. */
const browserChecks = { passed: 22, notChecked: 2 }

type Page = OpenPage['page']
let browser: OwnerBrowser

beforeAll(async () => {
  browser = await OwnerBrowser.start(network)
})
afterAll(() => browser?.close())

/** Runs a story in a tab of its own; no request may leave the gateway's origin and the console stays silent. */
async function story(hash: string, tell: (page: Page) => Promise<void>): Promise<void> {
  const { page, context, foreign, problems } = await browser.open(hash)
  await tell(page)
  expect(foreign).toEqual([])
  expect(problems).toEqual([])
  await context.close()
}

async function askFirst(page: Page): Promise<ReturnType<Page['getByRole']>> {
  await page.getByRole('button', { name: 'What is a subnet?' }).click()
  const slip = page.getByRole('region', { name: 'Receipt of this answer' })
  await slip.getByText(`${browserChecks.passed} passed`).waitFor()
  return slip
}

describe('a first question', () => {
  it('is answered as a stream, with who, how long, how much, and who checked it', () =>
    story('#/', async (page) => {
      await page.evaluate(countAnswerSteps)
      const slip = await askFirst(page)
      expect(await page.evaluate(() => Number(document.documentElement.dataset['answerSteps']))).toBeGreaterThanOrEqual(
        2,
      )
      expect((await page.locator('.answer').innerText()).length).toBeGreaterThan(20)
      const text = await slip.innerText()
      expect(text).toMatch(/Answered by\s+miner-[123]/)
      expect(text).toMatch(/First byte\s+[\d.]+ m?s/)
      expect(text).toMatch(/In all\s+[\d.]+ m?s/)
      expect(text).toMatch(/Tokens\s+\d+ in, \d+ out/)
      expect(text).toMatch(/Cost\s+\$0\.0000\d+/)
      expect(text).toMatch(/This browser checked[\s\S]*0 failed[\s\S]*2 not checked[\s\S]*Signatures/)
      expect(text).toMatch(/Validators checked\s+Nothing yet/)
    }))

  it('can be checked again in the browser, check by check', () =>
    story('#/', async (page) => {
      const slip = await askFirst(page)
      await slip.getByRole('button', { name: 'Check this receipt yourself' }).click()
      const checks = slip.getByRole('group', { name: 'Checks in this browser' })
      expect(await checks.getByRole('listitem').count()).toBe(browserChecks.passed + browserChecks.notChecked)
      expect(await checks.getByText('Not checked').count()).toBe(browserChecks.notChecked)
      expect(await checks.innerText()).toMatch(/What the gateway signed for you[\s\S]*What the miner signed/)
    }))

  it('can be replayed bit by bit by the node', () =>
    story('#/', async (page) => {
      const slip = await askFirst(page)
      await slip.getByRole('button', { name: 'Replay the answer here' }).click()
      const replay = page.getByRole('region', { name: 'Replay by this node' })
      await replay.waitFor({ timeout: 60_000 })
      const text = await replay.innerText()
      expect(text).toMatch(/0 failed/)
      expect(text).toMatch(/Passed\s+Does a replay give the same tokens\?[\s\S]*none differs/)
    }))

  it('fails by name when a word of the answer was changed on its way', async () => {
    const { page, context } = await browser.open()
    await page.route('**/v1/chat/completions', async (route) => {
      const response = await route.fetch()
      const body = (await response.text()).replace(/"content":"(?=[^"])/, '"content":"not ')
      await route.fulfill({ response, body })
    })
    await page.getByRole('button', { name: 'What is a subnet?' }).click()
    await page.getByText('2 failed: response, hop2.response').waitFor()
    await context.close()
  })

  it('is marked, not rewritten, when the model was unsure', () =>
    story('#/', async (page) => {
      await page.route('**/v1/chat/completions', async (route) => {
        const response = await route.fetch()
        const body = (await response.text()).replace('"usage":', '"koinon":{"unsure":true},"usage":')
        await route.fulfill({ response, body })
      })
      await askOnPage(page, 'Who won the chariot race?')
      await page.getByText('The model is unsure of this answer').waitFor()
      await keepPicture(page, 'unsure')
    }))
})

describe('receipts', () => {
  it('are listed, show the path of the question, and check again as a file', () =>
    story('#/', async (page) => {
      const id = (await (await askFirst(page)).getByRole('link', { name: /^Receipt / }).getAttribute('href')) ?? ''
      await page.getByRole('link', { name: 'Receipts' }).click()
      await page.locator(`a[href="${id}"]`).click()
      await page.getByText(`${browserChecks.passed} passed`).waitFor()
      const path = page.getByRole('list', { name: 'Path of the question' })
      expect(await path.innerText()).toMatch(/You[\s\S]*this gateway[\s\S]*miner-[123]/)
      expect(await page.getByText('equal', { exact: true }).count()).toBe(2)
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Download the raw JSON' }).click(),
      ])
      const buffer = await readFile(await download.path())
      await page.getByRole('link', { name: '← All receipts' }).click()
      await page.getByLabel('Receipt (JSON)').setInputFiles({ name: 'r.json', mimeType: 'application/json', buffer })
      await page.getByRole('button', { name: 'Check the file' }).click()
      // Without the bytes of question and answer, which are not in the file, each hop has two checks less.
      const report = page.getByRole('region', { name: 'Report on r.json' })
      await report.getByText('0 failed').waitFor()
      expect(await report.getByText('not at hand', { exact: true }).count()).toBe(2)
    }))
})

describe('wallet and keys', () => {
  it('creates a key that works from a program until it is revoked', async () => {
    const { page, context, foreign } = await browser.open('#/wallet')
    await page.getByRole('button', { name: 'Create a key' }).click()
    await page.getByLabel('Name, to recognise it by').fill('page test')
    await page.getByLabel('Limit in dollars').fill('0.25')
    await page.getByRole('button', { name: 'Create the key' }).click()
    const apiKey = await page.locator('.secret').innerText()
    await keepPicture(page, 'wallet, new key')
    await page.getByRole('button', { name: 'I have copied it' }).click()
    const row = page.getByRole('row', { name: /page test/ })
    await row.getByText('$0.25 of $0.25').waitFor()
    const answer = await ask(network, { apiKey, maxTokens: 8 })
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body)).toMatchObject({ choices: [{ message: { role: 'assistant' } }] })

    await row.getByRole('button', { name: 'Revoke page test' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke the key' }).click()
    await row.getByText(/^revoked \d{4}-/).waitFor()
    expect((await ask(network, { apiKey, maxTokens: 8 })).status).toBe(401)

    await page.evaluate((key) => sessionStorage.setItem('koinon.key.v1', key), apiKey)
    await page.goto(`${network.gateway}/#/`)
    await page.reload()
    await askOnPage(page, 'What is a miner?')
    const alert = page.getByRole('alert')
    await alert.getByText('The API key was revoked').waitFor()
    await keepPicture(page, 'revoked')
    await alert.getByRole('link', { name: 'Open Wallet & keys' }).click()
    await page.getByRole('button', { name: 'Forget it in this tab' }).click()
    await page.getByRole('link', { name: 'Chat' }).click()
    await page.getByRole('alert').getByRole('button', { name: 'Ask again' }).click()
    await page.getByText(`${browserChecks.passed} passed`).waitFor()
    expect(foreign).toEqual([])
    await context.close()
  })

  it('refuses a deposit that is too small before money moves', async () => {
    const { page, context } = await browser.open('#/wallet')
    await page.getByRole('button', { name: 'Create a key' }).click()
    await page.getByLabel('Name, to recognise it by').fill('tiny')
    await page.getByLabel('Limit in dollars').fill('0.0001')
    await page.getByRole('button', { name: 'Create the key' }).click()
    await page.getByRole('alert').getByText('A key needs a deposit of at least 0.001 dollars').waitFor()
    await context.close()
  })
})

describe('trouble', () => {
  it('of a killed miner is not noticed by those who ask, and shown to those who look', async () => {
    const { page, context, foreign } = await browser.open()
    const pid = await killRole(network.home, 'miner-3')
    await askOnPage(page, 'What is a validator?')
    await page.getByText(`${browserChecks.passed} passed`).waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
    await restarted(network.home, 'miner-3', pid)
    await page.getByRole('link', { name: 'Network' }).click()
    const processes = page.getByRole('table', { name: 'Processes of this node' })
    // The page may show what it last heard until it asks again.
    await processes.getByRole('row', { name: /miner-3\s+provider\s+ready\s.*\s[1-9]\d*\s+\d+ MiB/ }).waitFor()
    expect(foreign).toEqual([])
    await context.close()
  })

  it('with the gateway is said at once, and the page goes on by itself', async () => {
    const { page, context } = await browser.open()
    await context.setOffline(true)
    await askOnPage(page, 'What is an epoch?')
    await page.getByRole('alert').getByText('The gateway cannot be reached').waitFor()
    await page.getByText('may have changed since').waitFor()
    await keepPicture(page, 'gateway down')
    await context.setOffline(false)
    await page.locator('.status-state').getByText('Connected').waitFor()
    await page.getByRole('alert').getByRole('button', { name: 'Ask again' }).click()
    await page.getByText(`${browserChecks.passed} passed`).waitFor()
    await context.close()
  })
})

describe('the network', () => {
  it(
    'shows its miners, validators, stake and epoch, and after the first judged epoch who was paid what and why',
    async () => {
      await ask(network, { maxTokens: 8 })
      await story('#/network', async (page) => {
        const head = page.getByRole('region', { name: 'inference' })
        await head.getByText('3 of 3 online').waitFor()
        const facts = await head.innerText()
        expect(facts).toMatch(/Validators\s+2 of 2 online/)
        // Dividends are staked, so it grows.
        expect(facts).toMatch(/Stake weighs\s+10,\d{3}[\d.]* alpha/)
        expect(facts).toMatch(/Price of one alpha\s+[\d.]+ KOIN/)
        expect(facts).toMatch(/Epoch \d+\s+\d:\d\d/)
        // The page goes on to the newest paid epoch; on a busy machine somebody may have missed the first.
        const names = ['miner-1', 'miner-2', 'miner-3', 'validator-1', 'validator-2']
        const payouts = names.reduce(
          (table, name) => table.filter({ has: page.getByRole('row', { name }) }),
          page.getByRole('table', { name: /^Payouts of epoch \d+$/ }),
        )
        await payouts.waitFor({ timeout: payPatienceMs })
        const rows = await payouts.getByRole('row').allInnerTexts()
        for (const name of names) {
          const why = name.startsWith('miner')
            ? /[\d.]+ alpha[\s\S]*All checks of \d+ answers? held/
            : /alpha[\s\S]*Validator: paid for its weights/
          expect(rows.find((row) => row.includes(name))).toMatch(why)
        }
        await page.getByText(/\d+ audited answers behind the scores/).click()
        expect(await page.locator('.check-fail').count()).toBe(0)
      })
    },
    payPatienceMs + 60_000,
  )

  it('buys alpha for at least what it shows, and stakes KOIN on a validator', { timeout: payPatienceMs }, () =>
    story('#/stake', async (page) => {
      const pools = page.getByRole('table', { name: 'Pools' })
      await pools.getByText(/1 · inference/).waitFor()
      await page.getByLabel('KOIN to spend').fill('0.5')
      await page.getByText('At least, or nothing happens').waitFor()
      await page.getByRole('button', { name: 'Review', exact: true }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Buy', exact: true }).click()
      await page
        .getByRole('status')
        .getByText(/^Bought [\d.]+ alpha of subnet 1 for 0\.5 KOIN\.$/)
        .waitFor({ timeout: ledgerPatienceMs })
      await page.getByLabel('KOIN to stake').fill('0.25')
      await page.getByRole('button', { name: 'Review the stake' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Stake', exact: true }).click()
      await page.getByText(/^Staked 0\.25 KOIN on 0x/).waitFor({ timeout: ledgerPatienceMs })
      const staked = page.getByRole('table', { name: 'Staked' })
      await staked
        .getByRole('row', { name: /KOIN validator-[12] .*slowly: it backs a validator/ })
        .waitFor({ timeout: ledgerPatienceMs })
    }),
  )

  it(
    'shows under Receipts what validators audited',
    () =>
      story('#/receipts', async (page) => {
        const audited = page.getByText(/validator-[12].*, epoch \d+: no check failed/).first()
        // Validators draw three answers a miner and epoch, their own questions among them: ask on until one of ours is drawn.
        await waitFor('an audited receipt', payPatienceMs, async () => {
          if (await audited.isVisible()) return true
          await ask(network, { maxTokens: 8 })
          await sleep(10_000)
          return false
        })
      }),
    payPatienceMs + 60_000,
  )
})

/** Every page in the state that shows most. */
const pages: readonly (readonly [name: string, hash: string, prepare: (page: Page) => Promise<unknown>])[] = [
  ['chat, empty', '#/', (page) => page.getByRole('button', { name: 'What is a subnet?' }).waitFor()],
  [
    'chat',
    '#/',
    async (page) => {
      const slip = await askFirst(page)
      await slip.getByRole('button', { name: 'Check this receipt yourself' }).click()
      await slip.getByRole('group', { name: 'Checks in this browser' }).waitFor()
    },
  ],
  [
    'network',
    '#/network',
    async (page) => {
      await page.getByRole('table', { name: /^Payouts of epoch/ }).waitFor()
      for (const summary of await page.locator('summary').all()) await summary.click()
    },
  ],
  ['subnets', '#/subnets', (page) => page.getByRole('table', { name: 'Subnets' }).waitFor()],
  ['subnet', '#/subnets/1', (page) => page.getByRole('table', { name: 'Seats of the subnet' }).waitFor()],
  ['validators', '#/validators', (page) => page.getByRole('table', { name: /^Validators of subnet 1 in/ }).waitFor()],
  [
    'decentralization',
    '#/decentralization',
    (page) =>
      page
        .getByRole('table', { name: /^Concentration of/ })
        .first()
        .waitFor(),
  ],
  ['receipts', '#/receipts', (page) => page.locator('.data-table a').first().waitFor()],
  [
    'receipt',
    '#/receipts',
    async (page) => {
      await page.locator('.data-table a').first().click()
      await page.getByText('What was hashed').waitFor()
    },
  ],
  [
    'stake',
    '#/stake',
    async (page) => {
      await page.getByLabel('KOIN to spend').fill('0.5')
      await page.getByText('It moves the price by').waitFor()
    },
  ],
  [
    'budgets',
    '#/budgets',
    (page) => page.getByText('koinon budget grant').or(page.getByText('Left now')).first().waitFor(),
  ],
  ['payments', '#/payments', (page) => page.getByRole('table', { name: /^Channels/ }).waitFor()],
  [
    'agent',
    '#/agents/0',
    (page) => page.getByRole('list', { name: 'Checks of its listing' }).getByText('Passed').first().waitFor(),
  ],
  ['jobs', '#/jobs', (page) => page.getByText('Sent back to clients').waitFor()],
  ['wallet', '#/wallet', (page) => page.getByRole('table', { name: 'Payments, newest first' }).waitFor()],
]

describe('every page', { timeout: 240_000 }, () => {
  // Both themes of each wide page, with prepared data, are in apps/web/test/quality.browser.test.ts.
  it.each(pages)(
    '%s: axe finds nothing, light and wide or dark and narrow, and it fits 320 pixels',
    async (name, hash, prepare) => {
      const { page, context, foreign } = await browser.open(hash, { colorScheme: 'light', reducedMotion: 'reduce' })
      await prepare(page)
      for (const [width, colorScheme] of [
        [1280, 'light'],
        [320, 'dark'],
      ] as const) {
        await page.setViewportSize({ width, height: 820 })
        await page.emulateMedia({ colorScheme })
        expect(await axeViolations(page), `${colorScheme}, ${width} px`).toEqual([])
        await keepPicture(page, `${name} ${colorScheme} ${width}`)
        expect(await sidewaysPixels(page), `${width} px`).toBe(0)
      }
      expect(foreign).toEqual([])
      await context.close()
    },
  )
})

/** Runs in the browser: counts how often the answer grew. */
function countAnswerSteps(): void {
  let length = 0
  let steps = 0
  new MutationObserver(() => {
    const now = document.querySelector('.answer')?.textContent.length ?? 0
    if (now > length) steps += 1
    length = now
    document.documentElement.dataset['answerSteps'] = String(steps)
  }).observe(document.body, { childList: true, subtree: true, characterData: true })
}
