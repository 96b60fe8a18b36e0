import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bench, startBench } from './browser.ts'

let bench: Bench
beforeAll(async () => {
  bench = await startBench()
}, 120_000)
afterAll(() => bench?.stop())

const token = 10n ** 18n

describe('stake & trade', () => {
  test('quotes while somebody types, asks once more, and buys for at least what was shown', async () => {
    const { page, context, foreign, problems } = await bench.open({ hash: '#/stake' })
    await page.getByLabel('KOIN to spend').fill('1000000')
    await page.getByText(/There is only .* KOIN/).waitFor()
    expect(await page.getByRole('button', { name: 'Review', exact: true }).isDisabled()).toBe(true)
    await page.getByLabel('KOIN to spend').fill('1')
    await page.getByText('19.7921 alpha of subnet 1').waitFor()
    await page.getByText('19.5942 alpha of subnet 1').waitFor()
    await page.getByLabel('Accept less than quoted').selectOption('3 %')
    await page.getByText('19.1984 alpha of subnet 1').waitFor()
    await page.getByRole('button', { name: 'Review', exact: true }).click()
    const dialog = page.getByRole('dialog', { name: 'Buy this alpha?' })
    await dialog.getByText('Buy 19.7921 alpha of subnet 1 for 1 KOIN.').waitFor()
    const before = bench.network.state.balances.koin
    await dialog.getByRole('button', { name: 'Buy', exact: true }).click()
    await page.getByRole('status').getByText('Bought 19.7921 alpha of subnet 1 for 1 KOIN.').waitFor()
    expect(bench.network.state.balances.koin).toBe(before - token)
    await page.getByText('59.7921 alpha of subnet 1').first().waitFor()
    expect(foreign).toEqual([])
    expect(problems).toEqual([])
    await context.close()
  })

  test('says that the price moved, and leaves the trade unmade', async () => {
    const { page, context } = await bench.open({ hash: '#/stake' })
    await page.getByRole('radio', { name: 'Sell' }).check({ force: true })
    await page.getByLabel('Alpha to sell').fill('10')
    await page.getByText('It moves the price by').waitFor()
    await page.getByRole('button', { name: 'Review', exact: true }).click()
    bench.network.stake.act({ action: 'sell', netuid: 1, amountAtomic: `${20n * token}`, leastOutputAtomic: '1' })
    await page.getByRole('dialog').getByRole('button', { name: 'Sell', exact: true }).click()
    await page.getByRole('alert').getByText('Meanwhile the price moved').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    await context.close()
  })

  test('warns of a trade that is large for its pool', async () => {
    const { page, context } = await bench.open({ hash: '#/stake' })
    await page.getByLabel('KOIN to spend').fill('50')
    await page.getByText(/This trade moves the price by \d+\.\d %/).waitFor()
    await context.close()
  })

  test('stakes KOIN on the root, takes it back into the queue, withdraws and claims', async () => {
    const { page, context, problems } = await bench.open({ hash: '#/stake' })
    await page.getByLabel('KOIN to stake').fill('2')
    await page.getByRole('button', { name: 'Review the stake' }).click()
    await page
      .getByRole('dialog')
      .getByText(/2 KOIN on 0x[0-9a-f]{40}/)
      .waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Stake', exact: true }).click()
    await page.getByText(/^Staked 2 KOIN on 0x/).waitFor()
    await page.getByRole('row', { name: /27 KOIN/ }).waitFor()
    await page.getByRole('button', { name: 'Unstake from the root' }).click()
    const dialog = page.getByRole('dialog', { name: 'Take stake back?' })
    await dialog.getByText('It backs a validator').waitFor()
    await dialog.getByLabel('How much').fill('7')
    await dialog.getByRole('button', { name: 'Unstake', exact: true }).click()
    await page.getByRole('row', { name: /^7 KOIN/ }).waitFor()
    await page.getByRole('button', { name: 'Withdraw what is free' }).click()
    await page.getByRole('button', { name: 'Nothing is free yet' }).waitFor()
    await page.getByRole('button', { name: 'Claim alpha of subnet 1' }).click()
    await page.getByRole('heading', { name: 'Root dividends' }).waitFor({ state: 'detached' })
    expect(problems).toEqual([])
    await context.close()
  })

  test('unstakes at once where nothing is bound, and redeems alpha of a dissolved subnet', async () => {
    const { page, context } = await bench.open({ hash: '#/stake' })
    await page.getByRole('button', { name: 'Unstake alpha of subnet 1' }).click()
    await page.getByRole('dialog').getByText('It comes back at once.').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Unstake', exact: true }).click()
    await page.getByRole('row', { name: /miner-attica/ }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Redeem alpha of subnet 4' }).click()
    await page.getByRole('dialog').getByText('6 KOIN').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Redeem', exact: true }).click()
    await page.getByRole('row', { name: /12 alpha of subnet 4/ }).waitFor({ state: 'detached' })
    await context.close()
  })

  test('refuses an account that is none before anything is asked', async () => {
    const { page, context } = await bench.open({ hash: '#/stake' })
    await page.getByLabel('On', { exact: true }).selectOption('another')
    await page.getByLabel('KOIN to stake').fill('1')
    await page.getByLabel('Account to stake on').fill('0x12')
    expect(await page.getByRole('button', { name: 'Review the stake' }).isDisabled()).toBe(true)
    await page.getByLabel('Account to stake on').fill(`0x${'5a'.repeat(20)}`)
    expect(await page.getByRole('button', { name: 'Review the stake' }).isEnabled()).toBe(true)
    await context.close()
  })

  test('shows a stranger the pools and nothing of the owner', async () => {
    const { page, context } = await bench.open({ hash: '#/stake', isStranger: true })
    await page.getByRole('table', { name: 'Pools' }).waitFor()
    await page.getByText('only open to the owner').waitFor()
    expect(await page.getByText('What you hold').count()).toBe(0)
    await context.close()
  })
})
