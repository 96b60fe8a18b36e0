/** The packages of x402, as they are published, pay our paywall on our own chain. */
import { join } from 'node:path'
import { wrapAxiosWithPayment } from '@x402/axios'
import { wrapFetchWithPayment } from '@x402/fetch'
import axios from 'axios'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startNetwork, type TestNetwork } from '../testing/chain.ts'
import { temporaryFolder } from '../testing/fixtures.ts'
import { startSeller, type TestSeller } from '../testing/seller.ts'
import { type StockOptions, type StockScheme, stockClient, stockFetch } from '../testing/stock-clients.ts'

type Funded = Awaited<ReturnType<TestNetwork['fund']>>

const folder = temporaryFolder()
let network: TestNetwork
let account: Funded
let payer: Funded
let seller: TestSeller

beforeAll(async () => {
  network = await startNetwork()
  account = await network.fund('seller')
  payer = await network.fund('payer')
  const gas = await network.fund('gas')
  seller = await startSeller(network, account, gas, {
    path: join(folder.path, 'seller.db'),
    serve: async ({ url }) => {
      const path = new URL(url).pathname
      const headers = { 'content-type': 'application/json' }
      return { status: path === '/refused' ? 400 : 200, headers, body: JSON.stringify({ run: seller.runs.get(path) }) }
    },
  })
})

afterAll(async () => {
  await seller.close()
  await network.close()
  folder.remove()
})

const fetchOf = (who: Funded, scheme: StockScheme, options?: StockOptions) => stockFetch(network, who, scheme, options)

describe('stock x402 clients', () => {
  it('@x402/fetch pays exactly, and is told the transaction', async () => {
    const before = await network.dollarsOf(account.address)
    const response = await fetchOf(payer, 'exact')(`${seller.url}/exact`)
    expect([response.status, await response.json()]).toEqual([200, { run: 1 }])
    const receipt = JSON.parse(atob(response.headers.get('payment-response') as string))
    expect(receipt).toMatchObject({ success: true, payer: payer.address, amount: '1000', network: 'eip155:424242' })
    expect(receipt.transaction).toMatch(/^0x[0-9a-f]{64}$/)
    expect(await network.dollarsOf(account.address)).toBe(before + 1_000n)
  })

  it.each<readonly [string, StockOptions]>([
    ['with its own idea of a deposit', { salt: '1' }],
    ['with a depositStrategy', { salt: '2', deposit: 20_000n }],
  ])('@x402/fetch opens a channel %s and pays many calls from it', async (_, options) => {
    const pay = fetchOf(payer, 'batch-settlement', options)
    const path = `/channel-${options.salt}`
    for (let run = 1; run <= 12; run++) {
      const response = await pay(`${seller.url}${path}`)
      expect([response.status, await response.json()]).toEqual([200, { run }])
    }
    const channels = seller.book.list().filter((state) => state.config.salt.endsWith(options.salt as string))
    expect(channels).toHaveLength(1)
    expect(channels[0]).toMatchObject({
      depositAtomic: options.deposit ?? 100_000n,
      owedPicoUsd: 12_000n * 1_000_000n,
      voucherAtomic: 12_000n,
    })
  })

  it('@x402/axios pays both ways', async () => {
    for (const scheme of ['exact', 'batch-settlement'] as const) {
      const api = wrapAxiosWithPayment(axios.create(), stockClient(network, payer, scheme, { salt: '3' }) as never)
      const response = await api.get(`${seller.url}/axios`)
      expect(response.status).toBe(200)
    }
    expect(seller.runs.get('/axios')).toBe(2)
  })

  it('@x402/fetch hears that a refused call cost nothing, and pays on from the channel that it opened', async () => {
    const who = await network.fund('refused')
    const pay = fetchOf(who, 'batch-settlement')
    const refused = await pay(`${seller.url}/refused`)
    const told = JSON.parse(atob(refused.headers.get('payment-response') as string))
    expect([refused.status, told.extra]).toMatchObject([
      400,
      { chargedAmount: '0', channelState: { balance: '100000' } },
    ])
    expect((await pay(`${seller.url}/after-refusal`)).status).toBe(200)
    const channels = seller.book.list().filter(({ config }) => config.payer === who.address)
    expect(channels).toMatchObject([{ depositAtomic: 100_000n, voucherAtomic: 1_000n }])
  })

  it('a client that has lost its count is told where the channel stands, and pays on', async () => {
    const options = { salt: '4', deposit: 20_000n }
    const first = fetchOf(payer, 'batch-settlement', options)
    for (let run = 0; run < 3; run++) expect((await first(`${seller.url}/lost`)).status).toBe(200)
    const second = fetchOf(payer, 'batch-settlement', options)
    expect((await second(`${seller.url}/lost`)).status).toBe(200)
    expect(seller.runs.get('/lost')).toBe(4)
    const [state] = seller.book.list().filter(({ config }) => config.salt.endsWith('4'))
    expect(state).toMatchObject({ owedPicoUsd: 4_000n * 1_000_000n, depositAtomic: 20_000n })
  })

  it('200 payments at concurrency 32 all go through, exactly paid', async () => {
    const before = await network.dollarsOf(account.address)
    const pay = fetchOf(payer, 'exact')
    expect(await many(200, 32, async () => (await pay(`${seller.url}/many-exact`)).status)).toEqual(
      Array(200).fill(200),
    )
    expect(seller.runs.get('/many-exact')).toBe(200)
    expect(await network.dollarsOf(account.address)).toBe(before + 200_000n)
  }, 60_000)

  it('200 payments at concurrency 32 all go through, from 32 channels', async () => {
    const payers = Array.from({ length: 32 }, (_, index) =>
      fetchOf(payer, 'batch-settlement', { salt: `f${index + 10}`, deposit: 10_000n }),
    )
    const statuses = await many(200, 32, async (_, worker) => {
      return (await payers[worker]?.(`${seller.url}/many-channel`))?.status
    })
    expect(statuses).toEqual(Array(200).fill(200))
    expect(seller.runs.get('/many-channel')).toBe(200)
  }, 60_000)

  it.each(['exact', 'batch-settlement'] as const)(
    'six copies of one proof are one run and one payment: %s',
    async (scheme) => {
      let proof: Headers | undefined
      const capture: typeof fetch = async (input, init) => {
        const request = new Request(input, init)
        if (!request.headers.has('payment-signature')) return fetch(request)
        proof = request.headers
        return new Response('{}', { status: 200 })
      }
      const client = stockClient(network, payer, scheme, { salt: '66', deposit: 20_000n })
      const path = `/replay-${scheme}`
      await wrapFetchWithPayment(capture, client)(`${seller.url}${path}`)
      const before = await network.dollarsOf(payer.address)
      const headers = proof as Headers
      const answers = await Promise.all(Array.from({ length: 6 }, () => fetch(`${seller.url}${path}`, { headers })))
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409])
      const late = await fetch(`${seller.url}${path}`, { headers })
      expect(late.status).toBe(402)
      expect(seller.runs.get(path)).toBe(1)
      const spent = before - (await network.dollarsOf(payer.address))
      expect(spent).toBe(scheme === 'exact' ? 1_000n : 20_000n)
    },
  )
})

async function many<result>(
  count: number,
  concurrency: number,
  task: (index: number, worker: number) => Promise<result>,
): Promise<readonly result[]> {
  const results: result[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: concurrency }, async (_, worker) => {
      while (next < count) {
        const index = next++
        results[index] = await task(index, worker)
      }
    }),
  )
  return results
}
