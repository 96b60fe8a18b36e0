import { systemRandom, utf8ToBytes, zeroAddress } from '@koinon/base'
import { jobsAbi, testDollarAbi } from '@koinon/ledger/abis'
import { type SignedQuote, signQuote } from '@koinon/work'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { jobRequest } from '../../client/jobs/ask-quotes.ts'
import { JobClient } from '../../client/jobs/job-client.ts'
import { jobsOf } from '../../client/jobs/job-ledger.ts'
import { hashTerms, jobsDomain } from '../../rules/job.ts'
import { type JobNetwork, startJobNetwork, type TestAccount } from '../../testing/job-network.ts'
import { JobProvider } from './job-provider.ts'

let net: JobNetwork
let ann: TestAccount
let pat: TestAccount
let eve: TestAccount
beforeAll(async () => {
  net = await startJobNetwork()
  ann = await net.fund('ann')
  pat = await net.fund('pat', 0n)
  eve = await net.fund('eve')
}, 60_000)
afterAll(() => net?.close())

it('works for nobody who funds a job that it gave no quote for', async () => {
  const jobs = { address: jobsOf(net.network), abi: jobsAbi } as const
  // One base unit, judged by the client itself: the content would be had for nothing.
  const args = [pat.address, eve.address, BigInt(net.nowSeconds() + 3_600), 'work', zeroAddress] as const
  await eve.sender.call({ ...jobs, functionName: 'createJob', args })
  const stolen = await net.reader.readContract({ ...jobs, functionName: 'jobCount' })
  const approve = { address: net.network.contracts.dollar, abi: testDollarAbi, functionName: 'approve' } as const
  await eve.sender.call({ ...approve, args: [jobs.address, 1n] })
  await eve.sender.call({ ...jobs, functionName: 'setBudget', args: [stolen, 1n, '0x'] })
  await eve.sender.call({ ...jobs, functionName: 'fund', args: [stolen, 1n, '0x'] })
  const worked: bigint[] = []
  const provider = new JobProvider({
    account: pat,
    bus: { open: async () => ({ next: 0, requests: [] }) } as never,
    clock: net.clock,
    random: systemRandom,
    price: () => undefined,
    work: async ({ jobId }) => {
      worked.push(jobId)
      return utf8ToBytes('the work')
    },
    deliver: async () => undefined,
    pollMs: 20,
  })
  provider.start()
  const client = new JobClient(ann, net.clock, systemRandom)
  const terms = client.draft({
    evaluator: eve.address,
    expiredAtSeconds: net.nowSeconds() + 3_600,
    description: 'work',
  })
  const quote = { termsHash: hashTerms(terms), provider: pat.address, priceAtomic: 700n, nonce: 1n }
  const domain = jobsDomain(net.network.chainId, jobsOf(net.network))
  const signed = signQuote(domain, { ...quote, deadlineSeconds: net.nowSeconds() + 60 }, pat.secretKey)
  const hired = await client.hire(terms, signed)
  await expect.poll(() => worked.includes(hired), { timeout: 15_000 }).toBe(true)
  await provider.stop()
  expect(worked).toEqual([hired])
}, 30_000)

it('quotes for no hire that would leave too little time to work in', async () => {
  const client = new JobClient(ann, net.clock, systemRandom)
  const terms = client.draft({ evaluator: eve.address, expiredAtSeconds: net.nowSeconds() + 90, description: 'work' })
  const request = jobRequest(client, terms, 1_000n, net.nowSeconds() + 80)
  const quotes: SignedQuote[] = []
  const bus = {
    open: async () => ({ next: 1, requests: [request] }),
    quote: async (quote: SignedQuote) => void quotes.push(quote),
  }
  const provider = new JobProvider({
    account: pat,
    bus: bus as never,
    clock: net.clock,
    random: systemRandom,
    price: () => 10n,
    work: async () => utf8ToBytes('the work'),
    deliver: async () => undefined,
    pollMs: 20,
  })
  provider.start()
  await expect.poll(() => quotes.length, { timeout: 10_000 }).toBeGreaterThan(0)
  await provider.stop()
  expect(quotes.every(({ deadlineSeconds }) => deadlineSeconds <= terms.expiredAtSeconds - 60)).toBe(true)
}, 20_000)
