/** Auctions of jobs on the command line: the rule from a few words, and how it stands. */
import { auctionLine, auctionObjection } from '@koinon/agents/rules'
import { KoinonError } from '@koinon/base'
import { type Auction, type AuctionRecord, type AuctionRule, lastEndOf, replayReverseAuction } from '@koinon/work'
import { utcTime } from './format/time.ts'
import { dollars } from './job-words.ts'

/** Reveals, and the time that late bids can add, last as long as the bidding, within these. */
const [leastSeconds, mostSeconds] = [60, 3_600]
const extensionSeconds = 60
/** A bid of a reverse auction is at least a hundredth of the ceiling below the last one of its bidder. */
const stepParts = 100n

export type AuctionWish = {
  readonly kind: string | undefined
  readonly bidsUntil: string | undefined
  readonly ceilingAtomic: bigint
  readonly nowSeconds: number
  readonly expiredAtSeconds: number
  /** From here on the book forgets it. */
  readonly requestEndsAtSeconds: number
}

/** The line of a job's description that names its auction; undefined where none is wished for. Throws `usage/bad-auction`. */
export function auctionLineOf(wish: AuctionWish): string | undefined {
  const { kind, bidsUntil, ceilingAtomic, nowSeconds, expiredAtSeconds, requestEndsAtSeconds } = wish
  if (kind === undefined) {
    if (bidsUntil === undefined) return undefined
    throw badAuction(
      'Only an auction has an end of the bidding',
      'Say which: --auction sealed or --auction reverse; or leave --bids-until out and take an offer when you like.',
    )
  }
  if (kind !== 'sealed' && kind !== 'reverse')
    throw badAuction(`There is no auction "${kind}"`, 'Write --auction sealed or --auction reverse.')
  if (bidsUntil === undefined)
    throw badAuction('An auction must end', 'Say when: --bids-until 30m, or a time in UTC such as 2026-12-01T12:00Z.')
  const endsAtSeconds = parseMoment(bidsUntil, nowSeconds)
  const spanSeconds = Math.min(Math.max(endsAtSeconds - nowSeconds, leastSeconds), mostSeconds)
  const rule: AuctionRule =
    kind === 'sealed'
      ? {
          kind,
          ceilingAtomic,
          commitEndsAtSeconds: endsAtSeconds,
          revealEndsAtSeconds: endsAtSeconds + spanSeconds,
        }
      : {
          ...{ kind, ceilingAtomic, decrementAtomic: (ceilingAtomic + stepParts - 1n) / stepParts },
          ...{ closesAtSeconds: endsAtSeconds, extensionSeconds, lastCloseSeconds: endsAtSeconds + spanSeconds },
        }
  const objection =
    endsAtSeconds <= nowSeconds
      ? 'bids would end before now'
      : auctionObjection(rule, Math.min(expiredAtSeconds, requestEndsAtSeconds))
  if (objection !== undefined)
    throw badAuction(
      `The auction cannot be held: ${objection}`,
      'End bids earlier, or give the job more time: --hours N. A book keeps no request for longer than a day.',
    )
  return auctionLine(rule)
}

/** The rule of an auction, where nobody tells how it stands. */
export function auctionRule(auction: Auction): readonly (readonly [string, string])[] {
  const ceiling = `at most ${dollars(auction.ceilingAtomic)}`
  if (auction.kind === 'sealed') {
    const times = `sealed bids until ${utcTime(auction.commitEndsAtSeconds)}, shown until ${utcTime(auction.revealEndsAtSeconds)}`
    return [['auction', `sealed, ${ceiling}; ${times}`]]
  }
  const step = reverseStep(auction.decrementAtomic)
  const close = `closes at ${utcTime(auction.closesAtSeconds)}, with late bids at ${utcTime(auction.lastCloseSeconds)} at the latest`
  return [['auction', `reverse, ${ceiling}; ${step}; ${close}`]]
}

/** How an auction stands. */
export function auctionFacts(
  auction: Auction,
  record: AuctionRecord,
  nowSeconds: number,
): readonly (readonly [string, string])[] {
  if (auction.kind === 'sealed') {
    const { commitEndsAtSeconds, revealEndsAtSeconds } = auction
    const phase =
      nowSeconds < commitEndsAtSeconds
        ? `sealed bids until ${utcTime(commitEndsAtSeconds)}`
        : nowSeconds < revealEndsAtSeconds
          ? `bids are shown until ${utcTime(revealEndsAtSeconds)}`
          : `over since ${utcTime(revealEndsAtSeconds)}`
    // Which were shown nobody tells before the end.
    const shown = nowSeconds < revealEndsAtSeconds ? '' : `, ${record.revealed.length} shown`
    return [['auction', `sealed, ${phase}; ${record.sealed.length} sealed${shown}`]]
  }
  const { standing, closesAtSeconds } = replayReverseAuction(auction, record.bids)
  const isOver = nowSeconds >= closesAtSeconds
  const phase = `${isOver ? 'over since' : 'closes at'} ${utcTime(closesAtSeconds)}`
  const step = reverseStep(auction.decrementAtomic)
  const prices = standing.slice(0, 3).map(({ priceAtomic }) => dollars(priceAtomic))
  // Who bids next to nothing may be passed over: what stands behind it is worth bidding against.
  const best = prices.length === 0 ? 'no bid yet' : `lowest of ${standing.length} bidders: ${prices.join(', ')}`
  return [['auction', `reverse, ${phase}; ${step}; ${best}`]]
}

function reverseStep(decrementAtomic: bigint): string {
  return `each bidder goes down by ${dollars(decrementAtomic)} at least`
}

/** The longest that an auction can last, in words. */
export function auctionEnds(auction: Auction): string {
  return utcTime(lastEndOf(auction))
}

const spanUnits: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 }

function parseMoment(text: string, nowSeconds: number): number {
  const span = /^(\d{1,6})([smh])$/.exec(text)
  if (span !== null) return nowSeconds + Number(span[1]) * (spanUnits[span[2] as string] as number)
  const atMs = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?Z$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isSafeInteger(atMs)) return Math.floor(atMs / 1000)
  throw badAuction(
    `"${text}" is no time`,
    'Write a span such as 90s, 30m or 2h, or a time in UTC such as 2026-12-01T12:00Z.',
  )
}

function badAuction(message: string, hint: string): KoinonError {
  return new KoinonError({ code: 'usage/bad-auction', message, hint })
}
