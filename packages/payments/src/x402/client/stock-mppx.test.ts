/** A stock mppx server that also speaks x402, paid by our client. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { receiptOf } from '../../client/paying-fetch.ts'
import { startNetwork, type TestNetwork } from '../../testing/chain.ts'
import { testPayer } from '../../testing/payer-fixtures.ts'
import { startMppxSeller } from '../../testing/stock-mppx.ts'
import { type Listening, startFacilitator, stockPayee } from '../../testing/stock-sellers.ts'
import { createPayingFetch } from './create-paying-fetch.ts'

let net: TestNetwork
let facilitator: Listening
let seller: Listening

beforeAll(async () => {
  net = await startNetwork()
  facilitator = await startFacilitator(net)
  const settler = { facilitatorUrl: facilitator.url }
  seller = await startMppxSeller({ net, payee: stockPayee, settler, price: '0.002' })
}, 120_000)

afterAll(async () => {
  await seller?.close()
  await facilitator?.close()
  await net?.close()
})

it('is paid by exact', async () => {
  const who = await net.fund('mppx payer')
  const payer = testPayer(net, who.secretKey)
  const pay = createPayingFetch({ payer })
  const before = await net.dollarsOf(stockPayee.address)
  const response = await pay(`${seller.url}/paid`)
  expect([response.status, await response.json()]).toEqual([200, { isServed: true }])
  expect(receiptOf(response)).toMatchObject({ backEnd: 'exact', chargedAtomic: 2_000n, isStated: true })
  expect((await net.dollarsOf(stockPayee.address)) - before).toBe(2_000n)
  expect([payer.spent(), payer.openCalls()]).toEqual([2_000n, []])
})
