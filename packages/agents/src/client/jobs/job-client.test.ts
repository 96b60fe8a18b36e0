import { bytesToHex, KoinonError, sha256, systemRandom, utf8ToBytes, zeroHash } from '@koinon/base'
import { jobsAbi, koinonTokenAbi } from '@koinon/ledger/abis'
import { type Auction, type AuctionRecord, bidCommitment, type SignedQuote, signQuote } from '@koinon/work'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JobProvider, submitWork } from '../../provider/jobs/job-provider.ts'
import { hashTerms, type JobTerms, jobsDomain } from '../../rules/job.ts'
import { auctionLine, parseJobAuction } from '../../rules/job-auction.ts'
import { type JobNetwork, startJobNetwork, type TestAccount } from '../../testing/job-network.ts'
import { type AuctionBid, type AwardNote, awardWinner, draftBid, planAward, revealBid, sendBid } from './auctions.ts'
import { JobClient } from './job-client.ts'
import { findJob, jobOfQuote, jobsOf, listJobs, readJob } from './job-ledger.ts'

let net: JobNetwork
let ann: TestAccount
let pat: TestAccount
let eve: TestAccount
let max: TestAccount
let ivy: TestAccount
let client: JobClient
beforeAll(async () => {
  net = await startJobNetwork()
  ann = await net.fund('ann')
  pat = await net.fund('pat', 0n)
  eve = await net.fund('eve', 0n)
  ;[max, ivy] = [await net.fund('max', 0n), await net.fund('ivy', 0n)]
  client = new JobClient(ann, net.clock, systemRandom)
}, 60_000)
afterAll(() => net?.close())

const content = utf8ToBytes('the work')
let nonce = 0n
const draft = (changes = {}): JobTerms =>
  client.draft({ evaluator: eve.address, expiredAtSeconds: net.nowSeconds() + 3_600, description: 'work', ...changes })
const quoteFor = (terms: JobTerms, priceAtomic = 700n): SignedQuote => {
  const domain = jobsDomain(net.network.chainId, jobsOf(net.network))
  const quote = { termsHash: hashTerms(terms), provider: pat.address, priceAtomic, nonce: nonce++ }
  return signQuote(domain, { ...quote, deadlineSeconds: net.nowSeconds() + 60 }, pat.secretKey)
}
const provider = () =>
  new JobProvider({
    account: pat,
    bus: undefined as never,
    clock: net.clock,
    random: systemRandom,
    price: () => undefined,
    work: async () => content,
    deliver: async () => undefined,
  })

