import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseUnits, picoUsdDecimals, systemRandom } from '@koinon/base'
import { testDollarAbi } from '@koinon/ledger/abis'
import {
  type Listening,
  startFacilitator,
  startHonoSeller,
  startNetwork,
  type TestNetwork,
} from '@koinon/payments/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openHome } from '../home/home.ts'
import { accountKey } from '../home/secrets.ts'
import { createServicePayer } from './service-payer.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-service-payer-'))
const home = openHome(join(folder, 'home'))
const dollars = (text: string): bigint => parseUnits(text, picoUsdDecimals)
let network: TestNetwork
let facilitator: Listening
let seller: Listening
let runs = 0
beforeAll(async () => {
  network = await startNetwork()
  facilitator = await startFacilitator(network)
  seller = await startHonoSeller({ net: network, facilitatorUrl: facilitator.url, handle: () => `${++runs}` })
  writeFileSync(home.networkFile, JSON.stringify(network.network))
  const giver = await network.fund('giver')
  await giver.sender.call({
    address: network.network.contracts.dollar,
    abi: testDollarAbi,
    functionName: 'faucet',
    args: [accountKey(home, 'wallet', systemRandom).address, 10_000_000n],
  })
})
afterAll(async () => {
  await seller?.close()
  await facilitator?.close()
  await network?.close()
  rmSync(folder, { recursive: true, force: true })
})

it('pays a stock seller what was named and no more, and stops at its ceiling', async () => {
  const payer = createServicePayer(home, dollars('0.025'))
  const call = async (most: string): Promise<unknown> => {
    const signal = AbortSignal.timeout(30_000)
    const url = `${seller.url}/paid`
    return payer.pay({ url, method: 'POST', body: {}, maximumPicoUsd: dollars(most), signal }).then(
      async ({ response, paidPicoUsd }) => [response.status, await response.text(), paidPicoUsd],
      (error: { code: string }) => error.code,
    )
  }
  expect(await call('0.0009')).toBe('payments/above-named-price')
  expect(runs).toBe(0)
  const outcomes: unknown[] = []
  for (let index = 0; index < 30; index++) outcomes.push(await call('0.001'))
  expect(outcomes[0]).toEqual([200, '1', dollars('0.001')])
  expect(runs).toBeGreaterThan(0)
  expect(runs).toBeLessThanOrEqual(25)
  expect(outcomes.at(-1)).toBe('payments/over-limit')
  await payer.close()
})
