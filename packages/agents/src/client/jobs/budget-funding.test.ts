/** A session key funds a job of its owner, within its budget and no further, on the real chain. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  bytesToHex,
  hexToBytes,
  secretKeyToAddress,
  sha256,
  signDigest,
  systemRandom,
  utf8ToBytes,
  zeroHash,
} from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { createLedgerWriter } from '@koinon/ledger'
import { budgetDelegateAbi, jobsAbi } from '@koinon/ledger/abis'
import {
  BudgetSigner,
  budgetSchema,
  createBudgetChain,
  deployBudgetDelegate,
  fundByQuoteSelector,
  hireSelector,
  setDelegate,
} from '@koinon/payments/client/budget'
import { type BudgetGrant, budgetGrantHash, type SignedBudgetGrant } from '@koinon/payments/rules'
import { signQuote } from '@koinon/work'
import { toFunctionSelector } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JobProvider } from '../../provider/jobs/job-provider.ts'
import { hashTerms, type JobTerms } from '../../rules/job.ts'
import { type JobNetwork, startJobNetwork, type TestAccount } from '../../testing/job-network.ts'
import { hireSchema } from '../hire/hire-store.ts'
import { HireTree } from '../hire/hire-tree.ts'
import { budgetForJobs } from './job-budget.ts'
import { JobClient } from './job-client.ts'
import { jobsOf } from './job-ledger.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-budget-jobs-'))
const sessionKey = sha256(utf8ToBytes('a session key for jobs'))
let net: JobNetwork
let ann: TestAccount
let pat: TestAccount
let eve: TestAccount
let signer: BudgetSigner
let store: DurableStore

beforeAll(async () => {
  net = await startJobNetwork()
  ann = await net.fund('ann')
  pat = await net.fund('pat', 0n)
  eve = await net.fund('eve', 0n)
  const { contracts, chainId } = net.network
  const delegate = await deployBudgetDelegate(net.reader, eve.sender, contracts.channels)
  await setDelegate(net.reader, createLedgerWriter(net.network, bytesToHex(ann.secretKey)), delegate)
  const now = net.nowSeconds()
  const grant: BudgetGrant = {
    owner: ann.address,
    agent: secretKeyToAddress(sessionKey),
    parentGrant: zeroHash,
    autonomy: 'limited',
    asset: contracts.dollar,
    receivers: [pat.address],
    services: [],
    methods: [],
    contractCalls: [{ target: jobsOf(net.network), selector: toFunctionSelector('fund(uint256,uint256,bytes)') }],
    maxPerCallAtomic: 700n,
    maxPerPeriodAtomic: 1_000n,
    periodSeconds: 86_400,
    maxTotalAtomic: 1_000n,
    validFrom: now - 60,
    validUntil: now + 86_400,
    revocationNonce: 0,
  }
  const signature = signDigest(hexToBytes(budgetGrantHash(grant, chainId)), ann.secretKey)
  store = await DurableStore.open(join(folder, 'books'), budgetSchema)
  signer = new BudgetSigner({
    store,
    grants: [{ grant, signature }],
    sessionKey,
    domain: { chainId, escrow: contracts.channels },
    assetDomain: { name: 'Test Dollar', version: '1', chainId, verifyingContract: contracts.dollar },
    chain: createBudgetChain({ reader: net.reader, unsettledBlocks: 0 }),
    clock: net.clock,
  })
  await signer.start()
}, 60_000)

afterAll(async () => {
  await store?.close()
  await net?.close()
  rmSync(folder, { recursive: true, force: true })
})

it('funds what Jobs takes, with exactly the money of the job, and stops at its budget', async () => {
  const client = new JobClient(ann, net.clock, systemRandom)
  const jobs = { address: jobsOf(net.network), abi: jobsAbi } as const
  const posted = async (priceAtomic: bigint) => {
    const expiredAtSeconds = net.nowSeconds() + 3_600
    const terms = client.draft({ evaluator: eve.address, expiredAtSeconds, description: 'work' })
    const jobId = await client.post(terms)
    await ann.sender.call({ ...jobs, functionName: 'setProvider', args: [jobId, pat.address, '0x'] })
    await ann.sender.call({ ...jobs, functionName: 'setBudget', args: [jobId, priceAtomic, '0x'] })
    return {
      jobId,
      intent: {
        kind: 'fundJob',
        id: bytesToHex(sha256(utf8ToBytes(`fund ${jobId}`))),
        service: 'jobs',
        receiver: pat.address,
        asset: net.network.contracts.dollar,
        amountAtomic: priceAtomic,
        termsHash: hashTerms(terms),
        target: jobs.address,
        jobId,
      },
    }
  }
  const send = async (intent: unknown) => {
    const signed = await signer.sign(intent)
    if (signed.state !== 'signed' || signed.kind !== 'batch') throw new Error('no batch')
    await eve.sender.send({ to: signed.to, data: signed.data }, 'funding a job', budgetDelegateAbi)
  }
  const before = await net.dollarsOf(ann.address)
  const { jobId, intent } = await posted(600n)
  await send(intent)
  expect(await client.read(jobId)).toMatchObject({ status: 'funded', provider: pat.address, budgetAtomic: 600n })
  expect(before - (await net.dollarsOf(ann.address))).toBe(600n)
  expect(await signer.conclude(intent.id)).toBe('spent')
  await expect(send(intent)).rejects.toThrow()

  const second = await posted(500n)
  await expect(signer.sign(second.intent)).rejects.toMatchObject({ details: { reason: 'over-period' } })
  const elsewhere = { ...second.intent, amountAtomic: 100n, target: eve.address }
  await expect(signer.sign(elsewhere)).rejects.toMatchObject({ details: { reason: 'contract-not-allowed' } })
  // Less than the job costs: the contract refuses the whole batch, and no allowance stays behind.
  await expect(send({ ...second.intent, amountAtomic: 100n })).rejects.toThrow()
  expect(before - (await net.dollarsOf(ann.address))).toBe(600n)
})

/** A grant of Ann for a key, for jobs of Pat alone. */
function jobsGrant(key: Uint8Array, changes: Partial<BudgetGrant> = {}): BudgetGrant {
  const now = net.nowSeconds()
  const target = jobsOf(net.network)
  const selectors = [fundByQuoteSelector, hireSelector]
  return {
    ...{ owner: ann.address, agent: secretKeyToAddress(key), parentGrant: zeroHash, autonomy: 'limited' },
    ...{ asset: net.network.contracts.dollar, receivers: [pat.address], services: [], methods: [] },
    contractCalls: selectors.map((selector) => ({ target, selector })),
    ...{ maxPerCallAtomic: 3_000n, maxPerPeriodAtomic: 3_000n, periodSeconds: 86_400, maxTotalAtomic: 3_000n },
    ...{ validFrom: now - 60, validUntil: now + 86_400, revocationNonce: 0 },
    ...changes,
  }
}

