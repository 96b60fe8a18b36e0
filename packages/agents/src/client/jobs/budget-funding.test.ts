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
  setDelegate,
} from '@koinon/payments/client/budget'
import { type BudgetGrant, budgetGrantHash } from '@koinon/payments/rules'
import { toFunctionSelector } from 'viem'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { hashTerms } from '../../rules/job.ts'
import { type JobNetwork, startJobNetwork, type TestAccount } from '../../testing/job-network.ts'
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
  const now = Math.floor(net.clock.nowMs() / 1000)
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
    const expiredAtSeconds = Math.floor(net.clock.nowMs() / 1000) + 3_600
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
