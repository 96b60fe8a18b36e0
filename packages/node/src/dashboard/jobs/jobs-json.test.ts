/** What page and command line tell of jobs, from a real ledger on which everything happened, and from a real index of it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { JobClient } from '@koinon/agents/client'
import { submitWork } from '@koinon/agents/provider'
import { auctionLine, hashTerms, treeLine } from '@koinon/agents/rules'
import { draftVerdict, type JobNetwork, startJobNetwork, type TestAccount } from '@koinon/agents/testing'
import { openQuorumEvaluator, quorumEvaluatorOf, settleJob, signVerdict, submitVerdict } from '@koinon/agents/verifier'
import { type Address, systemRandom, utf8ToBytes, zeroHash } from '@koinon/base'
import { createSubnet, joinSubnet } from '@koinon/ledger'
import { alphaStakingAbi, koinonTokenAbi, permitsAbi } from '@koinon/ledger/abis'
import { signQuote } from '@koinon/work'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestIndex } from '../../testing/indexed.ts'
import { JobDesk } from '../../wallet/job-desk.ts'
import { createLogIndexClient } from '../log-index-client.ts'
import { jobBids } from './job-bids-json.ts'
import { detailBounds, jobDetail } from './job-detail-json.ts'
import { jobTree, treeBounds } from './job-tree-json.ts'
import { createJobViews, type JobViewSources } from './jobs-json.ts'

const ether = 10n ** 18n
const windowSeconds = 10
const price = 2_000_000n
const folder = mkdtempSync(join(tmpdir(), 'koinon-job-views-'))
let net: JobNetwork
let index: Awaited<ReturnType<typeof openTestIndex>>
let sources: JobViewSources
let ann: TestAccount
let pat: TestAccount
let judge: TestAccount
let quorum: Address
let netuid: number
let nonce = 0n
beforeAll(async () => {
  net = await startJobNetwork()
  index = await openTestIndex(net, folder)
  sources = { view: net, index, clock: net.clock }
  ;[ann, pat, judge] = [await net.fund('ann'), await net.fund('pat'), await net.fund('judge')]
}, 60_000)
afterAll(async () => {
  await index?.close()
  await net?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A job of Ann that Pat is hired for. */
async function hired(evaluator: Address, description = 'Paint the fence'): Promise<bigint> {
  const client = new JobClient(ann, net.clock, systemRandom)
  const nowSeconds = Math.floor(net.clock.nowMs() / 1_000)
  const terms = client.draft({ evaluator, expiredAtSeconds: nowSeconds + 3_600, description })
  const quote = { termsHash: hashTerms(terms), provider: pat.address, priceAtomic: price, nonce: nonce++ }
  return client.hire(terms, signQuote(client.domain, { ...quote, deadlineSeconds: nowSeconds + 60 }, pat.secretKey))
}

const names = async (jobId: bigint) => (await jobDetail(sources, jobId)).steps.map(({ name }) => name)

