/** `GET /api/jobs/{id}/bids`: what the gateway's book keeps of a job, by the rule of its terms (specs/0024-jobs.md section 8). */
import { jobsOf, readJob } from '@koinon/agents/client'
import { jobsDomain, parseJobAuction } from '@koinon/agents/rules'
import { type Hex, KoinonError } from '@koinon/base'
import {
  type Auction,
  type AuctionRecord,
  rankAuction,
  rankQuotes,
  replayReverseAuction,
  type SignedQuote,
} from '@koinon/work'
import type { JobAuctionJson, JobBidJson, JobBidsJson } from '@koinon/work/dashboard'
import { type JobViewSources, ledgerSeconds } from './jobs-json.ts'

/** Of a book of quotes, in this process. */
export type BookOfBids = {
  quotesFor(termsHash: Hex): readonly SignedQuote[]
  auction(termsHash: Hex): AuctionRecord
}

/** Throws `agents/no-job`, `agents/no-jobs`, and what index and ledger throw. */
export async function jobBids(sources: JobViewSources, book: BookOfBids, jobId: bigint): Promise<JobBidsJson> {
  const { view, index, clock } = sources
  const job = await readJob(view, jobId)
  const domain = jobsDomain(view.network.chainId, jobsOf(view.network))
  const where = { jobId: `${jobId}` }
  const [{ result }, nowSeconds] = await Promise.all([
    index.events({ contract: 'jobs', names: ['QuoteTaken'], where, limit: 1 }),
    ledgerSeconds(view, clock),
  ])
  const nonce = result[0] === undefined ? undefined : String(result[0].args['nonce'])
  const isTaken = (quote: SignedQuote): boolean => quote.provider === job.provider && `${quote.nonce}` === nonce
  const auction = parseJobAuction(domain, job)
  const record = book.auction(job.termsHash)
  const told =
    auction === undefined
      ? rankQuotes(book.quotesFor(job.termsHash), { domain, atSeconds: nowSeconds }).map(
          (quote, place): Told => ({ quote, rank: place + 1 }),
        )
      : bidsOf(auction, record, nowSeconds)
  const bids = told.map(({ quote, atSeconds, rank }) => ({
    ...bidJson(quote, isTaken(quote)),
    ...(atSeconds === undefined ? {} : { atMs: atSeconds * 1_000 }),
    ...(rank === undefined ? {} : { rank }),
  }))
  const forgotten =
    nonce === undefined || bids.some((bid) => bid.isTaken)
      ? []
      : [{ provider: job.provider, priceAtomic: `${job.budgetAtomic}`, deadlineMs: 0, isTaken: true }]
  return {
    ...{ asOfMs: clock.nowMs(), jobId: `${jobId}`, bids: [...bids, ...forgotten] },
    ...(auction === undefined ? {} : { auction: auctionJson(auction, record, nowSeconds) }),
  }
}

type Told = { readonly quote: SignedQuote; readonly atSeconds?: number; readonly rank?: number }

function bidJson({ provider, priceAtomic, deadlineSeconds }: SignedQuote, isTaken: boolean): JobBidJson {
  return { provider, priceAtomic: `${priceAtomic}`, deadlineMs: deadlineSeconds * 1_000, isTaken }
}

function bidsOf(auction: Auction, record: AuctionRecord, nowSeconds: number): readonly Told[] {
  const ranking = rankedOrOpen(auction, record, nowSeconds)
  const shown = auction.kind === 'reverse' ? record.bids : record.revealed
  const told = shown.map(({ quote, atSeconds }): Told => {
    const rank = ranking.findIndex(({ signature }) => signature === quote.signature) + 1
    return rank === 0 ? { quote, atSeconds } : { quote, atSeconds, rank }
  })
  return told.toSorted((a, b) => (a.rank ?? told.length + 1) - (b.rank ?? told.length + 1))
}

/** While bids may still come, nobody has a rank in a sealed auction; in an open one the rank is that of now. */
function rankedOrOpen(auction: Auction, record: AuctionRecord, nowSeconds: number): readonly SignedQuote[] {
  if (auction.kind === 'reverse') return replayReverseAuction(auction, record.bids).standing
  try {
    return rankAuction(auction, record, nowSeconds)
  } catch (error) {
    if (error instanceof KoinonError && error.code === 'work/auction-open') return []
    throw error
  }
}

function auctionJson(auction: Auction, record: AuctionRecord, nowSeconds: number): JobAuctionJson {
  const shared = { kind: auction.kind, ceilingAtomic: `${auction.ceilingAtomic}`, sealedBids: record.sealed.length }
  if (auction.kind === 'sealed') {
    const { commitEndsAtSeconds, revealEndsAtSeconds } = auction
    const phase = nowSeconds < commitEndsAtSeconds ? 'bidding' : nowSeconds < revealEndsAtSeconds ? 'revealing' : 'over'
    return { ...shared, phase, bidsUntilMs: commitEndsAtSeconds * 1_000, revealsUntilMs: revealEndsAtSeconds * 1_000 }
  }
  const { closesAtSeconds } = replayReverseAuction(auction, record.bids)
  return {
    ...shared,
    ...{ phase: nowSeconds < closesAtSeconds ? 'bidding' : 'over', bidsUntilMs: closesAtSeconds * 1_000 },
    ...{ decrementAtomic: `${auction.decrementAtomic}`, lastCloseMs: auction.lastCloseSeconds * 1_000 },
  }
}
