import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashTerms, type JobTerms, jobsDomain, readJobRequest, termsToJson } from '@koinon/agents/rules'
import { bytesToHex, sha256, systemClock } from '@koinon/base'
import { defaultHttpLimits, HttpListener, sendJson } from '@koinon/base/node'
import { testDollarAbi } from '@koinon/ledger/abis'
import type { AccountKey } from '@koinon/node/home'
import { hasBudgetDelegate } from '@koinon/payments/client/budget'
import { type PoolLedger, startPoolLedger } from '@koinon/subnets/testing'
import { quoteToJson, signQuote } from '@koinon/work'
import { QuoteBook, quoteRoutes, signQuoteRequest } from '@koinon/work/quotes'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { TestHome } from '../testing/test-home.ts'

const at = new TestHome()
const { folder } = at
let place: PoolLedger
let wallet: AccountKey
let maker: AccountKey
let gateway: HttpListener
let book: QuoteBook
beforeAll(async () => {
  place = await startPoolLedger()
  const { network, owner } = place.ledger
  const { jobs, dollar } = network.contracts
  const settlements = { chainId: network.chainId, contracts: [jobs as `0x${string}`], readTerms: readJobRequest }
  book = new QuoteBook(settlements, systemClock)
  const routes = quoteRoutes(book)
  gateway = new HttpListener({
    host: '127.0.0.1',
    port: 0,
    limits: defaultHttpLimits,
    handle: async (request, response) => void ((await routes(request, response)) || sendJson(response, 404, {})),
  })
  const gatewayUrl = `http://127.0.0.1:${await gateway.start()}`
  at.join({ ...network, gatewayUrl })
  wallet = await at.fund(place.ledger, 'wallet')
  maker = await at.fund(place.ledger, 'maker')
  for (const { address } of [wallet, maker]) {
    await owner.sender.call({
      address: dollar,
      abi: testDollarAbi,
      functionName: 'faucet',
      args: [address, 100_000_000n],
    })
  }
  writeFileSync(join(folder, 'work.txt'), 'the work')
}, 120_000)
afterAll(async () => {
  await gateway?.stop(0)
  await place?.ledger.close()
  at.remove()
})

const job = (...args: readonly string[]) => at.koinon('job', ...args)
const json = (...args: readonly string[]) => at.json('job', ...args)

