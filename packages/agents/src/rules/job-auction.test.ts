import { zeroAddress, zeroHash } from '@koinon/base'
import type { Auction } from '@koinon/work'
import { describe, expect, it } from 'vitest'
import { hashTerms, type JobTerms, jobsDomain } from './job.ts'
import { auctionLine, parseJobAuction, readJobRequest } from './job-auction.ts'
import { describeJob, workOfJob } from './job-description.ts'
import { termsToJson } from './job-terms-json.ts'

const domain = jobsDomain(7, `0x${'81'.repeat(20)}`)
const place = { domain, termsHash: zeroHash, ceilingAtomic: 1_000n }
const sealed: Auction = { kind: 'sealed', ...place, commitEndsAtSeconds: 100, revealEndsAtSeconds: 200 }
const reverse: Auction = {
  ...{ kind: 'reverse', ...place, decrementAtomic: 10n, closesAtSeconds: 100 },
  ...{ extensionSeconds: 30, lastCloseSeconds: 150 },
}
const described = (...lines: readonly string[]) => describeJob(['Paint', ...lines].join('\n'), new Uint8Array(16))
const parsed = (description: string, expiredAtSeconds = 300) =>
  parseJobAuction(domain, { termsHash: zeroHash, description, expiredAtSeconds })

describe('the auction of a job', () => {
  it('is read from its terms, before what else programs read there', () => {
    for (const auction of [sealed, reverse]) {
      expect(parsed(described(auctionLine(auction)))).toEqual(auction)
      const more = described(auctionLine(auction), 'tree: 0011223344556677 0.1 4', 'check: json title')
      expect(parsed(more)).toEqual(auction)
      expect(workOfJob(more)).toBe('Paint')
    }
    expect(workOfJob(described('check: json a'))).toBe('Paint')
    expect(workOfJob('auction: sealed 1 2 3')).toBe('')
  })

  it.each([
    ['that is only spoken about', 'auction: sealed 1000 100 200\nand more'],
    ['of another kind', 'auction: english 1000 100 200'],
    ['with too few figures', 'auction: reverse 1000 100 200'],
    ['with too many figures', 'auction: sealed 1000 100 200 300'],
    ['without a ceiling', 'auction: sealed 0 100 200'],
    ['without time to reveal', 'auction: sealed 1000 200 200'],
    ['that ends after the job', 'auction: sealed 1000 100 300'],
    ['whose steps are too small to end', 'auction: reverse 1000 3 100 30 150'],
    ['that late bids extend by more than an hour', 'auction: reverse 1000 10 100 3601 150'],
    ['whose last close comes first', 'auction: reverse 1000 10 151 30 150'],
    ['with figures beyond 256 bits', `auction: sealed ${'9'.repeat(78)} 100 200`],
  ])('is none %s', (_, line) => {
    expect(parsed(described(line))).toBeUndefined()
  })

  it('is told to a book only with the terms that were hashed', () => {
    const terms: JobTerms = {
      ...{ client: `0x${'aa'.repeat(20)}`, evaluator: `0x${'bb'.repeat(20)}`, hook: zeroAddress, token: zeroAddress },
      ...{ expiredAtSeconds: 300, description: described(auctionLine(sealed)) },
    }
    const request = { kind: 'job', settlement: domain, client: terms.client, termsHash: hashTerms(terms) }
    const rest = { ceilingAtomic: 1n, deadlineSeconds: 250 }
    expect(readJobRequest({ ...request, ...rest, terms: termsToJson(terms) })).toEqual({
      payer: terms.client,
      auction: { ...sealed, termsHash: request.termsHash },
    })
    const other = { ...terms, expiredAtSeconds: 301 }
    expect(readJobRequest({ ...request, ...rest, terms: termsToJson(other) })).toBeUndefined()
    expect(readJobRequest({ ...request, ...rest, terms: '{' })).toBeUndefined()
    // Whoever asks first would have everybody's bids held against a domain that nobody signs for.
    const strange = { ...request, ...rest, settlement: { ...domain, name: 'Strange Jobs' } }
    expect(readJobRequest({ ...strange, terms: termsToJson(terms) })).toBeUndefined()
  })
})
