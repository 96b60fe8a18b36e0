import { systemRandom, utf8ToBytes, zeroHash } from '@koinon/base'
import { type AuditFiles, createCopySource, createRpcSource, recordSource, runChecks } from '@koinon/ledger/audit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JobClient } from '../../client/jobs/job-client.ts'
import { submitWork } from '../../provider/jobs/job-provider.ts'
import { draftVerdict } from '../../testing/draft-verdict.ts'
import { hireTestJob } from '../../testing/hired-job.ts'
import { type JobNetwork, startJobNetwork, type TestAccount } from '../../testing/job-network.ts'
import { createJudges, joinJudges, judgementWindowSeconds } from '../../testing/job-validators.ts'
import { openQuorumEvaluator, settleJob, signVerdict, submitVerdict } from '../jobs/job-evaluator.ts'
import { jobsCheck } from './jobs-check.ts'

const everything = { netuid: undefined, fromEpoch: 0, toEpoch: Number.MAX_SAFE_INTEGER }
const audit = async (source: Parameters<typeof runChecks>[0]) => {
  const [report] = await runChecks(source, [jobsCheck], everything, () => undefined)
  if (report === undefined) throw new Error('no report')
  return report
}

let net: JobNetwork
let ann: TestAccount
let files: AuditFiles
beforeAll(async () => {
  net = await startJobNetwork()
  ann = await net.fund('ann')
  const [pat, eve] = [await net.fund('pat'), await net.fund('eve')]
  const client = new JobClient(ann, net.clock, systemRandom)
  const judge = new JobClient(eve, net.clock, systemRandom)
  let priceAtomic = 1_000n
  const hired = (seconds = 3_600) =>
    hireTestJob(net, { client: ann, provider: pat, evaluator: eve.address, priceAtomic: priceAtomic++, seconds })
  const [paid, refused, late] = [await hired(), await hired(), await hired(100)]
  await submitWork(pat, paid, utf8ToBytes('work'))
  await judge.accept(paid, zeroHash)
  await judge.reject(refused, zeroHash)
  await client.reject(
    await client.post(client.draft({ evaluator: eve.address, expiredAtSeconds: 4_000_000_000, description: 'closed' })),
    zeroHash,
  )
  await net.advanceSeconds(101)
  await client.refund(late)
  await submitWork(pat, await hired(), utf8ToBytes('waits'))
  await disputes(pat)
  const recording = recordSource(
    await createRpcSource({
      reader: net.reader,
      network: net.network,
      transfers: 'supply',
      onProgress: () => undefined,
    }),
  )
  const report = await audit(recording.source)
  expect(report).toMatchObject({ differences: [], open: [] })
  expect(report.agreed).toBeGreaterThan(40)
  files = recording.files()
}, 60_000)
afterAll(() => net?.close())

/** One dispute that the validators are silent about, one that they overturn, and one that is open. */
async function disputes(pat: TestAccount): Promise<void> {
  const netuid = await createJudges(net)
  const judge = await joinJudges(net, netuid, 'judge')
  await net.advanceSeconds(5)
  const evaluator = await openQuorumEvaluator(judge, netuid)
  const say = async (jobId: bigint, accepted: boolean) => {
    const verdict = await draftVerdict(net, jobId, { accepted, reason: zeroHash })
    await submitVerdict(judge, verdict, [signVerdict(net.network.chainId, evaluator, verdict, judge.secretKey)])
  }
  const disputed = async (priceAtomic: bigint) => {
    const jobId = await hireTestJob(net, { client: ann, provider: pat, evaluator, priceAtomic })
    await submitWork(pat, jobId, utf8ToBytes('work'))
    await say(jobId, false)
    await new JobClient(pat, net.clock, systemRandom).dispute(jobId)
    return jobId
  }
  const [silent, overturned] = [await disputed(2_001n), await disputed(3_001n)]
  await net.advanceSeconds(2)
  await say(overturned, true)
  await net.advanceSeconds(judgementWindowSeconds)
  await settleJob(judge, silent)
  await disputed(4_001n)
}