describe('koinon job', () => {
  it('posts, bids, awards, hands in, accepts and shows', async () => {
    const dry = await json('post', 'Paint the fence', '--price', '12.5', '--dry-run')
    expect(dry.data).toMatchObject({ made: false, ceilingAtomic: '12500000' })
    const posted = await json('post', 'Paint the fence', '--price', '12.5')
    expect(posted.data).toMatchObject({ made: true, jobId: '1' })
    expect((await json('bid', '1', '--price', '9', '--account', 'maker', '--dry-run')).data).toMatchObject({
      made: false,
    })
    expect((await json('bid', '1', '--price', '9', '--account', 'maker')).data).toMatchObject({ made: true })
    expect((await job('show', '1')).stdout).toMatch(/open, not paid for[\s\S]*at most 12\.5 dollars[\s\S]*9 dollars/)
    const awarded = await json('award', '1')
    expect(awarded.data).toMatchObject({ job: { status: 'funded', provider: maker.address, budgetAtomic: '9000000' } })
    const handed = await json('submit', '1', join(folder, 'work.txt'), '--account', 'maker')
    const deliverable = bytesToHex(sha256(readFileSync(join(folder, 'work.txt'))))
    expect(handed.data).toMatchObject({ deliverable, job: { status: 'submitted' } })
    expect((await json('accept', '1')).code).toBe(4)
    const { stdout } = await job('accept', '1', '--yes', '--reason', 'it is green')
    expect(stdout).toMatch(/^job [\s\S]*status     completed/)
    expect((await json('accept', '1')).data).toMatchObject({ made: false, job: { status: 'completed' } })
    expect((await job('accept', '1')).stdout).toMatch(/^Job 1 was completed before: nothing was sent now\.\n/)
    const disputed = await json('dispute', '1')
    expect(disputed).toMatchObject({ code: 1, error: { code: 'agents/nothing-to-dispute' } })
    expect(disputed.error).toMatchObject({ message: 'Job 1 is judged by its client, there is nothing to dispute' })
    const listed = await job('list')
    expect(listed.stdout).toMatch(/1\s+completed\s+9 dollars .*Paint the fence/)
    expect((await json('show', '1')).data).toMatchObject({ title: 'Paint the fence', judgement: null })
  })

  it('takes a quote from a file, and closes what is open', async () => {
    await json('post', 'Mow the lawn', '--price', '5', '--evaluator', 'subnet:1')
    const dear = await job('bid', '2', '--price', '5.01', '--account', 'maker')
    expect([dear.code, dear.stdout, dear.stderr]).toEqual([
      1,
      '',
      expect.stringMatching(/at most that: .*job bid .*2 --price 5\n/),
    ])
    expect((await json('bid', '2', '--price', '9', '--account', 'maker', '--dry-run')).error?.code).toBe(
      'work/quote-refused',
    )
    const bid = await json('bid', '2', '--price', '4', '--account', 'maker')
    writeFileSync(join(folder, 'quote.json'), JSON.stringify(bid.data.quote))
    const dry = await json('award', '2', '--quote', join(folder, 'quote.json'), '--dry-run')
    expect(dry.data).toMatchObject({ made: false, chosen: { priceAtomic: '4000000' } })
    expect((await json('reject', '2', '--yes')).data).toMatchObject({ job: { status: 'rejected' } })
    const again = (await json('post', 'Mow it again', '--price', '5', '--hours', '2')).data
    const { expiredAtSeconds } = again.terms as JobTerms
    vi.useFakeTimers({ toFake: ['Date'], now: (expiredAtSeconds - 30) * 1_000 })
    try {
      const refused = await json('bid', again.jobId as string, '--price', '4', '--account', 'maker')
      const quote = { priceAtomic: '4000000', provider: maker.address }
      expect(refused).toMatchObject({ code: 1, error: { code: 'work/quote-refused', details: { quote } } })
    } finally {
      vi.useRealTimers()
    }
  })

  it('pays no more than it posted, whatever a stranger lets the book take once the request is over', async () => {
    const posted = await json('post', 'Rake the leaves', '--price', '5', '--hours', '1')
    const jobId = posted.data.jobId as string
    const terms = posted.data.terms as JobTerms
    const { network } = place.ledger
    const settlement = jobsDomain(network.chainId, network.contracts.jobs as `0x${string}`)
    const atSeconds = Math.floor(Date.now() / 1_000)
    vi.useFakeTimers({ toFake: ['Date'], now: (atSeconds + 3_545) * 1_000 })
    try {
      const asked = { kind: 'job', settlement, client: maker.address, termsHash: hashTerms(terms) }
      const open = { terms: termsToJson(terms), ceilingAtomic: 1_000_000_000n, deadlineSeconds: atSeconds + 3_595 }
      book.post(signQuoteRequest({ ...asked, ...open }, maker.secretKey), ['there'])
      const dear = { termsHash: asked.termsHash, provider: maker.address, priceAtomic: 50_000_000n, nonce: 77n }
      const quote = signQuote(settlement, { ...dear, deadlineSeconds: atSeconds + 3_590 }, maker.secretKey)
      book.quote(quote, ['there'])
      for (const which of [[], ['--provider', maker.address]])
        expect((await json('award', jobId, '--yes', ...which)).error).toMatchObject({
          code: 'agents/no-quote',
          message: `Nobody offers to do job ${jobId} now for at most 5 dollars`,
        })
      writeFileSync(join(folder, 'dear.json'), JSON.stringify(quoteToJson(quote)))
      const handed = await json('award', jobId, '--quote', join(folder, 'dear.json'), '--dry-run')
      expect(handed.data).toMatchObject({ chosen: { priceAtomic: '50000000' } })
    } finally {
      vi.useRealTimers()
    }
  })

  it('holds a sealed auction: the price is sealed, shown later, and the cheapest that was shown is paid its price', async () => {
    expect((await json('post', 'x', '--price', '9', '--auction', 'dutch')).error?.code).toBe('usage/bad-auction')
    expect((await json('post', 'x', '--price', '9', '--auction', 'sealed', '--bids-until', '2d')).code).toBe(2)
    const posted = await json('post', 'Cut the hedge', '--price', '9', '--auction', 'sealed', '--bids-until', '20m')
    const jobId = posted.data.jobId as string
    const bid = (...args: readonly string[]) => json('bid', jobId, '--account', 'maker', ...args)
    const line = /auction: sealed|\uFFFD/
    expect(posted.data.terms).toMatchObject({ description: expect.stringMatching(line) })
    expect((await job('list')).stdout).toMatch(/Cut the hedge\n/)
    const first = await bid('--price', '8')
    const shown = await job('bid', jobId, '--account', 'maker', '--price', '8', '--dry-run')
    for (const { stdout } of [shown, await job('list'), await job('show', jobId)]) {
      expect(stdout).toContain('Cut the hedge')
      expect(stdout).not.toMatch(line)
    }
    expect((await json('show', jobId)).data).toMatchObject({ title: 'Cut the hedge' })
    expect(first.data).toMatchObject({ made: true })
    expect(JSON.stringify(first.data)).not.toContain('8000000')
    await bid('--price', '7')
    expect((await job('show', jobId)).stdout).toMatch(/auction +sealed, sealed bids until .*; 2 sealed/)
    expect((await bid('--reveal')).error?.code).toBe('work/auction-open')
    expect((await json('award', jobId)).error?.code).toBe('work/auction-open')
    const atMs = Date.now()
    vi.useFakeTimers({ toFake: ['Date'], now: atMs + 1_201_000 })
    try {
      expect((await json('bid', jobId, '--price', '6', '--account', 'maker')).error?.code).toBe('work/quote-refused')
      expect((await bid('--reveal', '--price', '6')).error?.code).toBe('usage/one-of')
      const revealing = vi.spyOn(book, 'reveal')
      const dryReveal = await bid('--reveal', '--dry-run')
      expect(dryReveal.data).toMatchObject({ made: false, sealed: expect.arrayContaining(['8000000', '7000000']) })
      expect(revealing).not.toHaveBeenCalled()
      expect((await bid('--reveal')).data).toMatchObject({ revealed: expect.arrayContaining(['8000000', '7000000']) })
      vi.setSystemTime(atMs + 2_402_000)
      expect((await json('award', jobId, '--provider', maker.address)).error?.code).toBe('usage/ruled-by-auction')
      const dry = await json('award', jobId, '--dry-run')
      expect(dry.data).toMatchObject({ made: false, chosen: { priceAtomic: '7000000' }, ranking: { length: 1 } })
      for (const _ of ['once', 'again'])
        expect((await json('award', jobId)).data).toMatchObject({ job: { status: 'funded', budgetAtomic: '7000000' } })
      expect((await job('show', jobId)).stdout).toMatch(/auction +sealed, at most 9 dollars; sealed bids until/)
    } finally {
      vi.useRealTimers()
    }
  })

  it('pays for a job out of a budget, by its key and within its grant', async () => {
    const grant = [
      '--to',
      maker.address,
      '--service',
      'https://shop.example',
      '--jobs',
      '--on-chain',
      '--max-per-call',
      '4',
      '--max-per-period',
      '6',
      '--max-total',
      '6',
    ]
    const granted = await at.koinon('budget', 'grant', '--label', 'helper', '--yes', ...grant)
    expect(granted.code, granted.stderr).toBe(0)
    // A call of an account that delegates to nothing succeeds and does nothing.
    const { channels } = place.ledger.network.contracts
    expect(await hasBudgetDelegate(place.ledger.reader, wallet.address, channels)).toBe(true)
    const left = async () => {
      const { data } = await at.json<{ budgets: { label: string; leftAtomic: string }[] }>('budget', 'list')
      return data.budgets.find(({ label }) => label === 'helper')?.leftAtomic
    }
    const jobAt = async (price: string) => {
      const posted = await json('post', 'Help', '--price', '5', '--budget', 'helper')
      const jobId = posted.data.jobId as string
      await json('bid', jobId, '--price', price, '--account', 'maker')
      return json('award', jobId)
    }
    const first = await jobAt('3')
    expect(first.data, JSON.stringify(first.error)).toMatchObject({
      job: { status: 'funded', budgetAtomic: '3000000', client: wallet.address },
    })
    expect(await left()).toBe('3000000')
    expect((await jobAt('4.5')).error).toMatchObject({
      code: 'payments/budget-refused',
      details: { reason: 'over-call' },
    })
    expect((await jobAt('3.5')).error).toMatchObject({ details: { reason: 'over-period' } })
    expect(await left()).toBe('3000000')
    for (const named of ['helper', '5'])
      expect((await json('post', 'x', '--budget', named)).error?.code).toBe('usage/no-price')
    const budgetOf = async (...args: readonly string[]) =>
      (await json('post', 'x', '--price', '1', '--dry-run', '--budget', ...args)).error?.code
    expect(await budgetOf('nobody')).toBe('home/no-budget')
    expect(await budgetOf('helper', '--account', 'maker')).toBe('usage/other-owner')
    await at.koinon('budget', 'grant', '--label', 'asker', '--yes', '--to', maker.address, '--autonomy', 'propose')
    expect(await budgetOf('asker')).toBe('agents/budget-proposes')
  })

  it('holds a reverse auction: each bidder goes down step by step, and the lowest that is not passed over is taken', async () => {
    const posted = await json('post', 'Sweep', '--price', '10', '--auction', 'reverse', '--bids-until', '20m')
    const jobId = posted.data.jobId as string
    const bid = (price: string) => json('bid', jobId, '--account', 'maker', '--price', price)
    expect((await bid('9')).data).toMatchObject({ made: true })
    expect((await bid('8.95')).error).toMatchObject({ code: 'work/quote-refused' })
    expect((await bid('8.9')).data).toMatchObject({ made: true })
    expect((await job('show', jobId)).stdout).toMatch(
      /reverse, closes at .*; each bidder goes down by 0\.1 dollars at least; lowest of 1 bidders: 8\.9/,
    )
    const atMs = Date.now()
    vi.useFakeTimers({ toFake: ['Date'], now: atMs + 1_300_000 })
    try {
      const without = await json('award', jobId, '--pass-over', maker.address)
      expect(without.error?.code).toBe('agents/no-quote')
      expect((await json('award', jobId)).data).toMatchObject({ job: { budgetAtomic: '8900000' } })
    } finally {
      vi.useRealTimers()
    }
  })

  it.each([
    [['show', '77'], 'agents/no-job', 1],
    [['show', 'x'], 'usage/bad-number', 2],
    [['post', 'x', '--price', '0'], 'base/bad-amount', 2],
    [['post', 'x', '--price', '1', '--hours', '0'], 'usage/bad-number', 2],
    [['post', 'x', '--price', '1', '--check', 'melody in-tune'], 'usage/bad-check', 2],
    [['post', 'x', '--price', '1', '--bids-until', '5m'], 'usage/bad-auction', 2],
    [['award', '1', '--quote', '/nowhere'], 'usage/no-file', 2],
    [['submit', '1', '/nowhere'], 'usage/no-file', 2],
    [['bid', '1', '--price', '1', '--account', 'nobody'], 'home/no-key', 1],
  ])('explains %j', async (args, errorCode, exitCode) => {
    const { code, error } = await json(...args)
    expect({ code, error: error?.code }).toEqual({ code: exitCode, error: errorCode })
    expect(error?.hint).toBeDefined()
  })
})