async function signerOf(grants: readonly SignedBudgetGrant[], key: Uint8Array): Promise<BudgetSigner> {
  const { contracts, chainId } = net.network
  const made = new BudgetSigner({
    ...{ store, grants, sessionKey: key, domain: { chainId, escrow: contracts.channels }, clock: net.clock },
    assetDomain: { name: 'Test Dollar', version: '1', chainId, verifyingContract: contracts.dollar },
    chain: createBudgetChain({ reader: net.reader, unsettledBlocks: 0 }),
  })
  await made.start()
  return made
}

describe('a session key that hires by quotes', () => {
  const [keyA, keyB] = ['agent A', 'agent B'].map((name) => sha256(utf8ToBytes(name))) as [Uint8Array, Uint8Array]
  let top: SignedBudgetGrant
  let signerA: BudgetSigner
  let nonce = 0n
  const clientOf = (of: BudgetSigner) => new JobClient(eve, net.clock, systemRandom, budgetForJobs(of, eve))
  const draftOf = (client: JobClient) =>
    client.draft({ evaluator: eve.address, expiredAtSeconds: net.nowSeconds() + 3_600, description: 'work' })
  const quoteFor = (client: JobClient, terms: JobTerms, priceAtomic: bigint, by = pat) => {
    const quote = { termsHash: hashTerms(terms), provider: by.address, priceAtomic, nonce: nonce++ }
    return signQuote(client.domain, { ...quote, deadlineSeconds: net.nowSeconds() + 60 }, by.secretKey)
  }

  beforeAll(async () => {
    const grant = jobsGrant(keyA)
    top = { grant, signature: signDigest(hexToBytes(budgetGrantHash(grant, net.network.chainId)), ann.secretKey) }
    signerA = await signerOf([top], keyA)
  })

  it('opens and pays a job of the owner in one transaction, once, and sends nothing that its grant does not allow', async () => {
    const client = clientOf(signerA)
    const terms = draftOf(client)
    expect(terms.client).toBe(ann.address)
    const quote = quoteFor(client, terms, 600n)
    const before = await net.dollarsOf(ann.address)
    const jobId = await client.hire(terms, quote)
    // Another process after a crash: the same quote is the same job and the same charge.
    expect(await clientOf(await signerOf([top], keyA)).hire(terms, quote)).toBe(jobId)
    expect(await client.read(jobId)).toMatchObject({ client: ann.address, provider: pat.address, budgetAtomic: 600n })
    expect(before - (await net.dollarsOf(ann.address))).toBe(600n)
    expect(signerA.spent[0]?.totalAtomic).toBe(600n)
    const stranger = draftOf(client)
    await expect(client.hire(stranger, quoteFor(client, stranger, 5n, eve))).rejects.toMatchObject({
      details: { reason: 'receiver-not-allowed' },
    })
    const dear = draftOf(client)
    await expect(client.hire(dear, quoteFor(client, dear, 2_500n))).rejects.toMatchObject({
      details: { reason: 'over-period' },
    })
    // A quote for other terms, and one whose price was changed: the contract takes neither, and the money stays.
    const [mine, other] = [draftOf(client), draftOf(client)]
    const forged = { ...quoteFor(client, mine, 300n), priceAtomic: 200n }
    for (const bad of [forged, { ...quoteFor(client, other, 100n), termsHash: hashTerms(mine) }])
      await expect(client.hire(mine, bad)).rejects.toMatchObject({ code: 'ledger/refused' })
    expect(before - (await net.dollarsOf(ann.address))).toBe(600n)
  })

  it('sends nothing for an owner whose account does not run the code of budgets: the call would succeed and do nothing', async () => {
    const grant = jobsGrant(keyA, { owner: eve.address })
    const signature = signDigest(hexToBytes(budgetGrantHash(grant, net.network.chainId)), eve.secretKey)
    const of = await signerOf([{ grant, signature }], keyA)
    const client = new JobClient(pat, net.clock, systemRandom, budgetForJobs(of, pat))
    const terms = client.draft({
      evaluator: ann.address,
      expiredAtSeconds: net.nowSeconds() + 3_600,
      description: 'none',
    })
    const hiring = client.hire(terms, quoteFor(client, terms, 5n))
    await expect(hiring).rejects.toMatchObject({ code: 'agents/budget-not-on-chain' })
    expect(of.leftAtomic).toBe(3_000n)
    const writer = createLedgerWriter(net.network, bytesToHex(eve.secretKey))
    const empty = setDelegate(net.reader, writer, pat.address)
    await expect(empty).rejects.toMatchObject({ code: 'payments/not-deployed' })
    expect(await net.reader.getCode({ address: eve.address })).toBeUndefined()
  })

  it('refuses to hire under `propose` and charges nothing: no word of the owner reaches the ledger', async () => {
    const grant = jobsGrant(keyB, { autonomy: 'propose' })
    const signature = signDigest(hexToBytes(budgetGrantHash(grant, net.network.chainId)), ann.secretKey)
    const of = await signerOf([{ grant, signature }], keyB)
    const client = clientOf(of)
    const terms = draftOf(client)
    const hiring = client.hire(terms, quoteFor(client, terms, 5n))
    await expect(hiring).rejects.toMatchObject({ code: 'agents/budget-proposes', retry: 'never' })
    expect([of.leftAtomic, await of.proposals()]).toEqual([3_000n, []])
  })

  it('awards an open job of the owner', async () => {
    const posting = new JobClient(ann, net.clock, systemRandom)
    const terms = posting.draft({
      evaluator: eve.address,
      expiredAtSeconds: net.nowSeconds() + 3_600,
      description: 'open',
    })
    const jobId = await posting.post(terms)
    const client = clientOf(signerA)
    const quote = quoteFor(client, terms, 100n)
    expect(await client.award(jobId, quote)).toMatchObject({ status: 'funded', budgetAtomic: 100n })
    expect(await client.award(jobId, quote)).toMatchObject({ status: 'funded' })
    const again = quoteFor(client, terms, 90n)
    await expect(client.award(jobId, again)).rejects.toMatchObject({ code: 'agents/job-taken' })
  })

  it('lets another key run a tree of hires out of a part of its budget, to the last unit', async () => {
    const child = jobsGrant(keyB, {
      ...{ parentGrant: signerA.grantHash, maxTotalAtomic: 1_000n, maxPerCallAtomic: 1_000n },
      ...{ maxPerPeriodAtomic: 2_000n, validFrom: top.grant.validFrom, validUntil: top.grant.validUntil },
    })
    const allowed = await signerA.sign({ kind: 'grantChild', id: `0x${'c1'.repeat(32)}`, grant: child })
    if (allowed.state !== 'signed' || allowed.kind !== 'grant') throw new Error('no grant')
    // What was set aside for B is not A's any more.
    expect(signerA.leftAtomic).toBeLessThanOrEqual(3_000n - 1_000n - 600n)
    const signerB = await signerOf([top, allowed.signed], keyB)
    const client = clientOf(signerB)
    const done = new Map<string, Uint8Array>()
    const provider = new JobProvider({
      ...{ account: pat, clock: net.clock, random: systemRandom, price: () => undefined, pollMs: 50 },
      bus: { open: async () => ({ next: 0, requests: [] }) } as never,
      work: async ({ description }) => utf8ToBytes(`done: ${description.split('\n')[0]}`),
      deliver: async (hash, content) => void done.set(hash, content),
    })
    provider.start()
    const trees = await DurableStore.open(join(folder, 'trees'), hireSchema)
    const before = await net.dollarsOf(ann.address)
    const tree = (treeId: string, budgetAtomic: bigint, prices: readonly bigint[]) =>
      new HireTree({
        ...{ store: trees, treeId, client, clock: net.clock, goal: 'all', budgetAtomic, pollMs: 50 },
        ...{ endsAtSeconds: net.nowSeconds() + 7_200, jobSeconds: () => 3_600, attempts: 1 },
        plan: async ({ id }) =>
          id === '0' ? prices.map((price, place) => ({ goal: `part ${place}`, budgetAtomic: price })) : undefined,
        aggregate: async (_, results) => results.join(', '),
        quote: async (terms, ceilingAtomic) => quoteFor(client, terms, ceilingAtomic),
        fetch: async ({ deliverable }) => new TextDecoder().decode(done.get(deliverable)),
      })
    try {
      const { tasks } = await tree('one', 900n, [400n, 300n]).run()
      expect(tasks['0']).toMatchObject({ status: 'done', result: 'done: part 0, done: part 1' })
      const all = Object.values(tasks)
      const sum = (part: 'leftAtomic' | 'escrowAtomic' | 'paidAtomic') =>
        all.reduce((total, task) => total + task[part], 0n)
      expect([sum('leftAtomic'), sum('escrowAtomic'), sum('paidAtomic')]).toEqual([200n, 0n, 700n])
      expect(before - (await net.dollarsOf(ann.address))).toBe(700n)
      expect(signerB.spent.map(({ totalAtomic }) => totalAtomic)).toEqual([700n, 700n])
      // A tree that was promised more than its key has: the grant stops it, and nothing is paid.
      const over = await tree('two', 900n, [301n]).run()
      expect(over.tasks['0']?.status).toBe('failed')
      expect(before - (await net.dollarsOf(ann.address))).toBe(700n)
      expect(signerB.leftAtomic).toBe(300n)
    } finally {
      await provider.stop()
      await trees.close()
    }
  }, 40_000)
})
