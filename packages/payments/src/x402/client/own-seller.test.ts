/** Our payer at our own paywall: what only the two of them can do together. */
import { join } from 'node:path'
import { KoinonError, sleep } from '@koinon/base'
import type { TransactionSender } from '@koinon/ledger'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryPayerStore } from '../../client/payer-store.ts'
import { receiptOf } from '../../client/paying-fetch.ts'
import { type ChannelRefunder, CooperativeRefund } from '../../provider/channel-refund.ts'
import { startNetwork, type TestNetwork } from '../../testing/chain.ts'
import { temporaryFolder } from '../../testing/fixtures.ts'
import { testPayer } from '../../testing/payer-fixtures.ts'
import { startSeller, type TestSeller } from '../../testing/seller.ts'
import { createPayingFetch } from './create-paying-fetch.ts'
import { x402Refund } from './request-refund.ts'

const folder = temporaryFolder()
let network: TestNetwork
let seller: TestSeller
let mostAtOnce = 0
let depositsUnknown = 0
let ledgerAway = 0
let isRefusing = true
let refusal = 400
let refunder: ChannelRefunder | undefined

beforeAll(async () => {
  network = await startNetwork()
  const [account, gas] = [await network.fund('seller'), await network.fund('gas')]
  let atOnce = 0
  seller = await startSeller(network, account, gas, {
    path: join(folder.path, 'seller.db'),
    x402: { refunder: { refund: (request) => (refunder as ChannelRefunder).refund(request) } },
    settler: (real) => ({
      ...{ check: real.check.bind(real), settle: real.settle.bind(real), findOut: real.findOut.bind(real) },
      deposit: async (config, deposit, timeoutMs) =>
        depositsUnknown-- > 0
          ? { state: 'unknown', detail: 'not deep enough' }
          : real.deposit(config, deposit, timeoutMs),
    }),
    serve: async (request) => {
      mostAtOnce = Math.max(mostAtOnce, ++atOnce)
      await sleep(100)
      atOnce--
      const path = new URL(request.url).pathname
      const status = isRefusing && path.startsWith('/refused') ? refusal : 200
      const headers: Record<string, string> = status === 429 ? { 'Retry-After': '5' } : {}
      return { status, headers, body: `${path} ${seller.runs.get(path)}` }
    },
  })
  const { reader } = network
  const clock = { nowMs: () => Date.now() }
  const away = new KoinonError({ code: 'ledger/rpc-failed', message: 'The ledger is away', retry: 'later' })
  const call: TransactionSender['call'] = (wanted) =>
    ledgerAway-- > 0 ? Promise.reject(away) : account.sender.call(wanted)
  const sender = { address: account.address, call } as TransactionSender
  refunder = new CooperativeRefund({ book: seller.book, reader, sender, clock, leastPartAtomic: 1n })
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

  it('gets the rest of a channel back also where it had not heard what its last call cost', async () => {
    const who = await network.fund('forgetful')
    const store = memoryPayerStore()
    const pay = createPayingFetch({ payer: testPayer(network, who.secretKey, { store }) })
    expect((await pay(`${seller.url}/heard`)).status).toBe(200)
    const known = await store.load()
    expect((await pay(`${seller.url}/not-heard`)).status).toBe(200)
    // As a payer of streams remembers it: the second call was signed for, and never came to an end.
    const [open] = (await store.load()).calls.filter(({ resourceUrl }) => resourceUrl.endsWith('/not-heard'))
    const signedAtomic = 2_000n
    const old = memoryPayerStore()
    await old.save({
      channels: known.channels.map((channel) => ({ ...channel, signedAtomic })),
      calls: [...known.calls, { ...(open as (typeof known.calls)[number]), state: 'open', chargedAtomic: 0n }],
    })
    const payer = testPayer(network, who.secretKey, { store: old })
    await payer.start()
    const [channel] = payer.channels()
    const { channelId } = channel as (typeof known.channels)[number]
    const before = await network.dollarsOf(who.address)
    const refund = x402Refund({ url: `${seller.url}/heard` })
    // A try that the ledger never heard of is not one of those that are rare.
    ledgerAway = 1
    expect(await payer.takeBack(channelId, { refund })).toBe(false)
    expect(await payer.takeBack(channelId, { refund })).toBe(true)
    expect(payer.channels()).toMatchObject([{ owedAtomic: 2_000n, depositAtomic: 2_000n }])
    expect((await network.dollarsOf(who.address)) - before).toBeGreaterThan(0n)
  })

  it('waits for a deposit as long as the seller does, on a chain that takes longer than a call', async () => {
    const who = await network.fund('slow chain')
    const payer = testPayer(network, who.secretKey)
    const pay = createPayingFetch({ payer, concludeMs: 1_000 })
    depositsUnknown = 1
    expect(await (await pay(`${seller.url}/slow-chain`)).text()).toBe('/slow-chain 1')
    expect(payer.channels()).toMatchObject([{ owedAtomic: 1_000n }])
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

  it.each([400, 429])(
    'hears that a call which the seller refuses (%i) cost nothing, and buys it anew by the same id',
    async (status) => {
      ;[isRefusing, refusal] = [true, status]
      const who = await network.fund(`refused ${status}`)
      const url = `${seller.url}/refused-${status}`
      const payer = testPayer(network, who.secretKey)
      const pay = createPayingFetch({ payer })
      const named = { headers: { 'idempotency-key': 'a-call-that-is-refused' } }
      const refused = await pay(url, named)
      expect([refused.status, receiptOf(refused)]).toMatchObject([status, { chargedAtomic: 0n, isStated: true }])
      expect([payer.spent(), payer.openCalls()]).toEqual([0n, []])
      expect(payer.channels()).toMatchObject([{ owedAtomic: 0n, signedAtomic: 1_000n, depositAtomic: 100_000n }])
      isRefusing = false
      const bought = await pay(url, named)
      expect([bought.status, await bought.text(), receiptOf(bought)?.chargedAtomic]).toEqual([
        200,
        `/refused-${status} 2`,
        1_000n,
      ])
      expect(payer.channels()).toMatchObject([{ owedAtomic: 1_000n, signedAtomic: 1_000n, isClosed: false }])
    },
  )

  it('is told nothing where it sends the same payment again', async () => {
    const payer = testPayer(network, (await network.fund('failed')).secretKey)
    ;[isRefusing, refusal] = [true, 500]
    const failed = await createPayingFetch({ payer })(`${seller.url}/refused-by-failure`)
    expect([failed.status, failed.headers.get('payment-response')]).toEqual([500, null])
    expect([seller.runs.get('/refused-by-failure'), payer.spent(), payer.openCalls().length]).toEqual([3, 1_000n, 1])
  })

  // Last: the chain's time runs ahead from here on.
  it('signs another deposit for a call whose first one ended before the seller could send it', async () => {
    const who = await network.fund('locked out')
    let offsetMs = 0
    const clock = { nowMs: () => Date.now() + offsetMs }
    const payer = testPayer(network, who.secretKey, { clock })
    const pay = createPayingFetch({
      payer,
      clock,
      fetch: async (input, init) => {
        const response = await fetch(input, init)
        if (response.status === 503) offsetMs = 600_000
        return response
      },
    })
    depositsUnknown = 1
    expect((await pay(`${seller.url}/locked-out`)).status).toBe(503)
    expect(payer.openCalls()).toMatchObject([{ state: 'open' }])
    expect(payer.channels()).toMatchObject([{ depositAtomic: 0n, owedAtomic: 0n, isClosed: false }])
    await network.advanceSeconds(600)
    expect(await (await pay(`${seller.url}/locked-out`)).text()).toBe('/locked-out 1')
    const [channel] = payer.channels()
    expect([channel?.owedAtomic, payer.openCalls()]).toEqual([1_000n, []])
    // One deposit was made, and the one that ended takes nothing.
    expect(1_000_000_000n - (await network.dollarsOf(who.address))).toBe(channel?.depositAtomic)
    expect(await (await pay(`${seller.url}/locked-out-no-more`)).text()).toBe('/locked-out-no-more 1')
  })
})
