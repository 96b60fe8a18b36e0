import { bytesToHex, type Hex, secretKeyToAddress, sha256, utf8ToBytes } from '@koinon/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bidCommitment,
  placeBid,
  type ReverseAuction,
  rankSealedBids,
  replayReverseAuction,
  type SealedAuction,
} from './auction.ts'
import { chooseQuote } from './choose-quote.ts'
import { type SignedQuote, signQuote } from './quote.ts'

const word = (text: string): Hex => bytesToHex(sha256(utf8ToBytes(text)))
const domain = {
  name: 'Koinon Jobs',
  version: '1',
  chainId: 424_242,
  verifyingContract: `0x${'81'.repeat(20)}`,
} as const
const termsHash = word('terms')

function bid(name: string, priceAtomic: bigint, changes: Partial<SignedQuote> = {}): SignedQuote {
  const secretKey = sha256(utf8ToBytes(name))
  const quote = { termsHash, provider: secretKeyToAddress(secretKey), priceAtomic, deadlineSeconds: 1_500, nonce: 0n }
  return signQuote(domain, { ...quote, ...changes }, secretKey)
}

describe('a reverse auction', () => {
  const auction: ReverseAuction = {
    domain,
    termsHash,
    ceilingAtomic: 100n,
    decrementAtomic: 5n,
    closesAtSeconds: 500,
    extensionSeconds: 30,
    lastCloseSeconds: 550,
  }
  const opened = { own: undefined, lowest: undefined, closesAtSeconds: 500 }

  it('takes bids that are a step below the last of their provider, and moves its close for late ones up to a bound', () => {
    const placed = (isLowest: boolean, closesAtSeconds: number) => ({ isLowest, closesAtSeconds })
    expect(placeBid(auction, opened, bid('a', 100n), 10)).toEqual(placed(true, 500))
    const own = bid('a', 100n)
    const second = { ...opened, own, lowest: own }
    expect(placeBid(auction, second, bid('a', 96n), 20)).toBe('not-lower')
    expect(placeBid(auction, second, bid('a', 95n), 499)).toEqual(placed(true, 529))
    const late = { own: undefined, lowest: bid('a', 95n), closesAtSeconds: 529 }
    expect(placeBid(auction, late, bid('b', 90n), 528)).toEqual(placed(true, 550))
    expect(placeBid(auction, late, bid('b', 90n), 529)).toBe('closed')
  })

  it('keeps its close for a bid that is not a step below all, of however many providers', () => {
    const late = { own: undefined, lowest: bid('a', 90n), closesAtSeconds: 500 }
    for (const priceAtomic of [100n, 90n, 86n])
      expect(placeBid(auction, late, bid('b', priceAtomic), 499)).toEqual({ isLowest: false, closesAtSeconds: 500 })
  })

  it('is not voided by a bid of next to nothing: others go on, and stand behind it one a provider', () => {
    const bids = [bid('eve', 1n), bid('a', 100n), bid('b', 90n), bid('a', 80n), bid('c', 80n)]
    const { standing, counted } = replayReverseAuction(
      auction,
      bids.map((quote, place) => ({ quote, atSeconds: 10 + place })),
    )
    expect(counted).toHaveLength(5)
    expect(standing).toEqual([bids[0], bids[3], bids[4], bids[2]])
  })

  it('refuses bids that could not be funded', () => {
    expect(placeBid(auction, opened, bid('a', 101n), 10)).toBe('above-ceiling')
    expect(placeBid(auction, opened, bid('a', 0n), 10)).toBe('above-ceiling')
    expect(placeBid(auction, opened, bid('a', 50n, { termsHash: word('others') }), 10)).toBe('other-terms')
    expect(placeBid(auction, opened, { ...bid('a', 50n), priceAtomic: 40n }, 10)).toBe('not-signed')
    expect(placeBid(auction, opened, { ...bid('a', 50n), provider: bid('b', 1n).provider }, 10)).toBe('not-signed')
    expect(placeBid(auction, opened, bid('a', 50n, { deadlineSeconds: 1_149 }), 10)).toBe('expires-too-soon')
  })
})

