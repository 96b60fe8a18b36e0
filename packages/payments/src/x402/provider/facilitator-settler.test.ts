/** Our paywall with a stock facilitator that sends for it, honest and lying. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startNetwork, type TestNetwork } from '../../testing/chain.ts'
import { temporaryFolder } from '../../testing/fixtures.ts'
import { startSeller, type TestSeller } from '../../testing/seller.ts'
import { dollarOf } from '../../testing/settlement.ts'
import { stockFetch } from '../../testing/stock-clients.ts'
import { type Listening, startFacilitator } from '../../testing/stock-sellers.ts'
import { FacilitatorSettler } from './facilitator-settler.ts'

type Lie = (verb: string, pass: () => Promise<Response>) => Promise<Response>

const folder = temporaryFolder()
const honest: Lie = (_verb, pass) => pass()
let lie = honest
let network: TestNetwork
let facilitator: Listening
let [account, payer] = [] as unknown as [
  Awaited<ReturnType<TestNetwork['fund']>>,
  Awaited<ReturnType<TestNetwork['fund']>>,
]
let seller: TestSeller

beforeAll(async () => {
  network = await startNetwork()
  facilitator = await startFacilitator(network)
  account = await network.fund('seller')
  payer = await network.fund('payer')
  seller = await startSeller(network, account, account, {
    path: join(folder.path, 'seller.db'),
    price: () => ({ backEnds: ['exact'] }),
    settler: (ledger) =>
      new FacilitatorSettler({
        ...{ url: facilitator.url, ledger, asset: dollarOf(network), chainId: network.domain.chainId },
        fetch: (input, init) => lie(String(input).split('/').at(-1) as string, () => fetch(input, init)),
      }),
  })
})

afterAll(async () => {
  await seller?.close()
  await facilitator?.close()
  await network?.close()
  folder.remove()
})

/** Pays as a stock client and keeps the proof. */
async function buy(path: string) {
  let headers: Headers | undefined
  const before = [await network.dollarsOf(account.address), await network.reader.getTransactionCount(account)] as const
  const pay = stockFetch(network, payer, 'exact', {}, (input, init) => {
    const request = new Request(input, init)
    if (request.headers.has('payment-signature')) headers = request.headers
    return fetch(request)
  })
  const response = await pay(`${seller.url}${path}`)
  return {
    status: response.status,
    receipt: response.headers.get('payment-response'),
    again: () => fetch(`${seller.url}${path}`, { headers: headers as Headers }),
    earned: async () => (await network.dollarsOf(account.address)) - before[0],
    sent: async () => (await network.reader.getTransactionCount(account)) - before[1],
  }
}

describe('a paywall whose facilitator is somebody else', () => {
  it('is paid by a stock client, and sends nothing itself', async () => {
    const call = await buy('/honest')
    expect(call.status).toBe(200)
    const receipt = JSON.parse(atob(call.receipt as string)) as { transaction: `0x${string}` }
    const { from } = await network.reader.getTransaction({ hash: receipt.transaction })
    expect(from.toLowerCase()).not.toBe(account.address)
    expect([await call.earned(), await call.sent(), seller.runs.get('/honest')]).toEqual([1_000n, 0, 1])
  })

  it('believes the ledger where the facilitator says that a settlement failed which did not', async () => {
    lie = async (verb, pass) => {
      const truth = await pass()
      return verb === 'settle' ? Response.json({ success: false, errorReason: 'timeout' }) : truth
    }
    const call = await buy('/denied')
    expect([call.status, await call.earned(), seller.runs.get('/denied')]).toEqual([200, 1_000n, 1])
  })

  it.each<readonly [string, Lie]>([
    ['says that it settled and did not', async (verb, pass) => (verb === 'settle' ? settledNot() : pass())],
    ['takes nothing', async () => Response.json({ isValid: false, invalidReason: 'no' })],
    ['is away', async () => Promise.reject(new Error('connection refused'))],
    ['answers without end', async () => new Response(endless())],
    ['answers no JSON', async () => new Response('<html>', { status: 502 })],
  ])('releases nothing where it %s, and the same proof is never asked to be paid twice', async (name, lying) => {
    lie = lying
    const path = `/${name.replaceAll(' ', '-')}`
    const call = await buy(path)
    expect(call.status).toBe(503)
    expect((await call.again()).status).toBe(503)
    expect([await call.earned(), await call.sent(), seller.runs.get(path)]).toEqual([0n, 0, 1])
    lie = honest
  })

  it('has its answer released when the money moves after all', async () => {
    let settleLater: (() => Promise<Response>) | undefined
    lie = (verb, pass) => {
      if (verb !== 'settle') return pass()
      settleLater = pass
      return Promise.resolve(settledNot())
    }
    const call = await buy('/later')
    expect(call.status).toBe(503)
    expect((await (settleLater as () => Promise<Response>)()).ok).toBe(true)
    await expect.poll(async () => (await call.again()).status, { timeout: 20_000, interval: 250 }).toBe(200)
    expect([await call.earned(), seller.runs.get('/later')]).toEqual([1_000n, 1])
    lie = honest
  })

  it('takes no facilitator over plain HTTP from elsewhere', () => {
    const options = { ledger: {} as never, asset: dollarOf(network), chainId: 1 }
    expect(() => new FacilitatorSettler({ ...options, url: 'http://facilitator.example' })).toThrow('not HTTPS')
  })
})

function settledNot(): Response {
  return Response.json({ success: true, transaction: `0x${'ab'.repeat(32)}`, network: 'eip155:424242' })
}

function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(32)) })
}
