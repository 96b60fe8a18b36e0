/** Our payer at our own paywall: what only the two of them can do together. */
import { join } from 'node:path'
import { sleep } from '@koinon/base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { receiptOf } from '../../client/paying-fetch.ts'
import { startNetwork, type TestNetwork } from '../../testing/chain.ts'
import { temporaryFolder } from '../../testing/fixtures.ts'
import { testPayer } from '../../testing/payer-fixtures.ts'
import { startSeller, type TestSeller } from '../../testing/seller.ts'
import { createPayingFetch } from './create-paying-fetch.ts'

const folder = temporaryFolder()
let network: TestNetwork
let seller: TestSeller
let mostAtOnce = 0

beforeAll(async () => {
  network = await startNetwork()
  const [account, gas] = [await network.fund('seller'), await network.fund('gas')]
  let atOnce = 0
  seller = await startSeller(network, account, gas, {
    path: join(folder.path, 'seller.db'),
    serve: async (request) => {
      mostAtOnce = Math.max(mostAtOnce, ++atOnce)
      await sleep(100)
      atOnce--
      const path = new URL(request.url).pathname
      return { status: 200, headers: {}, body: `${path} ${seller.runs.get(path)}` }
    },
  })
})

afterAll(async () => {
  await seller?.close()
  await network?.close()
  folder.remove()
})

describe('our payer at our own paywall', () => {
  it('has many calls under way on one channel', async () => {
    const who = await network.fund('many')
    const payer = testPayer(network, who.secretKey)
    const pay = createPayingFetch({ payer })
    expect((await pay(`${seller.url}/first`)).status).toBe(200)
    const answers = await Promise.all(Array.from({ length: 16 }, (_, index) => pay(`${seller.url}/call${index}`)))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(answers.map((answer) => receiptOf(answer)?.chargedAtomic)).toEqual(answers.map(() => 1_000n))
    expect(mostAtOnce).toBeGreaterThan(1)
    expect(payer.channels()).toMatchObject([{ owedAtomic: 17_000n, isSerial: false, isClosed: false }])
    expect(payer.channels()[0]?.signedAtomic).toBeLessThanOrEqual(17_000n + 16n)
    expect([payer.spent(), payer.openCalls()]).toEqual([17_000n, []])
  })

  it.each(['channel', 'exact'] as const)(
    'by %s gets the same answer for the same payment id, once paid',
    async (prefer) => {
      const who = await network.fund(`again ${prefer}`)
      const payer = testPayer(network, who.secretKey, { prefer })
      const pay = createPayingFetch({ payer })
      const headers = { 'idempotency-key': `the-same-call-${prefer}` }
      const first = await pay(`${seller.url}/again-${prefer}`, { headers })
      const again = await pay(`${seller.url}/again-${prefer}`, { headers })
      expect([await first.text(), await again.text()]).toEqual([`/again-${prefer} 1`, `/again-${prefer} 1`])
      expect(payer.spent()).toBe(1_000n)
    },
  )
})