describe('a client of jobs', () => {
  it('hires by a quote in one transaction, without any allowance, and is told its job again instead of hiring twice', async () => {
    const terms = draft()
    const quote = quoteFor(terms)
    const before = await net.dollarsOf(ann.address)
    const jobId = await client.hire(terms, quote)
    expect(await readJob(ann, jobId)).toMatchObject({ status: 'funded', provider: pat.address, budgetAtomic: 700n })
    expect(await client.hire(terms, quote)).toBe(jobId)
    expect(await new JobClient(ann, net.clock, systemRandom).hire(terms, quote)).toBe(jobId)
    expect(before - (await net.dollarsOf(ann.address))).toBe(700n)
    await provider().submit(jobId, content)
    const job = await provider().submit(jobId, content)
    expect(job).toMatchObject({ status: 'submitted', deliverable: bytesToHex(sha256(content)) })
    const evaluator = new JobClient(eve, net.clock, systemRandom)
    await evaluator.accept(jobId, zeroHash)
    await evaluator.accept(jobId, zeroHash)
    expect(await net.dollarsOf(pat.address)).toBe(700n)
  })

  it('finds out what became of a transaction whose answer was lost', async () => {
    const terms = draft()
    const quote = quoteFor(terms)
    let sent = 0
    const lossy: TestAccount = {
      ...ann,
      sender: {
        address: ann.address,
        async call(call: never) {
          sent++
          await ann.sender.call(call)
          throw new KoinonError({ code: 'ledger/unknown-outcome', message: 'lost', retry: 'unknown' })
        },
      } as never,
    }
    const unlucky = new JobClient(lossy, net.clock, systemRandom)
    const jobId = await unlucky.hire(terms, quote)
    expect(await jobOfQuote(ann, pat.address, quote.nonce)).toBe(jobId)
    const posted = draft()
    expect(await unlucky.post(posted)).toBe(await findJob(ann, hashTerms(posted)))
    expect(sent).toBe(2)
  })

  it('posts, awards once and has its money back when the time is over', async () => {
    const terms = draft({ expiredAtSeconds: net.nowSeconds() + 120 })
    const jobId = await client.post(terms)
    expect(await client.post(terms)).toBe(jobId)
    const [cheap, dear] = [quoteFor(terms, 500n), quoteFor(terms, 900n)]
    expect(await client.award(jobId, cheap)).toMatchObject({ status: 'funded', budgetAtomic: 500n })
    expect(await client.award(jobId, cheap)).toMatchObject({ budgetAtomic: 500n })
    await expect(client.award(jobId, dear)).rejects.toThrow(expect.objectContaining({ code: 'agents/job-taken' }))
    await expect(client.refund(jobId)).rejects.toThrow(expect.objectContaining({ code: 'ledger/refused' }))
    const before = await net.dollarsOf(ann.address)
    await net.advanceSeconds(121)
    expect(await client.refund(jobId)).toMatchObject({ status: 'expired' })
    await client.refund(jobId)
    expect((await net.dollarsOf(ann.address)) - before).toBe(500n)
    expect((await listJobs(ann, 2)).map((job) => job.jobId)).toEqual([jobId, jobId - 1n])
  })

  it('pays in another token by an allowance of exactly the price', async () => {
    const { token } = net.network.contracts
    const on = { address: token, abi: koinonTokenAbi } as const
    await net.founder.sender.call({ ...on, functionName: 'transfer', args: [ann.address, 5_000n] })
    const hires = [draft({ token }), draft({ token })].map(async (terms) => client.hire(terms, quoteFor(terms, 1_000n)))
    const [first, second] = await Promise.all(hires)
    expect(first).not.toBe(second)
    const left = { ...on, functionName: 'allowance', args: [ann.address, jobsOf(net.network)] } as const
    expect(await net.reader.readContract(left)).toBe(0n)
  })

  it('says what it cannot do', async () => {
    const terms = draft()
    await expect(client.read(999n)).rejects.toThrow(expect.objectContaining({ code: 'agents/no-job' }))
    await expect(client.post({ ...terms, client: pat.address })).rejects.toThrow(
      expect.objectContaining({ code: 'agents/not-own-terms' }),
    )
    const forged = { ...quoteFor(terms), priceAtomic: 1n }
    await expect(client.hire(terms, forged)).rejects.toThrow(expect.objectContaining({ code: 'ledger/refused' }))
    const old = { ...net.network, contracts: { ...net.network.contracts, jobs: undefined } } as never
    expect(() => jobsOf(old)).toThrow(expect.objectContaining({ code: 'agents/no-jobs' }))
  })

  it('tells a step at the wrong time or by the wrong account in a sentence, with what to do next', async () => {
    const said = (step: Promise<unknown>) =>
      step.then(
        () => 'nothing',
        ({ code, message, hint }: KoinonError) => `${code}: ${message}. ${hint}`,
      )
    const judge = new JobClient(eve, net.clock, systemRandom)
    const terms = draft()
    const jobId = await client.post(terms)
    expect(await said(judge.accept(jobId, zeroHash))).toBe(
      `ledger/refused: Job ${jobId} cannot be accepted now: it is open. Its client takes an offer first: koinon job award ${jobId}`,
    )
    expect(await said(judge.reject(jobId, zeroHash))).toContain(`Only its client can have job ${jobId} rejected`)
    const lapsed = { ...quoteFor(terms), deadlineSeconds: net.nowSeconds() - 60 }
    expect(await said(client.award(jobId, signQuote(client.domain, lapsed, pat.secretKey)))).toContain(
      'and has lapsed. Nothing was paid',
    )
    await client.award(jobId, quoteFor(terms))
    expect(await said(judge.accept(jobId, zeroHash))).toContain(`koinon job submit ${jobId} FILE`)
    expect(await said(client.refund(jobId))).toContain(`Job ${jobId} runs until 20`)
    expect(await said(submitWork(eve, jobId, content))).toContain(`That is ${pat.address}`)
    await submitWork(pat, jobId, content)
    expect(await said(client.accept(jobId, zeroHash))).toContain(`Only its evaluator can have job ${jobId} accepted`)
  })
})