describe('jobs as they are shown', () => {
  it('tell who did what when, and where the money went', async () => {
    const { dollar } = net.network.contracts
    const jobId = await hired(ann.address)
    expect(await jobDetail(sources, jobId)).toMatchObject({
      ...{ state: 'funded', title: 'Paint the fence', budgetAtomic: `${price}`, judgedBy: { kind: 'client' } },
      ...{ client: ann.address, provider: pat.address, isOverdue: false, description: 'Paint the fence' },
    })
    await submitWork(pat, jobId, utf8ToBytes('work'))
    expect((await createJobViews(sources).list(10)).totals).toMatchObject({
      ...{ inEscrowAtomic: `${price}`, paidAtomic: '0', byState: { submitted: 1, open: 0 } },
    })
    const desk = new JobDesk(ann, net.clock, systemRandom)
    expect(await desk.act(`${jobId}`, 'accept')).toEqual({ jobId: `${jobId}`, state: 'completed' })
    expect(await desk.act(`${jobId}`, 'accept')).toEqual({ jobId: `${jobId}`, state: 'completed' })
    const done = await jobDetail(sources, jobId)
    expect(done.steps.map(({ name }) => name)).toEqual([
      ...['opened', 'quoteTaken', 'providerNamed', 'priceSet', 'funded', 'submitted', 'completed', 'paid'],
    ])
    expect(done.steps.at(-1)).toMatchObject({ account: pat.address, amountAtomic: `${price}` })
    for (const { transactionHash, atMs } of done.steps) {
      const { blockNumber } = await net.reader.getTransactionReceipt({ hash: transactionHash as `0x${string}` })
      expect(Number((await net.reader.getBlock({ blockNumber })).timestamp) * 1_000).toBe(atMs)
    }
    const { totals, total } = await createJobViews(sources).list(10)
    expect([total, totals.inEscrowAtomic, totals.paidAtomic, totals.byState.completed]).toEqual([1, '0', `${price}`, 1])
    expect(dollar).toBeDefined()
  })

  it('show the text of a stranger as text, on one line in lists', async () => {
    const jobId = await hired(judge.address, `Reads\u202E\u0007\n<script>alert(1)</script>${'x'.repeat(400)}`)
    const { title, description, judgedBy } = await jobDetail(sources, jobId)
    expect(title).toMatch(/^Reads\\u\{202e\}\\u\{7\} <script>alert\(1\)<\/script>x+ …$/)
    expect(description).toContain('\n<script>')
    for (const unseen of ['\u202E', '\u0007']) expect(`${title}${description}`).not.toContain(unseen)
    expect(title.length).toBeLessThan(210)
    expect(judgedBy).toEqual({ kind: 'account' })
  })

  it('say of an evaluator that is a contract what it is', async () => {
    const jobId = await hired(net.network.contracts.dollar)
    expect((await jobDetail(sources, jobId)).judgedBy).toEqual({ kind: 'contract' })
  })

  it('say that the escrow of a job whose time is over can go back, and who has sent it back', async () => {
    const jobId = await hired(judge.address)
    await net.advanceSeconds(3_601)
    expect(await jobDetail(sources, jobId)).toMatchObject({ state: 'funded', isOverdue: true })
    await new JobDesk(pat, net.clock, systemRandom).act(`${jobId}`, 'refund')
    expect(await jobDetail(sources, jobId)).toMatchObject({ state: 'expired', isOverdue: false })
    expect((await names(jobId)).slice(-2)).toEqual(['expired', 'refunded'])
  })

  it('count jobs in other tokens apart: a token of one’s own makes nobody rich', async () => {
    const client = new JobClient(judge, net.clock, systemRandom)
    const expiredAtSeconds = Math.floor(net.clock.nowMs() / 1_000) + 60
    const { token } = net.network.contracts
    const before = (await createJobViews(sources).list(1)).totals
    const jobId = await client.post(
      client.draft({ evaluator: judge.address, expiredAtSeconds, description: 'In KOIN', token }),
    )
    const { totals, jobs } = await createJobViews(sources).list(1)
    expect(totals).toEqual({ ...before, otherTokens: before.otherTokens + 1 })
    expect(jobs).toMatchObject([{ jobId: `${jobId}`, token, state: 'open' }])
    await new JobDesk(judge, net.clock, systemRandom).act(`${jobId}`, 'reject')
    expect(await names(jobId)).toEqual(['opened', 'rejected'])
  })

  it('tell how the validators of a subnet judged, disputed verdicts too', async () => {
    const { permits, staking, token } = net.network.contracts
    netuid = await createSubnet(net.founder, subnetParameters(), ether)
    const koin = { address: token, abi: koinonTokenAbi } as const
    await net.founder.sender.call({ ...koin, functionName: 'transfer', args: [judge.address, 1_100n * ether] })
    await joinSubnet(judge, netuid, 'https://judge.example')
    await judge.sender.call({ ...koin, functionName: 'approve', args: [staking, 1_000n * ether] })
    const on = { address: staking, abi: alphaStakingAbi } as const
    await judge.sender.call({ ...on, functionName: 'stake', args: [0, judge.address, 1_000n * ether] })
    await judge.sender.call({ ...on, functionName: 'countRoot', args: [netuid, judge.address] }).catch(() => undefined)
    await judge.sender.call({ address: permits, abi: permitsAbi, functionName: 'seekPermit', args: [netuid, true] })
    await net.advanceSeconds(5)
    const before = await hired(await quorumEvaluatorOf(net, netuid))
    expect((await jobDetail(sources, before)).judgedBy).toEqual({ kind: 'quorum', netuid })
    quorum = await openQuorumEvaluator(ann, netuid)
    const jobId = await hired(quorum)
    await submitWork(pat, jobId, utf8ToBytes('work'))
    const say = async (accepted: boolean) => {
      const verdict = await draftVerdict(net, jobId, { accepted, reason: zeroHash })
      return submitVerdict(judge, verdict, [signVerdict(net.network.chainId, quorum, verdict, judge.secretKey)])
    }
    await say(false)
    await new JobDesk(pat, net.clock, systemRandom).act(`${jobId}`, 'dispute')
    expect(await jobDetail(sources, jobId)).toMatchObject({
      judgedBy: { kind: 'quorum', netuid },
      judgement: {
        isAccepted: false,
        isSettled: false,
        disputer: pat.address,
        bondAtomic: '200000',
        disputeBondAtomic: '200000',
      },
    })
    await net.advanceSeconds(windowSeconds + 1)
    await settleJob(ann, jobId)
    const { steps, judgement } = await jobDetail(sources, jobId)
    expect(judgement).toMatchObject({ isSettled: true })
    expect(steps.map(({ name }) => name).slice(-5)).toEqual(
      expect.arrayContaining(['verdict', 'disputed', 'rejected', 'refunded', 'bondPaid']),
    )
    const verdict = steps.find(({ name }) => name === 'verdict')?.verdict
    expect(verdict).toMatchObject({ isAccepted: false, round: 0 })
    expect(verdict?.signedStakeAtomic).toBe(verdict?.totalStakeAtomic)
    expect(verdict?.votes).toEqual([{ validator: judge.address, stakeAtomic: verdict?.totalStakeAtomic }])
    const { jobs, isCut } = await jobTree(sources, jobId)
    expect(isCut).toBe(false)
    expect(jobs).toMatchObject([
      {
        ...{ jobId: `${jobId}`, heldAtomic: '0', paidAtomic: '0', refundedAtomic: `${price}`, verdicts: [verdict] },
        ...{ judgedBy: { kind: 'quorum', netuid }, judgement: { isSettled: true, disputer: pat.address } },
      },
    ])
  })

  it('are told only as far as one answer may go, which says so', async () => {
    const { result } = await index.events({ contract: 'jobs', names: ['JobSubmitted'], order: 'newest', limit: 1 })
    const judged = BigInt(String(result[0]?.args['jobId']))
    const votes = await jobTree(sources, judged, { ...treeBounds, votes: 0 })
    expect(votes).toMatchObject({ isCut: true, jobs: [{ verdicts: [{ isAccepted: false, round: 0 }] }] })
    expect(votes.jobs[0]?.verdicts[0]).not.toHaveProperty('votes')
    const pages = await jobTree(sources, judged, { ...treeBounds, pages: 0 })
    expect(pages).toMatchObject({ isCut: true, jobs: [{ jobId: `${judged}`, verdicts: [] }] })
    const whole = await jobDetail(sources, judged)
    expect(whole.isCut).toBe(false)
    for (const bound of [{ events: 7 }, { pages: 0 }, { votes: 0 }])
      expect((await jobDetail(sources, judged, { ...detailBounds, ...bound })).isCut).toBe(true)
    const newest = await jobDetail(sources, judged, { ...detailBounds, events: 2 })
    expect(newest.steps.map(({ name }) => name)).toEqual(['rejected', 'refunded'])
    expect((await jobDetail(sources, 1n, { ...detailBounds, events: 8 })).isCut).toBe(false)
  })

  it('are told with eight levels of their tree at most, which says so, and parents count as jobs read', async () => {
    const expiredAtSeconds = Math.floor(net.clock.nowMs() / 1_000) + 3_600
    const chain: bigint[] = []
    for (let level = 0; level < 9; level++) {
      const [client, provider] = level % 2 === 0 ? [ann, pat] : [pat, ann]
      const jobClient = new JobClient(client, net.clock, systemRandom)
      const description = `Level\n${treeLine('deep', '0', chain.at(-1))}`
      const terms = jobClient.draft({ evaluator: client.address, expiredAtSeconds, description })
      const quote = { termsHash: hashTerms(terms), provider: provider.address, priceAtomic: 10n, nonce: nonce++ }
      const signed = { ...quote, deadlineSeconds: expiredAtSeconds }
      chain.push(await jobClient.hire(terms, signQuote(jobClient.domain, signed, provider.secretKey)))
    }
    const told = async (level: number, bounds = treeBounds) => {
      const { jobs, isCut } = await jobTree(sources, chain[level] as bigint, bounds)
      return { levels: jobs.map(({ jobId }) => chain.indexOf(BigInt(jobId))), isCut }
    }
    const upper = { levels: [0, 1, 2, 3, 4, 5, 6, 7], isCut: true }
    expect([await told(0), await told(7)]).toEqual([upper, upper])
    expect(await told(8)).toEqual({ levels: [1, 2, 3, 4, 5, 6, 7, 8], isCut: true })
    expect(await told(3, { ...treeBounds, reads: 3 })).toEqual({ levels: [1], isCut: true })
  })

  it('stand in the tree that they are part of, whichever is asked for, and no stranger puts itself there', async () => {
    const bob = await net.fund('bob')
    const hire = async (client: TestAccount, provider: TestAccount, line: string) => {
      const jobClient = new JobClient(client, net.clock, systemRandom)
      const nowSeconds = Math.floor(net.clock.nowMs() / 1_000)
      const terms = jobClient.draft({
        ...{ evaluator: client.address, expiredAtSeconds: nowSeconds + 3_600, description: `Part\n${line}` },
      })
      const quote = { termsHash: hashTerms(terms), provider: provider.address, priceAtomic: 10n, nonce: nonce++ }
      const signed = { ...quote, deadlineSeconds: nowSeconds + 60 }
      return jobClient.hire(terms, signQuote(jobClient.domain, signed, provider.secretKey))
    }
    const first = await hire(ann, pat, treeLine('house', '0.0'))
    const second = await hire(ann, bob, treeLine('house', '0.1'))
    const below = await hire(pat, bob, treeLine('walls', '0', first))
    // Not hired for it; hired for another one; a job that does not exist.
    await hire(bob, pat, treeLine('lies', '0', first))
    await hire(judge, pat, treeLine('house', '0.2'))
    await hire(pat, bob, treeLine('nothing', '0', 9_999n))
    for (const asked of [first, second, below]) {
      const { jobs, jobId } = await jobTree(sources, asked)
      expect(jobId).toBe(`${asked}`)
      expect(jobs.map((job) => [job.jobId, job.parentJobId, job.task])).toEqual([
        [`${first}`, undefined, '0.0'],
        [`${second}`, undefined, '0.1'],
        [`${below}`, `${first}`, '0'],
      ])
      expect(jobs.map(({ heldAtomic }) => heldAtomic)).toEqual(['10', '10', '10'])
    }
    const short = await jobTree(sources, first, { ...treeBounds, reads: 0 })
    expect(short).toMatchObject({ isCut: true, jobs: [{ jobId: `${first}` }] })
  })

  it('show the bids of the book by the rule of their terms, and the one that was taken', async () => {
    const client = new JobClient(ann, net.clock, systemRandom)
    const at = Math.floor(net.clock.nowMs() / 1_000)
    const rule = { ceilingAtomic: 100n, decrementAtomic: 5n, closesAtSeconds: at - 1, extensionSeconds: 0 }
    const place = { domain: client.domain, termsHash: zeroHash, lastCloseSeconds: at + 100 }
    const description = `Sell\n${auctionLine({ kind: 'reverse', ...place, ...rule })}`
    const terms = client.draft({ evaluator: ann.address, expiredAtSeconds: at + 3_600, description })
    const jobId = await client.post(terms)
    const bid = (priceAtomic: bigint, { address, secretKey } = pat) => {
      const quote = { termsHash: hashTerms(terms), provider: address, priceAtomic, nonce: nonce++ }
      return {
        quote: signQuote(client.domain, { ...quote, deadlineSeconds: at + 700 }, secretKey),
        atSeconds: at - 9,
      }
    }
    const detail = await jobDetail(sources, jobId)
    expect([detail.title, detail.description]).toEqual(['Sell', 'Sell'])
    const [high, first, low, noStep] = [bid(90n, judge), bid(85n), bid(80n), bid(79n)]
    const book = {
      quotesFor: () => [],
      auction: () => ({ bids: [high, first, low, noStep], sealed: [], revealed: [] }),
    }
    await client.award(jobId, low.quote)
    const told = await jobBids(sources, book, jobId)
    expect(told.auction).toMatchObject({ kind: 'reverse', phase: 'over', ceilingAtomic: '100', decrementAtomic: '5' })
    expect(told.bids.map(({ priceAtomic, rank, isTaken }) => [priceAtomic, rank, isTaken])).toEqual([
      ['80', 1, true],
      ['90', 2, false],
      ['85', undefined, false],
      ['79', undefined, false],
    ])
    const empty = { quotesFor: () => [], auction: () => ({ bids: [], sealed: [], revealed: [] }) }
    expect((await jobBids(sources, empty, jobId)).bids).toMatchObject([{ priceAtomic: '80', isTaken: true }])
    const offers = { ...empty, quotesFor: () => [high.quote, low.quote] }
    const plain = await jobBids(sources, offers, 1n)
    expect(plain.auction).toBeUndefined()
    expect(plain.bids.map(({ priceAtomic, rank }) => [priceAtomic, rank]).slice(0, 2)).toEqual([
      ['80', 1],
      ['90', 2],
    ])
  })

  it('are the same from the ledger alone, page by page, and for the accounts that take part', async () => {
    const logs = { ...sources, index: await createLogIndexClient(net.network) }
    const views = createJobViews(sources)
    const whole = await views.list(100)
    const { asOfMs: _, ...told } = whole
    const { asOfMs: __, ...alone } = await createJobViews(logs).list(100)
    expect(alone).toEqual(told)
    const { steps } = await jobDetail(logs, 1n)
    expect(steps).toEqual((await jobDetail(sources, 1n)).steps)
    const older = await views.list(2, 4n)
    expect(older.jobs).toEqual(whole.jobs.filter(({ jobId }) => jobId === '3' || jobId === '2'))
    const ids = async (account: string) => (await views.ofAccounts([account], 2)).map(({ jobId }) => jobId)
    const newest = whole.jobs.filter(({ client, provider }) => [client, provider].includes(pat.address)).slice(0, 2)
    expect(await ids(pat.address)).toEqual(newest.map(({ jobId }) => jobId))
    expect(await ids(`0x${'99'.repeat(20)}`)).toEqual([])
    await expect(jobDetail(sources, 99n)).rejects.toMatchObject({ code: 'agents/no-job' })
    const desk = new JobDesk(ann, net.clock, systemRandom)
    for (const [jobId, step] of [
      ['1', 'constructor'],
      ['x', 'accept'],
    ] as const)
      await expect(desk.act(jobId, step)).rejects.toMatchObject({ code: 'wallet/bad-job-request' })
  })
})

function subnetParameters() {
  const rules = {
    ...{ minBurn: ether, maxBurn: ether, burnHalfLifeSeconds: 60, immunitySeconds: 60, noticeSeconds: 60 },
    maxRegistrationsPerEpoch: 256,
  }
  return {
    ...{ name: 'judges', metadataURI: 'https://koinon.invalid/subnet.json', epochSeconds: 60, workCommitSeconds: 10 },
    ...{ weightCommitSeconds: 20, weightRevealSeconds: 10, activationDelaySeconds: windowSeconds, maxNeurons: 8 },
    ...{ minValidatorStake: 1_000n * ether, maxValidators: 8, initialBurn: ether, rules },
    specHash: `0x${'11'.repeat(32)}` as const,
  }
}
