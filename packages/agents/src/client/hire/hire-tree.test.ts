/** Show 5: a tree of hires four deep, one member killed on the way and replaced, and not a unit made or lost. */
import { systemRandom } from '@koinon/base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isConserved, moneyOf, type Task } from '../../rules/task-tree.ts'
import { type Market, type Member, openMarket, splitEvenly, startMember, treeOf } from '../../testing/hire-members.ts'
import { type JobNetwork, startJobNetwork, type TestAccount } from '../../testing/job-network.ts'
import { JobClient } from '../jobs/job-client.ts'
import { type JobRecord, jobsOf, listJobs } from '../jobs/job-ledger.ts'
import { loadTree } from './hire-store.ts'
import type { HireEvent, HireTree } from './hire-tree.ts'

const lastLevel = 4
const membersOfLevel = [0, 2, 5, 2, 2]
const budgetAtomic = 1_000_003n
const hour = 3_600
const jobSeconds = (level: number): number => ([10, 8, 4, 2, 1][level] as number) * hour

let net: JobNetwork
let market: Market
let root: TestAccount
const members: Member[] = []
beforeAll(async () => {
  net = await startJobNetwork()
  market = await openMarket(net)
  root = await net.fund('root', 2_000_000n)
}, 60_000)
afterAll(async () => {
  await Promise.allSettled(members.map((member) => member.stop()))
  await market?.close()
  await net?.close()
})

const levelOf = ({ description }: JobRecord): number => Number(description[1])

/** Members of a level have favourites, so that not one of them is hired for everything: the first two digits of the goal. */
function isFavourite(goal: string, index: number): boolean {
  const [first = 0, second = 0] = (goal.match(/\d/g) ?? []).slice(1).map(Number)
  return first * 2 + second === index
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + 240_000
  while (!(await isSo())) {
    if (performance.now() > untilMs) throw new Error(`waited too long for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

describe('a hire tree four deep', () => {
  it('completes with one member killed and replaced, its root restarted, and every unit where it belongs', async () => {
    let killed: { readonly member: Member; readonly job: JobRecord } | undefined
    for (let level = 1; level <= lastLevel; level++) {
      for (let index = 0; index < (membersOfLevel[level] as number); index++) {
        const account = await net.fund(`L${level}-${index}`, 2_000_000n)
        const member: Member = startMember(net, market, account, {
          level,
          lastLevel,
          priceOf: (ceiling, goal) => ceiling - (isFavourite(goal, index) ? 50n : BigInt(index * 7 + level)),
          marginAtomic: 1_001n + BigInt(index),
          children: level === 1 ? 2 : 1,
          jobSeconds,
          onHire: (event: HireEvent, job) => {
            if (level !== 2 || event.kind !== 'hired' || killed !== undefined) return
            killed = { member, job }
            member.kill()
          },
        })
        members.push(member)
      }
    }
    const accounts = [root, ...members.map(({ account }) => account)]
    const before = await Promise.all(accounts.map(({ address }) => net.dollarsOf(address)))

    const restart = new AbortController()
    const endsAtSeconds = net.nowSeconds() + 10 * hour
    const start = (onEvent: (event: HireEvent) => void): HireTree =>
      treeOf(net, market, root, {
        treeId: 'root',
        goal: 'L0 book',
        budgetAtomic,
        endsAtSeconds,
        jobSeconds: () => jobSeconds(1),
        plan: async (task) => splitEvenly(task, 2, 'L1 book'),
        onEvent,
      })
    await start(({ kind }) => kind === 'hired' && restart.abort()).run(restart.signal)
    const lost: HireEvent[] = []
    const again = start((event) => event.kind === 'lost' && lost.push(event))
    const done = again.run()

    const client = new JobClient(root, net.clock, systemRandom)
    const all = async () => [...(await listJobs(root, 100))].reverse()
    await until('everything but what the killed member owes', async () => {
      const open = (await all()).filter(({ status }) => status !== 'completed')
      const orphan = open.filter(({ client: payer }) => payer === killed?.member.account.address)
      return killed !== undefined && open.length === 3 && orphan.length === 1 && orphan[0]?.status === 'submitted'
    })
    await net.advanceSeconds(4 * hour + 5)
    const tree = await done

    // What the dead member had hired: its client judges no more, and anyone fetches its money back.
    for (const job of await all()) {
      if (job.status === 'submitted') await client.refund(job.jobId)
    }
    const jobs = await all()
    const after = await Promise.all(accounts.map(({ address }) => net.dollarsOf(address)))
    const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n)
    const paidBy = (account: TestAccount) =>
      sum(
        jobs
          .filter((job) => job.status === 'completed' && job.client === account.address)
          .map((job) => job.budgetAtomic),
      )
    const earnedBy = (account: TestAccount) =>
      sum(
        jobs
          .filter((job) => job.status === 'completed' && job.provider === account.address)
          .map((job) => job.budgetAtomic),
      )

    expect(tree.tasks['0']).toMatchObject({ status: 'done' })
    const rootTask = tree.tasks['0'] as Task
    expect(rootTask.result?.match(/L4/g)).toHaveLength(4)
    expect(isConserved(tree)).toBe(true)
    expect(moneyOf(tree)).toEqual({
      leftAtomic: budgetAtomic - paidBy(root),
      escrowAtomic: 0n,
      paidAtomic: paidBy(root),
    })
    expect(await net.dollarsOf(jobsOf(net.network))).toBe(0n)
    expect(sum(after)).toBe(sum(before))
    for (const [index, account] of accounts.entries()) {
      expect((after[index] as bigint) - (before[index] as bigint), account.name).toBe(
        earnedBy(account) - paidBy(account),
      )
    }
    for (const job of jobs) {
      const own = await loadTree(
        market.store,
        `${members.find(({ account }) => account.address === job.provider)?.account.name} ${job.jobId}`,
      )
      if (own === undefined) continue
      expect(isConserved(own)).toBe(true)
      expect(own.tasks['0']?.budgetAtomic ?? 0n).toBeLessThan(job.budgetAtomic)
    }
    const ofKilled = jobs.find(({ jobId }) => jobId === killed?.job.jobId) as JobRecord
    expect(ofKilled.status).toBe('expired')
    const replacement = jobs.filter((job) => job.client === ofKilled.client && job.status === 'completed')
    expect(replacement).toHaveLength(2)
    expect(replacement.every(({ provider }) => provider !== ofKilled.provider)).toBe(true)
    expect(lost).toEqual([])

    const rows = [1, 2, 3, 4].map((level) => {
      const ofLevel = jobs.filter((job) => levelOf(job) === level)
      const completed = ofLevel.filter(({ status }) => status === 'completed')
      const paid = sum(completed.map((job) => job.budgetAtomic))
      const back = sum(ofLevel.filter(({ status }) => status === 'expired').map((job) => job.budgetAtomic))
      return [level, ofLevel.length, completed.length, ofLevel.length - completed.length, paid, back]
    })
    const table = [['level', 'jobs', 'completed', 'expired', 'paid', 'back'], ...rows]
    process.stdout.write(`${table.map((row) => row.map((cell) => String(cell).padStart(10)).join('')).join('\n')}\n`)
    process.stdout.write(
      `root: budget ${budgetAtomic}, paid ${paidBy(root)}, kept ${rootTask.leftAtomic}; ${killed?.member.account.name} was killed; all accounts before ${sum(before)}, after ${sum(after)}, in escrow 0\n`,
    )
  }, 300_000)
})