const winnerOf = (...auctioned: Parameters<typeof rankSealedBids>) => rankSealedBids(...auctioned)[0]

describe('a sealed auction', () => {
  const auction: SealedAuction = {
    domain,
    termsHash,
    ceilingAtomic: 100n,
    commitEndsAtSeconds: 100,
    revealEndsAtSeconds: 200,
  }
  const sealed = (quote: SignedQuote, atSeconds = 50) => ({
    commitment: bidCommitment(domain, quote, word('salt')),
    atSeconds,
  })
  const shown = (quote: SignedQuote, atSeconds = 150, salt = word('salt')) => ({ quote, salt, atSeconds })

  it('is won by the cheapest that was committed to and shown in time', () => {
    const [cheap, dear] = [bid('a', 40n), bid('b', 60n)]
    const decide = (commits: number, reveals: number, salt?: Hex) =>
      winnerOf(auction, [sealed(cheap, commits), sealed(dear)], [shown(cheap, reveals, salt), shown(dear)], 200)
    expect(decide(99, 199)).toEqual(cheap)
    expect(decide(100, 150)).toEqual(dear)
    expect(decide(50, 200)).toEqual(dear)
    expect(decide(50, 99)).toEqual(dear)
    expect(decide(50, 150, word('another salt'))).toEqual(dear)
  })

  it('does not count a price that was changed after the others were seen, one above the ceiling, or one that lapses', () => {
    const committed = bid('a', 60n)
    const lower = bid('a', 39n)
    const other = bid('b', 40n)
    const commits = [sealed(committed), sealed(other)]
    expect(winnerOf(auction, commits, [shown(lower), shown(other)], 200)).toEqual(other)
    const [high, short] = [bid('c', 101n), bid('d', 1n, { deadlineSeconds: 799 })]
    const none = winnerOf(auction, [sealed(high), sealed(short)], [shown(high), shown(short)], 200)
    expect(none).toBeUndefined()
  })

  it('takes the cheapest of a provider and no other, so that a ladder cannot be taken back rung by rung', () => {
    const ladder = [10n, 30n, 59n].map((priceAtomic) => bid('eve', priceAtomic))
    const honest = bid('a', 60n)
    const all = [...ladder, honest]
    const ranking = rankSealedBids(
      auction,
      all.map((one) => sealed(one)),
      all.map((one) => shown(one)),
      200,
    )
    expect(ranking).toEqual([ladder[0], honest])
  })

  it('is not decided while bids may be shown', () => {
    expect(() => winnerOf(auction, [], [], 199)).toThrow(expect.objectContaining({ code: 'work/auction-open' }))
  })

  it('is decided alike by everybody, whatever the order, and the tie is not the order of arrival', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const bids = names.map((name) => bid(name, 40n))
    const winner = winnerOf(
      auction,
      bids.map((one) => sealed(one)),
      bids.map((one) => shown(one)),
      200,
    )
    fc.assert(
      fc.property(fc.shuffledSubarray(bids, { minLength: 6, maxLength: 6 }), (order) => {
        const again = winnerOf(
          auction,
          order.map((one) => sealed(one)),
          order.map((one) => shown(one)),
          200,
        )
        expect(again).toEqual(winner)
      }),
      { numRuns: 20 },
    )
    const wins = new Set(
      Array.from({ length: 12 }, (_, round) => {
        const drawn = names.map((name) => bid(name, 40n, { nonce: BigInt(round) }))
        const won = chooseQuote(drawn, { domain, ceilingAtomic: 100n, atSeconds: 200 })
        return drawn.findIndex(({ provider }) => provider === won?.provider)
      }),
    )
    expect(wins.size).toBeGreaterThan(2)
  })
})
