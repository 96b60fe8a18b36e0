import { bytesToHex, type Hex, isKoinonError, secretKeyToAddress, sha256, utf8ToBytes } from '@koinon/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Auction, replayReverseAuction } from './auction.ts'
import { type Bidding, bidOpenly, openBidding, recordOf } from './bidding.ts'
import { type SignedQuote, signQuote } from './quote.ts'

const domain = { name: 'Koinon Jobs', version: '1', chainId: 7, verifyingContract: `0x${'81'.repeat(20)}` } as const
const termsHash: Hex = bytesToHex(sha256(utf8ToBytes('terms')))
const auction = {
  ...{ kind: 'reverse', domain, termsHash, ceilingAtomic: 256n, decrementAtomic: 1n },
  ...{ closesAtSeconds: 100, extensionSeconds: 10, lastCloseSeconds: 10_000 },
} as const satisfies Auction
const keys = new Map<string, Uint8Array>()
const keyOf = (name: string): Uint8Array =>
  keys.get(name) ?? keys.set(name, sha256(utf8ToBytes(name))).get(name) ?? Uint8Array.of()

function bid(name: string, priceAtomic: bigint): SignedQuote {
  const quote = {
    termsHash,
    provider: secretKeyToAddress(keyOf(name)),
    priceAtomic,
    deadlineSeconds: 20_000,
    nonce: 0n,
  }
  return signQuote(domain, quote, keyOf(name))
}

/** Whether there was room for it, or the rule took it. */
function tryBid(
  bidding: Bidding,
  quote: SignedQuote,
  origin: readonly string[],
  atSeconds: number,
  places: number,
): boolean {
  const sealed = { commitmentsPerRequest: 1, commitmentsPerOrigin: 1 }
  try {
    bidOpenly(bidding, quote, origin, atSeconds, { bidsPerRequest: places, bidsPerOrigin: places, ...sealed })
    return true
  } catch (error) {
    if (!isKoinonError(error)) throw error
    return false
  }
}

describe('bids of a reverse auction', () => {
  it('are what everybody plays again: who was pushed out moved no close and was no lowest', () => {
    const one = fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      price: fc.bigInt(1n, 40n),
      network: fc.constantFrom('x', 'y', 'z'),
      waitSeconds: fc.integer({ min: 0, max: 30 }),
    })
    fc.assert(
      fc.property(fc.array(one, { maxLength: 12 }), (bids) => {
        const bidding = openBidding({ ...auction, decrementAtomic: 8n })
        let atSeconds = 60
        for (const { name, price, network, waitSeconds } of bids) {
          atSeconds += waitSeconds
          tryBid(bidding, bid(name, price), [network], atSeconds, 6)
          const replayed = replayReverseAuction({ ...auction, decrementAtomic: 8n }, recordOf(bidding, atSeconds).bids)
          expect(replayed.counted).toHaveLength(bidding.bids.size)
          expect(replayed.closesAtSeconds).toBe(bidding.closesAtSeconds)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('cannot be kept from others in the last minute by keys that cost nothing', () => {
    const bidding = openBidding({ ...auction, decrementAtomic: 64n })
    const places = 8
    for (let key = 0; key < 20; key++) tryBid(bidding, bid(`eve ${key}`, 200n), ['eve'], 95, places)
    expect(bidding).toMatchObject({ closesAtSeconds: 105, bids: { size: places } })
    expect(tryBid(bidding, bid('ann', 150n), ['ann'], 99, places)).toBe(true)
    expect(tryBid(bidding, bid('ben', 100n), ['ben'], 104, places)).toBe(true)
    expect(bidding.closesAtSeconds).toBe(114)
  })
})