describe('jobsCheck', () => {
  const changed = async (file: keyof AuditFiles, line: RegExp, change: (line: string) => string) => {
    const lines = files[file].split('\n')
    const index = lines.findIndex((text) => line.test(text))
    const text = change(lines[index] as string)
    expect(text).not.toBe(lines[index])
    const { source } = createCopySource({ ...files, [file]: lines.with(index, text).join('\n') })
    return (await audit(source)).differences.map(({ what }) => what).join('\n')
  }
  const more = (field: string) => (line: string) =>
    line.replace(new RegExp(`"${field}":"?(\\d+)"?`), (_, figure: string) => `"${field}":"${BigInt(figure) + 1n}"`)

  it.each([
    ['BudgetSet', 'amount', 'amount funded of job 1'],
    ['JobFunded', 'amount', 'amount funded of job 1'],
    ['PaymentReleased', 'amount', 'amount paid of job 1'],
    ['Refunded', 'amount', 'amount paid of job 2'],
    ['JobCreated', 'expiredAt', 'hash of the terms of job 1'],
  ])('names the job when the %s says another %s', async (name, field, what) => {
    expect(await changed('events.jsonl', new RegExp(`"name":"${name}"`), more(field))).toContain(what)
  })

  it('names an escrow that holds less than lies in it for jobs, and a job that it tells otherwise', async () => {
    const less = (line: string) => line.replace(/"value":"?\d+"?/, '"value":"1"')
    expect(await changed('views.jsonl', new RegExp(`"balanceOf","args":\\["${net.network.contracts.jobs}`), less)).toBe(
      'dollars held for jobs',
    )
    expect(await changed('views.jsonl', /"name":"getJob"/, more('budget'))).toMatch(/^status, budget, provider/)
  })

  it.each([
    ['Disputed', 'bond', /^bond of job 6 in block/],
    ['BondPaid', 'amount', /^amount of the bond of job 7 .*\nbond left of job 7/],
    ['VerdictRecorded', 'round', /^round 1 of job 6/],
  ])('names the dispute when the %s says another %s', async (name, field, what) => {
    expect(await changed('events.jsonl', new RegExp(`"name":"${name}"`), more(field))).toMatch(what)
  })

  it('names a bond of which a unit is missing, that nobody got, or that went to the wrong side', async () => {
    const evaluator = /"contract":"quorum".*"evaluator":"(0x[0-9a-f]{40})"/.exec(files['events.jsonl'])?.[1] as string
    const less = (line: string) => line.replace(/"value":"?401"?/, '"value":"400"')
    expect(await changed('views.jsonl', new RegExp(`"balanceOf","args":\\["${evaluator}`), less)).toBe(
      `dollars held for disputes by ${evaluator}`,
    )
    const payment = /"name":"BondPaid"/
    const lines = files['events.jsonl'].split('\n')
    const without = lines.filter((line) => !payment.test(line)).join('\n')
    const { differences } = await audit(createCopySource({ ...files, 'events.jsonl': without }).source)
    expect(differences.map(({ what }) => what)).toEqual([
      ...['bond left of job 6, which is settled', 'bond left of job 7, which is settled'],
      `dollars held for disputes by ${evaluator}`,
    ])
    const wrong = (line: string) => line.replace(/"to":"0x[0-9a-f]{40}"/, `"to":"${evaluator}"`)
    expect(await changed('events.jsonl', payment, wrong)).toMatch(/^who gets the bond of job 7/)
  })

  it('names a job that is paid twice, to somebody else, or was never opened', async () => {
    const lines = files['events.jsonl'].split('\n')
    const payment = lines.find((line) => line.includes('"name":"PaymentReleased"')) as string
    const twice = createCopySource({ ...files, 'events.jsonl': [...lines.filter(Boolean), payment].join('\n') }).source
    expect((await audit(twice)).differences.map(({ what }) => what).join('\n')).toContain('amount paid of job 1')
    const other = (line: string) => line.replace(/"provider":"0x[0-9a-f]{40}"/, `"provider":"${ann.address}"`)
    expect(await changed('events.jsonl', /"name":"PaymentReleased"/, other)).toContain('who is paid of job 1')
    const without = lines.filter((line) => !line.includes('"name":"JobCreated"')).join('\n')
    const { differences } = await audit(createCopySource({ ...files, 'events.jsonl': without }).source)
    expect(differences.map(({ expected }) => expected)).toContain('before anything else')
  })
})
