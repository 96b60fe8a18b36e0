/** `node dev/screenshots.ts FOLDER` : every page, light and dark, wide and narrow, against the fake network, for people to look at. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { startBench } from '../test/browser.ts'

const folder = process.argv[2] ?? 'screenshots'
await mkdir(folder, { recursive: true })
const bench = await startBench()
try {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 320]) {
      const { page, problems } = await bench.open({ colorScheme, viewport: { width, height: 820 } })
      const shoot = async (name: string, fullPage = true): Promise<void> => {
        await page.screenshot({ path: join(folder, `${name}-${colorScheme}-${width}.png`), fullPage })
      }
      await shoot('chat-empty', false)
      await talk(page)
      await shoot('chat')
      for (const [name, hash, waitFor] of [
        ['network', '#/network', 'payouts and reasons'],
        ['subnets', '#/subnets', 'Seats taken'],
        ['subnet', '#/subnets/1', 'Who earned what'],
        ['validators', '#/validators', 'Kept by the consensus'],
        ['decentralization', '#/decentralization', 'Held back by'],
        ['receipts', '#/receipts', 'Audited by'],
        ['wallet', '#/wallet', 'Use it from a program'],
        ['payments', '#/payments', 'The last payments'],
        ['budgets', '#/budgets', 'Waits for your word'],
        ['stake', '#/stake', 'Root dividends'],
        ['agents', '#/agents', 'Last check'],
        ['agent', '#/agents/3', 'Left out'],
        ['jobs', '#/jobs', 'Sent back to clients'],
        ['job', '#/jobs/5', 'What happened'],
      ] as const) {
        await page.goto(`${bench.url}/${hash}`)
        await page.getByText(waitFor).first().waitFor({ state: 'attached' })
        if (name === 'network') await page.locator('.chart canvas').waitFor()
        await shoot(name)
        if (name === 'receipts') {
          await page.locator('.data-table a').first().click()
          await page.getByText('What was hashed').waitFor()
          await shoot('receipt')
        }
      }
      await page.getByLabel('KOIN to spend').fill('12')
      await page.getByText('It moves the price by').waitFor()
      await shoot('stake-quote')
      await page.getByRole('button', { name: 'Review', exact: true }).click()
      await page
        .getByRole('dialog')
        .getByText(/^Buy .* for 12 KOIN/)
        .waitFor()
      await shoot('stake-review', false)
      await page.goto(`${bench.url}/#/wallet`)
      await page.getByRole('button', { name: 'Create a key' }).click()
      await page.getByLabel('Name, to recognise it by').fill('laptop')
      await page.getByRole('button', { name: 'Create the key' }).click()
      await page.getByText('shown only this once').waitFor()
      await shoot('wallet-key', false)
      for (const problem of problems) process.stderr.write(`console: ${problem}\n`)
      await page.context().close()
    }
  }
} finally {
  await bench.stop()
}

async function talk(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'What is a subnet?' }).click()
  await page.getByText(/\d+ passed/).waitFor()
  await page.getByLabel('Your question').fill('Who won the chariot race in 392 BC?')
  await page.keyboard.press('Enter')
  await page.getByText('The model is unsure').first().waitFor()
  await page
    .getByText(/\d+ passed/)
    .nth(1)
    .waitFor()
  await page.getByRole('button', { name: 'Check this receipt yourself' }).last().click()
  await page.getByText('Checked in this browser').waitFor()
}
