import { systemRandom, utf8ToBytes, zeroHash } from '@koinon/base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JobClient } from '../../client/jobs/job-client.ts'
import { readJob } from '../../client/jobs/job-ledger.ts'
import { submitWork } from '../../provider/jobs/job-provider.ts'
import { draftVerdict } from '../../testing/draft-verdict.ts'
import { hireTestJob } from '../../testing/hired-job.ts'
import { type JobNetwork, startJobNetwork, type TestAccount } from '../../testing/job-network.ts'
import { createJudges, joinJudges, judgementWindowSeconds } from '../../testing/job-validators.ts'
import {
  openQuorumEvaluator,
  quorumEvaluatorJudgement,
  quorumEvaluatorOf,
  settleJob,
  signVerdict,
  submitVerdict,
} from './job-evaluator.ts'

const price = 1_000_001n
const bond = 100_001n
let net: JobNetwork
let ann: TestAccount
let pat: TestAccount
let validators: readonly TestAccount[]
let netuid: number
beforeAll(async () => {
  net = await startJobNetwork()
  netuid = await createJudges(net)
  ann = await net.fund('ann')
  pat = await net.fund('pat')
  validators = []
  for (const name of ['v1', 'v2', 'v3']) validators = [...validators, await joinJudges(net, netuid, name)]
  await net.advanceSeconds(5)
}, 60_000)
afterAll(() => net?.close())

async function submitted(): Promise<bigint> {
  const evaluator = await quorumEvaluatorOf(ann, netuid)
  const jobId = await hireTestJob(net, { client: ann, provider: pat, evaluator, priceAtomic: price })
  await submitWork(pat, jobId, utf8ToBytes('work'))
  return jobId
}

async function say(jobId: bigint, accepted: boolean, who = validators) {
  const { evaluator } = await readJob(ann, jobId)
  const verdict = await draftVerdict(ann, jobId, { accepted, reason: zeroHash })
  const signed = who.map(({ secretKey }) => signVerdict(net.network.chainId, evaluator, verdict, secretKey))
  return submitVerdict(validators[0] as TestAccount, verdict, signed)
}

describe('a quorum that judges jobs', () => {
  it('is put in place once, where it was foreseen', async () => {
    const foreseen = await quorumEvaluatorOf(ann, netuid)
    expect(await openQuorumEvaluator(ann, netuid)).toBe(foreseen)
    expect(await openQuorumEvaluator(pat, netuid)).toBe(foreseen)
  })

  it('pays by the signatures of more than two thirds once the window is over', async () => {
    const jobId = await submitted()
    await expect(say(jobId, true, validators.slice(0, 2))).rejects.toThrow(/Too little stake signed/)
    expect(await say(jobId, true, [...validators, validators[0] as TestAccount])).toMatchObject({ accepted: true })
    await expect(settleJob(pat, jobId)).rejects.toThrow(/stands from .* on/)
    await net.advanceSeconds(judgementWindowSeconds)
    const before = await net.dollarsOf(pat.address)
    expect(await settleJob(pat, jobId)).toMatchObject({ status: 'completed' })
    expect(await settleJob(pat, jobId)).toMatchObject({ status: 'completed' })
    expect((await net.dollarsOf(pat.address)) - before).toBe(price)
  })

  it('decides again after a dispute, for good', async () => {
    const jobId = await submitted()
    const before = await net.dollarsOf(pat.address)
    await say(jobId, false)
    const provider = new JobClient(pat, net.clock, systemRandom)
    expect(await provider.dispute(jobId)).toBe(bond)
    expect(await provider.dispute(jobId)).toBe(bond)
    await net.advanceSeconds(2)
    expect(await say(jobId, true)).toMatchObject({ accepted: true, isSettled: true })
    expect((await net.dollarsOf(pat.address)) - before).toBe(price)
    const job = await readJob(ann, jobId)
    expect(job.status).toBe('completed')
    expect(await quorumEvaluatorJudgement(ann, job)).toMatchObject({ isSettled: true, disputer: pat.address })
    expect(await quorumEvaluatorJudgement(ann, { ...job, evaluator: ann.address })).toBeUndefined()
    expect(await say(jobId, false)).toMatchObject({ accepted: true, isSettled: true })
  })
})
