import { join } from 'node:path'
import { bytesToHex, systemRandom } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import { createLedgerWriter, TransactionSender } from '@koinon/ledger'
import { batchSettlementAbi } from '@koinon/ledger/abis'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ChannelOpener, type OpenedChannel } from '../client/channel-opener.ts'
import { ChannelBook } from '../core/channel-book.ts'
import { readChannelFacts } from '../core/escrow.ts'
import { startNetwork, type TestNetwork } from '../testing/chain.ts'
import { addChannel, openStore, temporaryFolder } from '../testing/fixtures.ts'
import { ClaimWatcher } from './claim-watcher.ts'

type Funded = Awaited<ReturnType<TestNetwork['fund']>>
type Gateway = { readonly book: ChannelBook; readonly watcher: ClaimWatcher; readonly store: DurableStore }

const depositAtomic = 10_000n
const delaySeconds = 900
const folder = temporaryFolder()
const gateways: Gateway[] = []
let net: TestNetwork
let payer: Funded
let receiver: Funded
let opener: ChannelOpener
let aheadMs = 0

beforeAll(async () => {
  net = await startNetwork()
  payer = await net.fund('payer')
  receiver = await net.fund('receiver')
  opener = new ChannelOpener({
    reader: net.reader,
    sender: payer.sender,
    payer: payer.account,
    domain: net.domain,
    token: net.network.contracts.dollar,
    collector: net.network.contracts.depositCollector,
    // The chain's clock runs ahead when a test does not wait for a withdrawal's delay.
    clock: { nowMs: () => Date.now() + aheadMs },
    random: systemRandom,
  })
})

afterAll(async () => {
  for (const { store } of gateways) await store.close()
  await net.close()
  folder.remove()
})

/** A gateway of the one receiver: a store, a book and a sender of its own, as in another process. */
async function openGateway(): Promise<Gateway> {
  const store = await openStore(join(folder.path, `${gateways.length}.db`))
  const book = new ChannelBook({ store, domain: net.domain })
  await book.start()
  const writer = createLedgerWriter(net.network, bytesToHex(receiver.secretKey))
  const watcher = new ClaimWatcher({
    book,
    reader: net.reader,
    sender: new TransactionSender(net.reader, writer),
    token: net.network.contracts.dollar,
    policy: { thresholdAtomic: 1_000n, maximumAgeMs: 1e12, maximumRows: 10 },
    intervalMs: 20,
    clock: { nowMs: () => Date.now() },
    unit: () => 0.5,
  })
  const gateway = { book, watcher, store }
  gateways.push(gateway)
  return gateway
}

const openChannel = () => opener.open({ receiver: receiver.address, payerAuthorizer: payer.address, depositAtomic })

/** One charged call with the voucher its payer signed for it, which may promise more than the call cost. */
async function charge({ book }: Gateway, { channelId }: OpenedChannel, costAtomic: bigint, restAtomic: bigint) {
  const { owedPicoUsd, status, depositAtomic: held } = book.require(channelId)
  const owedAtomic = owedPicoUsd / 1_000_000n
  if (status !== 'open' || owedAtomic + costAtomic + restAtomic > held) return
  const maxClaimableAtomic = owedAtomic + costAtomic + restAtomic
  const { signature } = payer.signer.sign({ channelId, maxClaimableAtomic })
  book.applySettlement({
    channelId,
    owedPicoUsd: (owedAtomic + costAtomic) * 1_000_000n,
    voucher: { voucherAtomic: maxClaimableAtomic, signature },
  })
}

async function claimedOf(channelId: OpenedChannel['channelId']): Promise<bigint> {
  return (await readChannelFacts(net.reader, net.domain, [channelId])).get(channelId)?.claimedAtomic ?? 0n
}

type Step =
  | { readonly kind: 'charge'; readonly cost: number; readonly rest: number }
  | { readonly kind: 'pass' | 'withdraw' | 'finalize' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('charge' as const),
      cost: fc.integer({ min: 1, max: 3_000 }),
      rest: fc.integer({ min: 0, max: 3_000 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('withdraw' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('finalize' as const) }) },
)

/** Charged again after the rest went back: there is nothing left to charge. */
const after: Step[] = [
  { kind: 'charge', cost: 1, rest: 0 },
  { kind: 'withdraw' },
  { kind: 'finalize' },
  { kind: 'charge', cost: 1, rest: 0 },
  { kind: 'finalize' },
]