describe('an auction that a client awards', () => {
  const auctioned = async () => {
    const now = net.nowSeconds()
    const rule = { commitEndsAtSeconds: now, revealEndsAtSeconds: now + 1 }
    const line = auctionLine({ kind: 'sealed', ceilingAtomic: 900n, ...rule })
    const jobId = await client.post(draft({ description: `work\n${line}` }))
    const auction = parseJobAuction(client.domain, await client.read(jobId)) as Auction
    const bid = (account: TestAccount, priceAtomic: bigint) =>
      draftBid(auction, account, { priceAtomic, holdsSeconds: 600 }, systemRandom) as Extract<
        AuctionBid,
        { kind: 'sealed' }
      >
    // A second, dearer bid of one account is none.
    const bids = [bid(max, 300n), bid(pat, 200n), bid(pat, 250n), bid(ivy, 500n)]
    const record: AuctionRecord = {
      bids: [],
      sealed: bids.map(({ quote, salt }) => ({
        commitment: bidCommitment(client.domain, quote, salt),
        atSeconds: now - 1,
      })),
      revealed: bids.map(({ quote, salt }) => ({ quote, salt, atSeconds: now })),
    }
    return { jobId, auction, bids, bus: { auction: async () => record } as never }
  }
  const noteOf = (): AwardNote => {
    let kept: SignedQuote | undefined
    return { load: () => kept, save: (quote) => void (kept = quote) }
  }
  const later = { nowMs: () => net.clock.nowMs() + 2_000 }
  const gone = { auction: () => Promise.reject(new Error('the gateway forgot it')) } as never

  it('takes the same bid after a crash between the award and the payment, and pays once', async () => {
    const { jobId, auction, bids, bus } = await auctioned()
    const note = noteOf()
    const { ranking, winner } = await planAward(client, bus, auction, { clock: later, jobId, note })
    expect(ranking.map(({ priceAtomic }) => priceAtomic)).toEqual([200n, 300n, 500n])
    const killed = { award: () => Promise.reject(new Error('kill -9')) } as never
    await expect(awardWinner(killed, jobId, winner as SignedQuote, note)).rejects.toThrow('kill -9')
    // Another process; the book is gone with its gateway.
    const again = new JobClient(ann, net.clock, systemRandom)
    const resumed = await planAward(again, gone, auction, { clock: later, jobId, note })
    expect(resumed.winner).toEqual(bids[1]?.quote)
    const before = await net.dollarsOf(ann.address)
    expect(await awardWinner(again, jobId, resumed.winner as SignedQuote, note)).toMatchObject({ budgetAtomic: 200n })
    const twice = await planAward(again, gone, auction, { clock: later, jobId, note })
    expect(await awardWinner(again, jobId, twice.winner as SignedQuote, note)).toMatchObject({ budgetAtomic: 200n })
    expect(before - (await net.dollarsOf(ann.address))).toBe(200n)
    await expect(awardWinner(again, jobId, bids[0]?.quote as SignedQuote, noteOf())).rejects.toMatchObject({
      code: 'agents/job-taken',
    })
  })

  it('sends no open quote to a sealed auction, and shows no open bid', async () => {
    const { auction, bids } = await auctioned()
    const sent: unknown[] = []
    const bus = { quote: async (quote: unknown) => void sent.push(quote) } as never
    const open: AuctionBid = { kind: 'reverse', quote: bids[0]?.quote as SignedQuote }
    await expect(sendBid(bus, auction, open)).rejects.toMatchObject({ code: 'agents/bid-mismatch' })
    await expect(revealBid(bus, auction, open, later)).rejects.toMatchObject({ code: 'agents/bid-mismatch' })
    expect(sent).toEqual([])
  })

  it('passes over who takes a bid back, with all its bids, and who has lapsed, and pays the next at its own price', async () => {
    const { jobId, auction, bids, bus } = await auctioned()
    const jobs = { address: jobsOf(net.network), abi: jobsAbi, functionName: 'cancelQuote' } as const
    await pat.sender.call({ ...jobs, args: [bids[1]?.quote.nonce as bigint] })
    const note = noteOf()
    const { skipped, winner } = await planAward(client, bus, auction, { clock: later, jobId, note })
    expect(skipped).toEqual([{ quote: bids[1]?.quote, why: 'cancelled' }])
    expect(winner?.priceAtomic).toBe(300n)
    const passedOver = new Set([max.address])
    const without = await planAward(client, bus, auction, { clock: later, jobId, note: noteOf(), passedOver })
    expect(without.winner?.priceAtomic).toBe(500n)
    expect(await awardWinner(client, jobId, winner as SignedQuote, note)).toMatchObject({ budgetAtomic: 300n })
    const tooLate = { nowMs: () => net.clock.nowMs() + 700_000 }
    const other = await auctioned()
    const lapsed = await planAward(client, other.bus, other.auction, {
      clock: tooLate,
      jobId: other.jobId,
      note: noteOf(),
    })
    expect(lapsed.winner).toBeUndefined()
  })

  it('goes on to the next of an open auction where the lowest was taken back or is not believed: it kept nobody away', async () => {
    const now = net.nowSeconds()
    const line = auctionLine({
      ...{ kind: 'reverse', ceilingAtomic: 900n },
      ...{ decrementAtomic: 9n, closesAtSeconds: now, extensionSeconds: 0, lastCloseSeconds: now },
    })
    const jobId = await client.post(draft({ description: `work\n${line}` }))
    const auction = parseJobAuction(client.domain, await client.read(jobId)) as Auction
    const bid = (account: TestAccount, priceAtomic: bigint) =>
      draftBid(auction, account, { priceAtomic, holdsSeconds: 600 }, systemRandom).quote
    const [friend, shield, honest] = [bid(max, 900n), bid(pat, 1n), bid(ivy, 640n)]
    const bids = [friend, shield, honest].map((quote) => ({ quote, atSeconds: now - 1 }))
    const bus = { auction: async () => ({ bids, sealed: [], revealed: [] }) } as never
    const note = noteOf()
    const plan = (...passedOver: readonly TestAccount[]) =>
      planAward(client, bus, auction, {
        ...{ clock: later, jobId, note },
        passedOver: new Set(passedOver.map(({ address }) => address)),
      })
    expect((await plan()).winner).toEqual(shield)
    // Noted and not paid for yet.
    note.save(shield)
    expect((await plan(pat)).winner).toEqual(honest)
    const jobs = { address: jobsOf(net.network), abi: jobsAbi, functionName: 'cancelQuote' } as const
    await pat.sender.call({ ...jobs, args: [shield.nonce] })
    expect((await plan()).winner).toEqual(honest)
    await awardWinner(client, jobId, honest, note)
    expect((await plan(ivy)).winner).toEqual(honest)
  })
})
