/** What holds on every page: accessible, narrow, by keyboard, small, and silent towards the rest of the world. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contentSecurityPolicy } from '../content-security-policy.ts'
import { type Bench, startBench } from './browser.ts'
import { axeViolations, sidewaysPixels } from './chromium.ts'

/** JavaScript of the first page, gzip, in bytes. */
const firstPageBudget = 120 * 1024

let bench: Bench
beforeAll(async () => {
  bench = await startBench()
}, 120_000)
afterAll(() => bench?.stop())

/** Every page in the state that shows most. */
const pages: readonly (readonly [name: string, prepare: (page: Page) => Promise<void>])[] = [
  ['chat, empty', async () => undefined],
  ['chat', talk],
  ['network', network],
  ['subnets', async (page) => go(page, '#/subnets', 'Seats taken')],
  ['subnet', async (page) => go(page, '#/subnets/1', 'Who earned what')],
  ['subnet without a result', async (page) => go(page, '#/subnets/4', 'The first result is expected at')],
  ['no such subnet', async (page) => go(page, '#/subnets/9', 'There is no subnet 9')],
  ['validators', async (page) => go(page, '#/validators', 'Kept by the consensus')],
  [
    'decentralization',
    async (page) => {
      await go(page, '#/decentralization', 'Held back by')
      await page.getByText('All 3 requirements').click()
    },
  ],
  ['receipts', async (page) => go(page, '#/receipts', 'Audited by')],
  [
    'receipt',
    async (page) => {
      await go(page, `#/receipts/${bench.network.state.records.at(-1)?.summary.id}`, 'What was hashed')
    },
  ],
  ['wallet', async (page) => go(page, '#/wallet', 'Use it from a program')],
  [
    'wallet, new key',
    async (page) => {
      await go(page, '#/wallet', 'Use it from a program')
      await page.getByRole('button', { name: 'Create a key' }).click()
    },
  ],
  [
    'stake, with a quote',
    async (page) => {
      await go(page, '#/stake', 'Root dividends')
      await page.getByLabel('KOIN to spend').fill('12')
      await page.getByText('It moves the price by').waitFor()
    },
  ],
  [
    'stake, taking back',
    async (page) => {
      await go(page, '#/stake', 'Root dividends')
      await page.getByRole('button', { name: 'Unstake from the root' }).click()
      await page.getByRole('dialog').waitFor()
    },
  ],
  ['payments', async (page) => go(page, '#/payments', 'The last payments')],
  ['budgets', async (page) => go(page, '#/budgets', 'Waits for your word')],
  [
    'budgets, revoking',
    async (page) => {
      await go(page, '#/budgets', 'Waits for your word')
      await page.getByRole('button', { name: 'Revoke helper' }).click()
      await page.getByRole('dialog').waitFor()
    },
  ],
  ['budgets of an account', async (page) => go(page, `#/budgets/0x${'a1'.repeat(20)}`, 'What cannot be seen')],
  ['agents', async (page) => go(page, '#/agents', 'Best agent')],
  ['agent', async (page) => go(page, '#/agents/3', 'Left out')],
  ['agent that lies', async (page) => go(page, '#/agents/9', 'To mend it')],
  [
    'check a listing',
    async (page) => {
      await go(page, '#/listing', 'Number of an agent')
      await page.getByLabel('Number of an agent').fill(`https://best.example/${'long'.repeat(40)}`)
      await page.keyboard.press('Enter')
      await page.getByText('2 failed').waitFor()
    },
  ],
  ['jobs', async (page) => go(page, '#/jobs', 'Sent back to clients')],
  [
    'job, accepting',
    async (page) => {
      await go(page, '#/jobs/6', 'What happened')
      await page.getByRole('button', { name: 'Accept the work' }).click()
      await page.getByRole('dialog').waitFor()
    },
  ],
  ['job with a tree and verdicts', async (page) => go(page, '#/jobs/5', 'Who signed round 1')],
  ['job with bids', async (page) => go(page, '#/jobs/7', 'does not count')],
  ['no such page', async (page) => go(page, '#/nowhere', 'There is no such page')],
]

/** Height on a telephone, long lists waiting behind a button. A chat is as long as what was said; of the network all is unfolded here. */
const mostPixels = 4_000
const longPages = ['chat', 'network']

describe('every page', () => {
  test.each(pages)(
    '%s: axe finds nothing in either theme, nothing scrolls sideways or without end',
    async (name, prepare) => {
      const { page, context } = await bench.open({ colorScheme: 'light', reducedMotion: 'reduce' })
      await prepare(page)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await axeViolations(page), colorScheme).toEqual([])
      }
      if (!longPages.includes(name)) {
        await page.setViewportSize({ width: 390, height: 820 })
        await expect.poll(() => page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThan(mostPixels)
      }
      for (const width of [768, 320]) {
        await page.setViewportSize({ width, height: 700 })
        await page.evaluate(unfold)
        expect(await sidewaysPixels(page), `${width} px`).toBe(0)
      }
      await context.close()
    },
  )
})