describe('a payer that withdraws', () => {
  it('gets back what it does not owe and nothing else, in whatever order things happen', {
    timeout: 120_000,
  }, async () => {
    const gateway = await openGateway()
    const run = async (steps: readonly Step[]) => {
      const channel = await openChannel()
      const { channelId, config } = channel
      const before = { payer: await net.dollarsOf(payer.address), receiver: await net.dollarsOf(receiver.address) }
      await addChannel(gateway.book, config, 'inbound', depositAtomic)
      let isWithdrawing = false
      const finalize = async () => {
        // A watcher looks many times in the shortest delay; once is enough.
        await gateway.watcher.pass()
        await net.advanceSeconds(delaySeconds + 1)
        aheadMs += (delaySeconds + 1) * 1000
        await opener.finalizeWithdrawal(config)
        await gateway.watcher.pass()
        isWithdrawing = false
      }
      for (const each of steps) {
        if (each.kind === 'charge') await charge(gateway, channel, BigInt(each.cost), BigInt(each.rest))
        else if (each.kind === 'pass') await gateway.watcher.pass()
        else if (each.kind === 'finalize') {
          if (isWithdrawing) await finalize()
        } else if (!isWithdrawing) {
          const left = depositAtomic - (await claimedOf(channelId))
          // All that the ledger lets go, whatever is owed.
          if (
            left > 0n &&
            (
              await net.reader.readContract({
                address: net.domain.escrow,
                abi: batchSettlementAbi,
                functionName: 'channels',
                args: [channelId],
              })
            )[0] === depositAtomic
          ) {
            await opener.initiateWithdrawal(config, left)
            isWithdrawing = true
          }
        }
      }
      if (isWithdrawing) await finalize()
      await gateway.watcher.pass('stopping')
      const owedAtomic = gateway.book.require(channelId).owedPicoUsd / 1_000_000n
      expect(await claimedOf(channelId)).toBe(owedAtomic)
      expect((await net.dollarsOf(receiver.address)) - before.receiver).toBe(owedAtomic)
      const returned = (await net.dollarsOf(payer.address)) - before.payer
      expect(returned === 0n || returned + owedAtomic <= depositAtomic).toBe(true)
    }
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 9 }), run), {
      numRuns: 8,
      examples: [[after]],
    })
  })
})

describe('two gateways of one receiver', () => {
  it('claim their channels beside each other, on one account', async () => {
    const [one, two] = [await openGateway(), await openGateway()]
    const before = await net.dollarsOf(receiver.address)
    for (const gateway of [one, two]) {
      for (const cost of [2_000n, 3_000n]) {
        const channel = await openChannel()
        await addChannel(gateway.book, channel.config, 'inbound', depositAtomic)
        await charge(gateway, channel, cost, 0n)
      }
    }
    for (let attempt = 0; attempt < 10; attempt++) {
      await Promise.all([one.watcher.pass(), two.watcher.pass()])
      if ((await net.dollarsOf(receiver.address)) - before === 10_000n) break
    }
    expect((await net.dollarsOf(receiver.address)) - before).toBe(10_000n)
  })

  it('count what the other claimed of a channel that both serve, and serve nothing twice from then on', async () => {
    const [one, two] = [await openGateway(), await openGateway()]
    const channel = await openChannel()
    for (const gateway of [one, two]) await addChannel(gateway.book, channel.config, 'inbound', depositAtomic)
    await charge(one, channel, 9_000n, 0n)
    await charge(two, channel, 500n, 0n)
    await one.watcher.pass()
    await two.watcher.pass()
    const { channelId } = channel
    expect(two.book.require(channelId)).toMatchObject({ owedPicoUsd: 9_000_000_000n, voucherAtomic: 9_000n })
    expect(() => two.book.reserve(channelId, 1_001_000_000n)).toThrow(
      expect.objectContaining({ code: 'payments/channel-empty' }),
    )
    await charge(two, channel, 1_000n, 0n)
    await two.watcher.pass('stopping')
    expect(await claimedOf(channelId)).toBe(10_000n)
    // What the other said before is kept over a restart.
    const again = new ChannelBook({ store: two.store, domain: net.domain })
    await again.start()
    expect(again.require(channelId).owedPicoUsd).toBeGreaterThanOrEqual(9_000_000_000n)
  })
})
