import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bench, startBench } from './browser.ts'

let bench: Bench
beforeAll(async () => {
  bench = await startBench()
}, 120_000)
afterAll(() => bench?.stop())

describe('wallet', () => {
  test('creates a key, shows it once, works with it, and revokes it after asking', async () => {
    const { page, context, problems } = await bench.open({ hash: '#/wallet' })
    await page.getByRole('button', { name: 'Create a key' }).click()
    await page.getByLabel('Name, to recognise it by').fill('my laptop')
    await page.getByLabel('Limit in dollars').fill('2.50')
    await page.getByRole('button', { name: 'Create the key' }).click()
    await page.getByText('it is shown only this once').waitFor()
    const apiKey = await page.locator('.secret').innerText()
    expect(apiKey).toMatch(/^sk-koinon-[A-Za-z0-9_-]{43}$/)
    await page.getByRole('button', { name: 'I have copied it' }).click()
    expect(await page.getByText(apiKey).count()).toBe(0)
    const row = page.getByRole('row', { name: /my laptop/ })
    await row.getByText('$2.50 of $2.50').waitFor()
    expect(await isAccepted(apiKey)).toBe(true)
    await row.getByRole('button', { name: 'Revoke my laptop' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Keep it' }).click()
    expect(await isAccepted(apiKey)).toBe(true)
    await row.getByRole('button', { name: 'Revoke my laptop' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke the key' }).click()
    await row.getByText(/^revoked \d{4}-/).waitFor()
    expect(await isAccepted(apiKey)).toBe(false)
    expect(problems).toEqual([])
    await context.close()
  })

  test('tops a key up, gets test funds, and sends after a second look', async () => {
    const { page, context } = await bench.open({ hash: '#/wallet' })
    const row = page.getByRole('row', { name: /this browser/ })
    await row.getByRole('button', { name: 'Top up this browser' }).click()
    await page.getByLabel('Add, in dollars').fill('3')
    await page.getByRole('button', { name: 'Add to the limit' }).click()
    await row.getByText('of $8.00').waitFor()
    const before = bench.network.state.balances.dollar
    await page.getByRole('button', { name: 'Get test funds' }).click()
    await page.getByText('Test funds arrived.').waitFor()
    expect(bench.network.state.balances.dollar).toBe(before + 100_000_000n)
    await page.getByLabel('Amount in dollars').fill('1.25')
    await page.getByLabel('To account').fill('0x1234')
    await page.getByText('is not an account address').waitFor()
    expect(await page.getByRole('button', { name: 'Review' }).isDisabled()).toBe(true)
    await page.getByLabel('To account').fill(`0x${'5a'.repeat(20)}`)
    await page.getByRole('button', { name: 'Review' }).click()
    await page
      .getByRole('dialog')
      .getByText(`1.25 dollars to 0x${'5a'.repeat(20)}`)
      .waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Send', exact: true }).click()
    await page.getByText(/^Sent 1\.25 dollars/).waitFor()
    await page.getByRole('row', { name: /Send.*\$1\.25/ }).waitFor()
    await context.close()
  })

  test('refuses a limit above what the account holds before asking the ledger', async () => {
    const { page, context } = await bench.open({ hash: '#/wallet' })
    await page.getByRole('button', { name: 'Create a key' }).click()
    await page.getByLabel('Name, to recognise it by').fill('greedy')
    await page.getByLabel('Limit in dollars').fill('1000000')
    await page.getByText(/You hold only \$/).waitFor()
    expect(await page.getByRole('button', { name: 'Create the key' }).isDisabled()).toBe(true)
    await context.close()
  })

  test('does not claim that a payment failed when only its answer got lost', async () => {
    const { page, context } = await bench.open({ hash: '#/wallet' })
    await page.route('**/api/wallet/faucet', (route) => route.abort())
    await page.getByRole('button', { name: 'Get test funds' }).click()
    await page.getByRole('alert').getByText('the outcome is unknown, it may have happened').waitFor()
    await context.close()
  })

  test('shows the base URL and examples of three kinds', async () => {
    const { page, context } = await bench.open({ hash: '#/wallet' })
    await page.getByText(`${bench.url}/v1`).first().waitFor()
    await page.getByRole('radio', { name: 'Python' }).click({ force: true })
    await page.getByText('from openai import OpenAI').waitFor()
    await page.getByRole('radio', { name: 'curl' }).click({ force: true })
    await page.getByText('/v1/chat/completions').first().waitFor()
    await context.close()
  })
})

describe('receipts', () => {
  test('finds a receipt, draws its path, and hands out JSON that checks again from a file', async () => {
    const { page, context, foreign, problems } = await bench.open({ hash: '#/receipts' })
    const record = bench.network.state.records.at(-1)
    await page.getByLabel('Find').fill(record?.summary.id ?? '')
    await page.getByRole('row').nth(1).getByRole('link').click()
    await page.getByText('22 passed').waitFor()
    const path = page.getByRole('list', { name: 'Path of the question' })
    expect(await path.innerText()).toMatch(/You[\s\S]*Gateway, passed it on[\s\S]*Miner, did the work[\s\S]*miner-/)
    expect(await page.getByText('equal', { exact: true }).count()).toBe(2)
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download the raw JSON' }).click(),
    ])
    const json = await readFile(await download.path())
    expect(JSON.parse(json.toString())).toEqual(JSON.parse(JSON.stringify(record?.bundle)))
    await page.getByRole('link', { name: '← All receipts' }).click()
    const file = (name: string, buffer: Buffer) => ({ name, mimeType: 'application/json', buffer })
    await page.getByLabel('Receipt (JSON)').setInputFiles(file('receipt.json', json))
    await page.getByLabel('Request body').setInputFiles(file('request.json', Buffer.from(record?.requestBytes ?? [])))
    await page.getByLabel('Response body').setInputFiles(file('response.json', Buffer.from('something else')))
    await page.getByRole('button', { name: 'Check the file' }).click()
    await page.getByText('2 failed: response, hop2.response').waitFor()
    expect(foreign).toEqual([])
    expect(problems).toEqual([])
    await context.close()
  })

  test.each([
    ['no JSON', 'hello', 'it is not JSON'],
    ['other JSON', '{"v":1}', '1 failed: shape'],
  ])('says what is wrong with a file of %s', async (_, content, words) => {
    const { page, context } = await bench.open({ hash: '#/receipts' })
    await page
      .getByLabel('Receipt (JSON)')
      .setInputFiles({ name: 'x.json', mimeType: 'text/plain', buffer: Buffer.from(content) })
    await page.getByRole('button', { name: 'Check the file' }).click()
    await page.getByText(words).first().waitFor()
    await context.close()
  })

  test('come by themselves while the page is open', async () => {
    const { page, context } = await bench.open()
    const none = { json: { asOfBlock: 1, receipts: [] } }
    await page.route('**/api/receipts?*', (route) => route.fulfill(none))
    await page.clock.install()
    await page.goto(`${bench.url}/#/receipts`)
    await page.getByText('There are no receipts yet.').waitFor()
    await page.unroute('**/api/receipts?*')
    await page.clock.fastForward(10_000)
    await page.locator('.data-table a').first().waitFor()
    await context.close()
  })

  test('says what to do when there are none', async () => {
    const { page, context } = await bench.open()
    await page.route('**/api/receipts?*', (route) => route.fulfill({ json: { asOfBlock: 1, receipts: [] } }))
    await page.goto(`${bench.url}/#/receipts`)
    await page.getByText('There are no receipts yet.').waitFor()
    await page.getByRole('link', { name: 'Ask a first question' }).waitFor()
    await context.close()
  })
})

describe('payments', () => {
  test('shows counts, refusals in words, channels, settlements, gas saved, and the last payments', async () => {
    const { page, context, foreign, problems } = await bench.open({ hash: '#/wallet' })
    await page.getByRole('link', { name: 'Payments', exact: true }).click()
    expect(await page.title()).toBe('Payments · Koinon')
    const door = page.getByRole('region', { name: 'At the door' })
    await door.getByRole('row', { name: /its voucher did not cover the call 7/ }).waitFor()
    await door.getByRole('row', { name: /x402, on a channel 212/ }).waitFor()
    await page.getByText(/^About 14,084,200 gas saved: 212 exact payments/).waitFor()
    const channels = page.getByRole('table', { name: /^Channels/ })
    await channels.getByRole('row', { name: /by the call .* being taken back/ }).waitFor()
    await page.getByRole('row', { name: /Exact payment refused Insufficient funds/ }).waitFor()
    const events = page.getByRole('table', { name: /^Payments at the door/ })
    await events.getByRole('row', { name: /refused because its voucher did not cover the call/ }).waitFor()
    expect(foreign).toEqual([])
    expect(problems).toEqual([])
    await context.close()
  })

  test('shows a stranger counts and nobody by name, and says so', async () => {
    const { page, context, problems } = await bench.open({ hash: '#/payments', isStranger: true })
    await page.getByRole('region', { name: 'At the door' }).waitFor()
    await page.getByText('only told to the owner').waitFor()
    await page.getByText('npx koinon status', { exact: true }).waitFor()
    expect(problems).toEqual([])
    expect(await page.getByRole('table', { name: /^Channels/ }).count()).toBe(0)
    await context.close()
  })

  test('says that nothing came yet, and what went wrong when the gateway does not tell', async () => {
    const { page, context } = await bench.open()
    const none = { channels: [], channelsLeftOut: 0, settlements: [], events: [] }
    await page.route('**/api/payments/details', (route) => route.fulfill({ json: none }))
    await page.route('**/api/payments', async (route) => {
      const response = await route.fetch()
      const json = (await response.json()) as { door: object; gas: object }
      const door = { ...json.door, taken: [], refusals: [] }
      await route.fulfill({ response, json: { ...json, door, gas: { ...json.gas, charges: 0 } } })
    })
    await page.goto(`${bench.url}/#/payments`)
    for (const words of ['Nothing was refused.', 'there is nothing to compare', 'Nothing went to the ledger yet.'])
      await page.getByText(words).waitFor()
    await page.getByText('No payment came since the gateway began.').waitFor()
    await page.unroute('**/api/payments')
    await page.route('**/api/payments', (route) => route.abort())
    await page.reload()
    await page.getByRole('alert').getByText('The gateway cannot be reached').first().waitFor()
    await page.getByRole('button', { name: 'Load again' }).waitFor()
    await context.close()
  })
})

describe('budgets', () => {
  test('does not claim that a revocation failed when only its answer got lost, nor shows a stranger any', async () => {
    const { page, context } = await bench.open({ hash: '#/budgets' })
    await page.route('**/api/budgets/*/revoke', (route) => route.abort())
    await page.getByRole('button', { name: 'Revoke helper' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke the budget' }).click()
    await page.getByRole('alert').getByText('the outcome is unknown, it may have happened').waitFor()
    await context.close()
    const stranger = await bench.open({ hash: '#/budgets', isStranger: true })
    await stranger.page.getByText(/only shown to the owner/).waitFor()
    expect(await stranger.page.getByRole('region', { name: 'helper' }).count()).toBe(0)
    await stranger.context.close()
  })

  test('shows what each key may still spend and what waits, and revokes one after asking', async () => {
    const { page, context, foreign, problems } = await bench.open({ hash: '#/budgets' })
    const helper = page.getByRole('region', { name: 'helper' })
    await page.getByText('owners-home/.koinon', { exact: true }).waitFor()
    await page.getByText('koinon budget list --home DIR').waitFor()
    await helper.getByText('$0.38', { exact: true }).waitFor()
    await helper.getByText('$0.12 of $0.50').waitFor()
    await helper.getByRole('row', { name: /Transfer \$0\.25/ }).waitFor()
    await helper.getByText('koinon budget approve 0xb1b1b1b1b1').waitFor()
    expect(await page.getByRole('button', { name: 'Revoke old agent' }).count()).toBe(0)
    await helper.getByRole('button', { name: 'Revoke helper' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Keep it' }).click()
    await helper.getByText('usable', { exact: true }).waitFor()
    await helper.getByRole('button', { name: 'Revoke helper' }).click()
    const dialog = page.getByRole('dialog', { name: 'Revoke "helper"?' })
    expect(await dialog.getByRole('checkbox').isChecked()).toBe(false)
    await dialog.getByRole('button', { name: 'Revoke the budget' }).click()
    await helper.getByText('revoked', { exact: true }).waitFor()
    expect(await page.getByRole('dialog').count()).toBe(0)
    expect(foreign).toEqual([])
    expect(problems).toEqual([])
    await context.close()
  })
})

describe('budgets on the ledger', () => {
  test('of any account are shown to anybody, and say what is not seen', async () => {
    const { page, context, foreign } = await bench.open({ hash: '#/budgets', isStranger: true })
    const look = page.getByRole('button', { name: 'Look', exact: true })
    await page.getByLabel(/session key's account/).fill('0x12')
    expect(await look.isDisabled()).toBe(true)
    await page.getByLabel(/session key's account/).fill(`0x${'A1'.repeat(20)}`)
    await look.click()
    const ledger = page.getByRole('region', { name: 'On the ledger' })
    await ledger.getByText('$1.12 of $5.00').waitFor()
    await ledger.getByText('the ledger never saw what it says').waitFor()
    await ledger.getByRole('row', { name: /this account .* \$0\.38 \$1\.00/ }).waitFor()
    await ledger.getByText('What cannot be seen from here').click()
    await ledger.getByText('vouchers that were signed and not claimed').waitFor()
    expect(new URL(page.url()).hash).toBe(`#/budgets/0x${'a1'.repeat(20)}`)
    expect(foreign).toEqual([])
    await context.close()
  })
})

describe('agents', () => {
  test('are there by account while their names are read, and by name then', async () => {
    const { page, context } = await bench.open()
    let isRead = false
    await page.route('**/api/agents', async (route) => {
      const response = await route.fetch()
      const json = (await response.json()) as { agents: readonly { readonly key: string }[] }
      const unread = (agent: { readonly key: string }) => ({ ...agent, name: `agent ${agent.key}`, isBeingRead: true })
      await route.fulfill({ response, json: { ...json, agents: isRead ? json.agents : json.agents.map(unread) } })
    })
    await page.goto(`${bench.url}/#/agents`)
    const table = page.getByRole('table', { name: 'Agents' })
    await table.getByText('name is being read').first().waitFor()
    expect(await table.getByText(/^agent \d/).count()).toBe(0)
    isRead = true
    await table.getByText('Best agent <b>ever</b>').waitFor()
    expect(await table.getByText('name is being read').count()).toBe(0)
    await context.close()
  })

  test('are found by words and protocol, and what they say is shown as text that leads nowhere', async () => {
    const { page, context, foreign, problems } = await bench.open({ hash: '#/agents' })
    const table = page.getByRole('table', { name: 'Agents' })
    await table.getByText('Best agent <b>ever</b>').waitFor()
    expect(await table.getByRole('row').count()).toBe(4)
    await table.getByText('translate $0.02').waitFor()
    await page.getByLabel('Words in what it says').fill('attic greek')
    await page.getByText('1 of 3 agents').waitFor()
    expect(await table.getByRole('row').count()).toBe(2)
    await page.getByLabel('Words in what it says').fill('nothing such')
    await page.getByText('None of 3 agents matches').waitFor()
    await page.goto(`${bench.url}/#/agents/9`)
    await page.getByText('javascript:alert(document.cookie)').waitFor()
    expect(await page.locator('a[href^="javascript"]').count()).toBe(0)
    expect(await page.locator('main img, main b').count()).toBe(0)
    await page.goto(`${bench.url}/#/agents/3`)
    const link = page.getByRole('link', { name: 'https://scribe.example/a2a' })
    expect(await link.getAttribute('rel')).toContain('noopener')
    await page.getByText('the money came back to the reviewer').waitFor()
    await page.getByText('86.1 of 100').first().waitFor()
    await page.goto(`${bench.url}/#/agents/12345`)
    await page.getByText('There is no such agent').waitFor()
    expect(foreign).toEqual([])
    // The browser itself notes that the last one was refused.
    expect(problems.filter((problem) => !/Failed to load resource/.test(problem))).toEqual([])
    await context.close()
  })

  test('have their listing checked, with how to mend what fails', async () => {
    const { page, context, foreign } = await bench.open({ hash: '#/listing', isStranger: true })
    const field = page.getByLabel('Number of an agent')
    expect(await page.getByRole('button', { name: 'Check', exact: true }).isDisabled()).toBe(true)
    await field.fill('https://best.example')
    await field.press('Enter')
    const checks = page.getByRole('list', { name: 'Checks of the listing' })
    await checks.getByText('To mend it: Serve an agent card').waitFor()
    expect(await checks.getByRole('listitem').count()).toBe(4)
    await field.fill('77')
    await field.press('Enter')
    await page.getByRole('alert').getByText('There is no agent 77').waitFor()
    expect(await checks.count()).toBe(0)
    expect(foreign).toEqual([])
    await context.close()
  })

  test('say how to begin when there is none, nor a job', async () => {
    const { page, context } = await bench.open()
    await page.route('**/api/agents', (route) =>
      route.fulfill({
        json: { asOfBlock: 1, asOfMs: 1, total: 0, matching: 0, agents: [], trustFrom: { netuid: 1, validators: 0 } },
      }),
    )
    await page.goto(`${bench.url}/#/agents`)
    await page.getByText('koinon agent run FILE').waitFor()
    await page.route('**/api/jobs?*', async (route) => {
      const json = (await (await route.fetch()).json()) as object
      await route.fulfill({ json: { ...json, jobs: [], total: 0 } })
    })
    await page.goto(`${bench.url}/#/jobs`)
    await page.getByText('Nobody posted a job yet').waitFor()
    await context.close()
  })
})

describe('jobs', () => {
  test('show where the money is, and are accepted by their evaluator after asking', async () => {
    const { page, context, foreign, problems } = await bench.open({ hash: '#/jobs' })
    await page.getByText('$20.50').waitFor()
    await page.getByRole('link', { name: /^6 · Review the bundle/ }).click()
    const life = page.getByRole('list', { name: 'Life of the job' })
    await life.getByText('the evaluator is to judge').waitFor()
    expect(await life.getByRole('listitem').count()).toBe(4)
    expect(await page.locator('main script').count()).toBe(0)
    await page.getByRole('button', { name: 'Accept the work' }).click()
    await page.getByRole('dialog').getByText('Pay $5.00 to the provider').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Accept the work' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Accept the work' }).click()
    await page.getByText('The escrow was paid to the provider.').waitFor()
    expect(await page.getByRole('button', { name: 'Accept the work' }).count()).toBe(0)
    expect(foreign).toEqual([])
    expect(problems).toEqual([])
    await context.close()
  })

  test('do not claim that a step failed when only its answer got lost, and offer strangers none', async () => {
    const { page, context } = await bench.open({ hash: '#/jobs/4' })
    await page.route('**/api/jobs/4/refund', (route) => route.abort())
    await page.getByRole('button', { name: 'Send the escrow back' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Send the escrow back' }).click()
    await page.getByRole('alert').getByText('the outcome is unknown, it may have happened').waitFor()
    await context.close()
    const stranger = await bench.open({ hash: '#/jobs/4', isStranger: true })
    await stranger.page.getByText('Then its parties can act here').waitFor()
    expect(await stranger.page.getByRole('button', { name: 'Send the escrow back' }).count()).toBe(0)
    await stranger.context.close()
  })

  test('let the losing side dispute a verdict of validators', async () => {
    const { page, context } = await bench.open({ hash: '#/jobs/5' })
    const verdicts = page.getByRole('region', { name: 'What the validators said' })
    await verdicts.getByText('by stake of 70 alpha of 90 alpha').waitFor()
    expect(await verdicts.getByRole('row').count()).toBe(3)
    await verdicts.getByText('disputed it, with a bond of $0.50').waitFor()
    const tree = page.getByRole('region', { name: 'Who hired whom' })
    expect(await tree.getByRole('listitem').count()).toBe(4)
    const margins = await tree
      .getByRole('listitem')
      .evaluateAll((items) => items.map((item) => Number.parseFloat(getComputedStyle(item).marginLeft)))
    expect(margins[0]).toBe(0)
    expect(margins[1]).toBeGreaterThan(0)
    await tree.getByText('$3.00 in escrow').waitFor()
    await page.getByText('the validators of subnet 1, more than two thirds by stake').waitFor()
    await page.getByRole('button', { name: 'Dispute the verdict' }).click()
    await page.getByRole('dialog').getByText('a tenth of the price, $1.25').waitFor()
    await context.close()
  })
})

describe('network', () => {
  test('shows the epoch, the neurons, why each was paid, and what is trusted', async () => {
    const { page, context, foreign, problems } = await bench.open({ hash: '#/network' })
    await page.getByRole('heading', { name: /payouts and reasons/ }).waitFor()
    await page.locator('.chart canvas').waitFor()
    const text = await page.locator('main').innerText()
    expect(text).toMatch(/Epoch \d+\s+\d+:\d\d/)
    expect(text).toMatch(/answers replayed bit for bit/)
    expect(text).toMatch(/One sequencer/)
    expect(text).toMatch(/does not answer since/)
    await page.getByText(/audited answers behind the scores/).click()
    await page.getByText('the miner did not hand out the evidence within 10 s').waitFor()
    await page.getByText('The same as a table').click()
    await page.getByRole('table', { name: 'Incentive by epoch' }).waitFor()
    await page.getByText('All of the last 20 epochs').click()
    await page.getByRole('link', { name: 'Epoch 29' }).click()
    await page.getByText(/No result: no miner earned, or no two thirds/).waitFor()
    await standsOn(page, 'Epoch 29: payouts and reasons')
    expect(foreign).toEqual([])
    expect(problems).toEqual([])
    await context.close()
  })

  test('leads to every past epoch of a subnet that has a page of its own', async () => {
    const { page, context, problems } = await bench.open({ hash: '#/network/2/28' })
    await page.getByRole('link', { name: 'a page of its own' }).click()
    await standsOn(page, 'Epoch 28: payouts and reasons')
    expect(new URL(page.url()).hash).toBe('#/subnets/2/28')
    await page.getByText('All of the last 20 epochs').click()
    await page.getByRole('link', { name: 'Epoch 27' }).click()
    await standsOn(page, 'Epoch 27: payouts and reasons')
    expect(problems).toEqual([])
    await context.close()
  })

  test('says how to begin when the network is empty', async () => {
    const { page, context } = await bench.open()
    await page.route('**/api/network', async (route) => {
      const response = await route.fetch()
      await route.fulfill({
        response,
        json: { ...((await response.json()) as object), subnets: [], models: [], roles: [] },
      })
    })
    await page.goto(`${bench.url}/#/network`)
    await page.getByText('No subnet is registered yet').waitFor()
    await page.getByText('No model is served right now').waitFor()
    await context.close()
  })

  test('keeps the header alive when an answer has another shape', async () => {
    const { page, context } = await bench.open()
    await page.route('**/api/epochs?*', (route) => route.fulfill({ json: { epochs: 7 } }))
    await page.goto(`${bench.url}/#/network`)
    await page.getByText('This page could not be drawn').waitFor()
    await page.getByRole('link', { name: 'Chat' }).click()
    await page.getByRole('heading', { name: 'Ask the network.' }).waitFor()
    await context.close()
  })
})

/** Its heading is in view and has the focus, so that keyboard and screen reader go on from there. */
async function standsOn(page: Page, name: string): Promise<void> {
  const heading = page.getByRole('heading', { name })
  await heading.waitFor()
  await expect.poll(() => heading.evaluate((node) => node === document.activeElement)).toBe(true)
  const isInView = () =>
    heading.evaluate((node) => {
      const { top } = node.getBoundingClientRect()
      return top >= 0 && top < innerHeight
    })
  await expect.poll(isInView).toBe(true)
}

async function isAccepted(apiKey: string): Promise<boolean> {
  const response = await fetch(`${bench.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ model: 'default', messages: [{ role: 'user', content: 'What does it cost?' }] }),
  })
  await response.text()
  return response.ok
}
