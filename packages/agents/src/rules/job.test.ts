import { readFileSync } from 'node:fs'
import { type Address, bytesToHex, type Hex, zeroAddress } from '@koinon/base'
import { parseQuote, quoteDigest, tieBreaks, verifyQuote } from '@koinon/work'
import { describe, expect, it } from 'vitest'
import { disputeBond, fundingNonce, hashTerms, isQuorum, jobStatuses, jobsDomain, verdictDigest } from './job.ts'
import { actorsOf, jobActors, jobSteps, nextStatus } from './job-steps.ts'

type Terms = Record<'client' | 'evaluator' | 'hook' | 'token', Address> & {
  readonly expiredAt: string
  readonly description: string
  readonly hash: Hex
}
type Vectors = {
  readonly chainId: number
  readonly jobs: Address
  readonly evaluator: Address
  readonly terms: readonly Terms[]
  readonly quotes: readonly (Record<'termsHash' | 'digest' | 'signature', Hex> & {
    readonly provider: Address
    readonly price: string
    readonly deadline: string
    readonly nonce: string
  })[]
  readonly funding: readonly (Record<'termsHash' | 'optParams' | 'salt' | 'nonce', Hex> & {
    readonly provider: Address
  })[]
  readonly verdicts: readonly (Record<'deliverable' | 'reason' | 'digest', Hex> & {
    readonly jobId: string
    readonly accepted: boolean
    readonly round: 0 | 1
  })[]
  readonly ties: { readonly digests: readonly Hex[]; readonly breaks: readonly Hex[] }
  readonly steps: Record<'from' | 'step' | 'actor' | 'over' | 'to', readonly number[]>
}
const vectors = JSON.parse(
  readFileSync(new URL('../../../../specs/vectors/jobs.json', import.meta.url), 'utf8'),
) as Vectors
const domain = jobsDomain(vectors.chainId, vectors.jobs)

describe('the vectors of jobs', () => {
  it.each(vectors.terms)('terms $hash', ({ hash, expiredAt, ...terms }) => {
    expect(hashTerms({ ...terms, expiredAtSeconds: Number(expiredAt) })).toBe(hash)
  })

  it.each(vectors.quotes)('quote $digest', ({ digest, price, deadline, ...rest }) => {
    const quote = parseQuote({ ...rest, priceAtomic: price, deadlineSeconds: Number(deadline) })
    expect(bytesToHex(quoteDigest(domain, quote))).toBe(digest)
    expect(verifyQuote(domain, quote)).toBe(true)
    expect(verifyQuote(domain, { ...quote, priceAtomic: quote.priceAtomic + 1n })).toBe(false)
    expect(verifyQuote({ ...domain, chainId: 1 }, quote)).toBe(false)
  })

  it.each(vectors.funding)('funding $nonce', ({ termsHash, provider, optParams, salt, nonce }) => {
    expect(fundingNonce(termsHash, provider, optParams, salt)).toBe(nonce)
  })

  it.each(vectors.verdicts)('verdict $digest', ({ digest, jobId, ...rest }) => {
    const verdict = { ...rest, jobId: BigInt(jobId) }
    expect(bytesToHex(verdictDigest(vectors.chainId, vectors.evaluator, verdict))).toBe(digest)
  })

  it('ties', () => {
    const { digests, breaks } = vectors.ties
    expect(tieBreaks(digests)).toEqual(breaks)
    expect(tieBreaks([...digests].reverse())).toEqual([...breaks].reverse())
  })

  it('every step by everybody, in time and after', () => {
    const { from, step, actor, over, to } = vectors.steps
    expect(from).toHaveLength(336)
    for (const [row, number] of from.entries()) {
      const status = jobStatuses[number] as (typeof jobStatuses)[number]
      const [name, who] = [jobSteps[step[row] as number], jobActors[actor[row] as number]]
      const after = nextStatus(status, name as never, who as never, over[row] === 1)
      expect([row, after], `row ${row}`).toEqual([row, jobStatuses[to[row] as number]])
    }
  })
})

describe('rules of jobs', () => {
  it('know who plays which part', () => {
    const [client, provider] = [`0x${'c'.repeat(40)}`, `0x${'d'.repeat(40)}`] as const
    const job = { client, provider, evaluator: client } as const
    expect(actorsOf(job, client)).toEqual(['client', 'evaluator', 'anyone'])
    expect(actorsOf({ ...job, provider: zeroAddress }, zeroAddress)).toEqual(['anyone'])
  })

  it('round a bond up, and want more than two thirds', () => {
    expect([disputeBond(1_000_001n), disputeBond(10n), disputeBond(1n)]).toEqual([100_001n, 1n, 1n])
    expect([isQuorum(2n, 3n), isQuorum(3n, 4n), isQuorum(0n, 0n)]).toEqual([false, true, false])
  })
})
