/** A stock mppx server that also speaks x402, paid by our client. */
import { bytesToHex } from '@koinon/base'
import { evm, Mppx, Request as MppxRequest } from 'mppx/server'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { receiptOf } from '../../client/paying-fetch.ts'
import { startNetwork, type TestNetwork } from '../../testing/chain.ts'
import { seed } from '../../testing/fixtures.ts'
import { testPayer } from '../../testing/payer-fixtures.ts'
import { dollarOf } from '../../testing/settlement.ts'
import { type Listening, listen, startFacilitator, stockPayee } from '../../testing/stock-sellers.ts'
import { createPayingFetch } from './create-paying-fetch.ts'

let net: TestNetwork
let facilitator: Listening
let seller: Listening

beforeAll(async () => {
  net = await startNetwork()
  facilitator = await startFacilitator(net)
  const { name, version, token, decimals } = dollarOf(net)
  const method = evm.charge({
    currency: token,
    chainId: net.domain.chainId,
    decimals,
    recipient: stockPayee.address,
    authorization: { name, version },
    x402: { facilitator: facilitator.url },
  } as never)
  const mppx = Mppx.create({ methods: [method], secretKey: bytesToHex(seed('mppx')), realm: '127.0.0.1' })
  const charge = (mppx as unknown as { charge(of: unknown): (request: Request) => Promise<never> }).charge({
    amount: '0.002',
  })
  seller = await listen(
    MppxRequest.toNodeListener(async (request: Request) => {
      const result = (await charge(request)) as {
        readonly status: number
        readonly challenge: Response
        withReceipt(answer: Response): Response
      }
      return result.status === 402 ? result.challenge : result.withReceipt(Response.json({ isServed: true }))
    }),
  )
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