describe('keyboard', () => {
  test('asks and checks without a mouse, with the focus always in sight', async () => {
    const { page, context } = await bench.open()
    await page.keyboard.press('Tab')
    expect(await focused(page)).toBe('Skip to the content')
    await page.keyboard.press('Enter')
    await tabTo(page, 'What is a subnet?')
    expect(await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle)).toBe('solid')
    await page.keyboard.press('Enter')
    await page.getByText('22 passed').waitFor()
    await tabTo(page, 'Check this receipt yourself')
    await page.keyboard.press('Enter')
    await page.getByRole('group', { name: 'Checks in this browser' }).waitFor()
    await tabTo(page, 'Your question')
    await page.keyboard.type('What does it cost?')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('Briefly.')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'What does it cost? Briefly.' }).waitFor()
    await context.close()
  })

  test('keeps the focus in a dialog, closes it with Escape and returns', async () => {
    const { page, context } = await bench.open({ hash: '#/wallet' })
    const button = page.getByRole('button', { name: 'Create a key' })
    await button.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Create a key' }).waitFor()
    for (let step = 0; step < 8; step++) {
      await page.keyboard.press('Tab')
      const isInside = await page.evaluate(
        () => document.activeElement === document.body || document.activeElement?.closest('dialog') !== null,
      )
      expect(isInside).toBe(true)
    }
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await focused(page)).toBe('Create a key')
    await context.close()
  })

  test('goes to a page, says its name, and changes the theme for good', async () => {
    const { page, context } = await bench.open({ colorScheme: 'light' })
    await tabTo(page, 'Receipts')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Receipts', level: 1 }).waitFor()
    expect(await page.title()).toBe('Receipts · Koinon')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
    const toggle = page.getByRole('button', { name: /^Theme:/ })
    await toggle.press('Enter')
    await toggle.press('Enter')
    await page.reload()
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark')
    await context.close()
  })
})

describe('speech', () => {
  test('tells a screen reader beginnings and ends, and the answer once it is whole', async () => {
    const { page, context } = await bench.open()
    const region = page.locator('[role=status][aria-live=polite]')
    await page.getByRole('button', { name: 'What is a subnet?' }).click()
    await page.getByText('22 passed').waitFor()
    expect(await region.innerText()).toMatch(/^Answer: A \*\*subnet\*\* is a market/)
    await context.close()
  })
})

describe('the built page', () => {
  test('needs at most 120 kB of JavaScript, gzip, for its first page', async () => {
    const { page, context } = await bench.open()
    const loaded = await page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .map((entry) => new URL(entry.name).pathname)
        .filter((path) => path.endsWith('.js')),
    )
    const sizes = await Promise.all(
      loaded.map(async (path) => gzipSync(await readFile(join(bench.dist, path)), { level: 9 }).length),
    )
    const total = sizes.reduce((sum, size) => sum + size, 0)
    expect(loaded.length).toBeGreaterThan(1)
    expect(total).toBeLessThanOrEqual(firstPageBudget)
    process.stderr.write(`first page: ${loaded.length} scripts, ${(total / 1024).toFixed(1)} kB gzip\n`)
    await context.close()
  })

  test('has no inline script or style and carries its policy', async () => {
    const html = await readFile(join(bench.dist, 'index.html'), 'utf8')
    expect(html).toContain(contentSecurityPolicy.replaceAll("'", '&#39;'))
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)/)
    expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=/)
    expect(html).not.toMatch(/https?:\/\//)
  })

  test('holds nothing of the fake network', async () => {
    const files = await readdir(bench.dist, { recursive: true })
    const scripts = await Promise.all(
      files.filter((file) => file.endsWith('.js')).map((file) => readFile(join(bench.dist, file), 'utf8')),
    )
    expect(scripts.length).toBeGreaterThan(5)
    for (const script of scripts) expect(script).not.toMatch(/koinon fake network|miner-attica/)
  })
})

/** Runs in the browser. */
function unfold(): void {
  for (const fold of document.querySelectorAll<HTMLDetailsElement>('.fold')) fold.open = true
}

async function go(page: Page, hash: string, words: string): Promise<void> {
  await page.goto(`${bench.url}/${hash}`)
  await page.getByText(words).first().waitFor({ state: 'attached' })
}

async function talk(page: Page): Promise<void> {
  await page
    .getByLabel('Your question')
    .fill(
      'Who won the race? And what if this question is averyveryverylongwordwithoutanyspaceinitatallsoitmustbebroken',
    )
  await page.keyboard.press('Enter')
  await page.getByText('22 passed').waitFor()
  await page.getByRole('button', { name: 'Check this receipt yourself' }).click()
  await page.getByRole('button', { name: 'Replay the answer here' }).click()
  await page.getByText('1 failed: counts').waitFor()
}

async function network(page: Page): Promise<void> {
  await go(page, '#/network', 'payouts and reasons')
  await page.locator('.chart canvas').waitFor()
  for (const summary of await page.locator('summary').all()) await summary.click()
}

async function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement | null
    const label = element?.id ? document.querySelector(`label[for="${CSS.escape(element.id)}"]`) : null
    return (label?.textContent ?? element?.getAttribute('aria-label') ?? element?.innerText ?? '').trim()
  })
}

/** Tabs until the named control has the focus; fails when it cannot be reached. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let step = 0; step < 60; step++) {
    if ((await focused(page)).startsWith(name)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`"${name}" cannot be reached with the Tab key`)
}
