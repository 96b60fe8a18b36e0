/** The auction that a job's own terms name (specs/0024-jobs.md section 6). */
import type { Address } from '@koinon/base'
import { type Auction, type AuctionRule, lastEndOf, type QuoteRequest, type SettlementDomain } from '@koinon/work'
import { hashTerms, type JobTerms, jobsDomain } from './job.ts'
import { textOfJob } from './job-description.ts'
import { parseTerms } from './job-terms-json.ts'

/** A step is at least so many parts of the ceiling, so that a provider has so many bids at most. */
const mostSteps = 256n
const longestExtensionSeconds = 3_600
const pattern =
  /(?:^|\n)auction: (sealed|reverse)((?: (?:0|[1-9]\d{0,77})){3,5})(?:\ntree: [^\n]*)?(?:\ncheck: [^\n]*)?$/

/** The rule as a line of a job's description: the ceiling, then for a sealed one the ends of commits and reveals, for a reverse one step, close, extension and last close. */
export function auctionLine(auction: AuctionRule): string {
  const figures =
    auction.kind === 'sealed'
      ? [auction.ceilingAtomic, auction.commitEndsAtSeconds, auction.revealEndsAtSeconds]
      : [
          ...[auction.ceilingAtomic, auction.decrementAtomic, auction.closesAtSeconds],
          ...[auction.extensionSeconds, auction.lastCloseSeconds],
        ]
  return `auction: ${auction.kind} ${figures.join(' ')}`
}

/** Undefined where the terms name none, or one that cannot be held: then quotes are offers as always. Never throws. */
export function parseJobAuction(
  domain: SettlementDomain,
  {
    termsHash,
    description,
    expiredAtSeconds,
  }: Pick<JobTerms, 'description' | 'expiredAtSeconds'> & Pick<Auction, 'termsHash'>,
): Auction | undefined {
  const found = pattern.exec(textOfJob(description))
  if (found === null) return undefined
  const figures = (found[2] as string).trim().split(' ').map(BigInt)
  if (figures.length !== (found[1] === 'sealed' ? 3 : 5) || figures.some((figure) => figure >> 256n !== 0n))
    return undefined
  const [ceilingAtomic, ...rest] = figures as [bigint, ...bigint[]]
  const auction: Auction =
    found[1] === 'sealed'
      ? {
          ...{ kind: 'sealed', domain, termsHash, ceilingAtomic },
          ...{ commitEndsAtSeconds: Number(rest[0]), revealEndsAtSeconds: Number(rest[1]) },
        }
      : {
          ...{ kind: 'reverse', domain, termsHash, ceilingAtomic, decrementAtomic: rest[0] as bigint },
          ...{ closesAtSeconds: Number(rest[1]), extensionSeconds: Number(rest[2]), lastCloseSeconds: Number(rest[3]) },
        }
  return auctionObjection(auction, expiredAtSeconds) === undefined ? auction : undefined
}

/** What keeps a rule from being held, in words; undefined when nothing does. */
export function auctionObjection(auction: AuctionRule, expiredAtSeconds: number): string | undefined {
  if (auction.ceilingAtomic === 0n) return 'its ceiling is zero'
  if (!(lastEndOf(auction) < expiredAtSeconds)) return 'it ends after the job does'
  if (auction.kind === 'sealed')
    return auction.commitEndsAtSeconds < auction.revealEndsAtSeconds ? undefined : 'there is no time to reveal bids in'
  if (auction.decrementAtomic * mostSteps < auction.ceilingAtomic)
    return `its step is less than 1/${mostSteps} of the ceiling`
  if (auction.extensionSeconds > longestExtensionSeconds) return 'late bids would extend it by more than an hour'
  return auction.closesAtSeconds <= auction.lastCloseSeconds ? undefined : 'its last close is before its close'
}

/** What a book of quotes must know of a request for a job: who pays, and by which auction. Undefined where the terms are not what was said. */
export function readJobRequest({
  terms,
  termsHash,
  settlement,
}: QuoteRequest): { readonly payer: Address; readonly auction?: Auction } | undefined {
  try {
    const read = parseTerms(terms)
    const domain = jobsDomain(settlement.chainId, settlement.verifyingContract)
    // Bids are held against the domain of who asked first, so that must be the contract's own.
    const isSettled = settlement.name === domain.name && settlement.version === domain.version
    if (!isSettled || hashTerms(read) !== termsHash) return undefined
    const auction = parseJobAuction(domain, { ...read, termsHash })
    return { payer: read.client, ...(auction === undefined ? {} : { auction }) }
  } catch {
    return undefined
  }
}
