import { type Hex, systemRandom } from '@koinon/base'
import { verifySessionNative } from '@koinon/base/node'
import { emptySession, receiptType, type SignedReceipt, verifyReceiptSignature } from '@koinon/work'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { unlimitedCreditPicoUsd } from '../rules/admission.ts'
import { channelIdOf } from '../rules/channel.ts'
import { configOf, party, requestId, testDomain } from '../testing/fixtures.ts'
import type { ChannelState } from './channel-state.ts'
import { buildBatch } from './receipt-batch.ts'
import type { FinalAnswer } from './receipt-types.ts'
import { openSession, type SigningSession } from './session.ts'
import { verifyVoucher } from './voucher-signing.ts'

const payer = party('payer')
const payee = party('payee')
let session: SigningSession

beforeAll(async () => {
  session = await openSession({
    account: payee.account,
    chainId: testDomain.chainId,
    lifetimeSeconds: 60,
    clock: { nowMs: () => 1_750_000_000_000 },
    random: systemRandom,
  })
})

const channels = new Map<Hex, ChannelState>(
  ['one', 'two', 'three'].map((salt, index) => {
    const config = configOf(payer.address, payee.address, salt)
    const channelId = channelIdOf(config, testDomain)
    const state: ChannelState = {
      channelId,
      config,
      role: 'inbound',
      depositAtomic: 10n ** 12n,
      claimedAtomic: 0n,
      owedPicoUsd: BigInt(index) * 1_300_000n,
      reservedPicoUsd: 0n,
      voucherAtomic: BigInt(index),
      voucherSignature: undefined,
      creditLimitPicoUsd: unlimitedCreditPicoUsd,
      status: 'open',
      openedAtMs: 0,
    }
    return [channelId, state]
  }),
)
const ids = [...channels.keys()]

type Draft = { readonly channel: number; readonly amount: bigint; readonly isCustodial: boolean }

function answers(drafts: readonly Draft[]): readonly FinalAnswer[] {
  return drafts.map(({ channel, amount, isCustodial }, index) => ({
    requestId: requestId(index),
    kind: 'inference',
    payer: payer.address,
    channelId: ids[channel] as Hex,
    requestHash: `0x${'01'.repeat(32)}`,
    responseHash: `0x${'02'.repeat(32)}`,
    work: {},
    workHash: `0x${'03'.repeat(32)}`,
    amountPicoUsd: amount,
    times: { receivedAtMs: 1, firstByteAtMs: 2, endedAtMs: 3 },
    rung: 0,
    reservation: { id: index, channelId: ids[channel] as Hex, maximumPicoUsd: amount },
    ...(isCustodial ? { voucherSigner: payer.signer } : {}),
  }))
}

const build = (drafts: readonly Draft[]) =>
  buildBatch({
    answers: answers(drafts),
    session,
    tip: emptySession,
    notBeforeMs: 0,
    channel: (channelId) => channels.get(channelId) as ChannelState,
  })

const drafts = fc.array(
  fc.record({ channel: fc.integer({ min: 0, max: 2 }), amount: fc.bigInt(0n, 3_000_000n), isCustodial: fc.boolean() }),
  { minLength: 1, maxLength: 12 },
)

describe('a batch of receipts', () => {
  it('adds up per channel, is one chain and one signature, for any mix of answers', () => {
    fc.assert(
      fc.property(drafts, (list) => {
        const built = build(list)
        const signed = built.bundles.map((bundle) => bundle.hops[0] as SignedReceipt)
        const owed = new Map(ids.map((id) => [id, channels.get(id)?.owedPicoUsd ?? 0n]))
        signed.forEach(({ receipt }, index) => {
          owed.set(receipt.channelId, (owed.get(receipt.channelId) ?? 0n) + receipt.amountPicoUsd)
          expect(receipt.cumulativePicoUsd).toBe(owed.get(receipt.channelId))
          expect(receipt.sequence).toBe(index)
          expect(receiptType.hash(receipt)).toBe(built.hashes[index])
        })
        expect(new Set(signed.map((receipt) => receipt.signature)).size).toBe(1)
        expect(signed.every((receipt) => verifyReceiptSignature(receipt, verifySessionNative))).toBe(true)
        expect(built.tip).toEqual({ nextSequence: list.length, lastReceipt: built.hashes.at(-1) })
        for (const { channelId, owedPicoUsd } of built.settlements) expect(owedPicoUsd).toBe(owed.get(channelId))
      }),
      { numRuns: 30 },
    )
  })

  it('has at most one voucher a channel: for the whole debt, rounded down, and only where the key is here', () => {
    fc.assert(
      fc.property(drafts, (list) => {
        for (const { channelId, owedPicoUsd, voucher } of build(list).settlements) {
          const state = channels.get(channelId) as ChannelState
          const isCustodial = list.some((draft) => ids[draft.channel] === channelId && draft.isCustodial)
          expect(voucher !== undefined).toBe(isCustodial && owedPicoUsd / 1_000_000n > state.voucherAtomic)
          if (voucher === undefined) continue
          expect(voucher.voucherAtomic).toBe(owedPicoUsd / 1_000_000n)
          const signed = { channelId, maxClaimableAtomic: voucher.voucherAtomic, signature: voucher.signature }
          expect(verifyVoucher(signed, payer.address, testDomain)).toBe(true)
          expect(verifyVoucher({ ...signed, maxClaimableAtomic: 1n << 60n }, payer.address, testDomain)).toBe(false)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('is the same for the same input', () => {
    const list = [{ channel: 1, amount: 5n, isCustodial: true }]
    expect(build(list)).toEqual(build(list))
  })
})
