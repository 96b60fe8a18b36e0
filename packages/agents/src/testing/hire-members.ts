/** Members of a hire tree for tests: each level hires the next one, the last does the work itself. */
import { join } from 'node:path'
import { type Hex, systemRandom, utf8ToBytes } from '@koinon/base'
import { DurableStore, defaultHttpLimits, HttpListener, sendJson } from '@koinon/base/node'
import { httpQuoteBus, QuoteBook, type QuoteBus, quoteRoutes } from '@koinon/work/quotes'
import { hireSchema } from '../client/hire/hire-store.ts'
import { type HireEvent, HireTree, type HireTreeOptions } from '../client/hire/hire-tree.ts'
import { askForQuote } from '../client/jobs/ask-quotes.ts'
import { fetchDeliverable } from '../client/jobs/fetch-deliverable.ts'
import { JobClient } from '../client/jobs/job-client.ts'
import { type JobRecord, jobsOf } from '../client/jobs/job-ledger.ts'
import { deliverableRoutes } from '../provider/jobs/deliverables.ts'
import { JobProvider } from '../provider/jobs/job-provider.ts'
import type { Task } from '../rules/task-tree.ts'
import type { JobNetwork, TestAccount } from './job-network.ts'

const pollMs = 120

/** A market over real HTTP: the book of quotes, and what was delivered. */
export type Market = {
  readonly bus: QuoteBus
  readonly store: DurableStore
  /** Members of each level: whoever hires waits for the offers of all, so that the best one is not a matter of speed. */
  readonly membersOfLevel: Map<number, number>
  deliver(deliverable: Hex, content: Uint8Array): Promise<void>
  fetch(job: JobRecord): Promise<string>
  close(): Promise<void>
}

export async function openMarket(net: JobNetwork): Promise<Market> {
  const delivered = new Map<Hex, Uint8Array>()
  const jobs = jobsOf(net.network)
  const routes = [
    quoteRoutes(new QuoteBook({ chainId: net.network.chainId, contracts: [jobs] }, net.clock)),
    deliverableRoutes(async (deliverable) => delivered.get(deliverable)),
  ]
  const listener = new HttpListener({
    host: '127.0.0.1',
    port: 0,
    limits: defaultHttpLimits,
    async handle(request, response) {
      for (const route of routes) if (await route(request, response)) return
      sendJson(response, 404, {})
    },
  })
  const url = `http://127.0.0.1:${await listener.start()}`
  const store = await DurableStore.open(join(net.folder, 'hires.db'), hireSchema)
  return {
    bus: httpQuoteBus(url),
    store,
    membersOfLevel: new Map(),
    deliver: async (deliverable, content) => void delivered.set(deliverable, content),
    fetch: async (job) => new TextDecoder().decode(await fetchDeliverable(url, job.deliverable)),
    async close() {
      await listener.stop(0)
      await store.close()
    },
  }
}

/** A tree of `account` whose root is split as `split` says and whose children are hired on the market. */
export function treeOf(
  net: JobNetwork,
  market: Market,
  account: TestAccount,
  changes: Pick<HireTreeOptions, 'treeId' | 'goal' | 'budgetAtomic' | 'endsAtSeconds' | 'plan' | 'jobSeconds'> &
    Partial<HireTreeOptions>,
): HireTree {
  const client = new JobClient(account, net.clock, systemRandom)
  return new HireTree({
    store: market.store,
    client,
    clock: net.clock,
    pollMs,
    aggregate: async (task, results) => `${task.goal}(${results.join(' ')})`,
    fetch: market.fetch,
    quote: (terms, ceilingAtomic, excluded) =>
      askForQuote(market.bus, client, terms, {
        clock: net.clock,
        ceilingAtomic,
        openSeconds: 60,
        waitMs: 20_000,
        enough: market.membersOfLevel.get(Number(terms.description[1])) ?? 1,
        excluded,
      }),
    ...changes,
  })
}

export type Member = {
  readonly account: TestAccount
  readonly level: number
  /** As by kill -9: nothing of it goes on. */
  kill(): void
  stop(): Promise<void>
}

/** One that takes jobs whose goal begins with its level, keeps `margin` and hires the next level for the rest. */
export function startMember(
  net: JobNetwork,
  market: Market,
  account: TestAccount,
  options: {
    readonly level: number
    readonly lastLevel: number
    readonly priceOf: (ceilingAtomic: bigint, goal: string) => bigint
    readonly marginAtomic: bigint
    readonly children: number
    readonly jobSeconds: (level: number) => number
    readonly onHire?: (event: HireEvent, job: JobRecord) => void
  },
): Member {
  const { level, lastLevel, marginAtomic, children } = options
  const count = (change: 1 | -1) => market.membersOfLevel.set(level, (market.membersOfLevel.get(level) ?? 0) + change)
  count(1)
  const work = async (job: JobRecord, signal: AbortSignal): Promise<Uint8Array> => {
    const goal = job.description.split('\n')[0] as string
    if (level === lastLevel) return utf8ToBytes(goal)
    const tree = treeOf(net, market, account, {
      treeId: `${account.name} ${job.jobId}`,
      underJobId: job.jobId,
      goal,
      budgetAtomic: job.budgetAtomic - marginAtomic,
      endsAtSeconds: job.expiredAtSeconds - 600,
      jobSeconds: () => options.jobSeconds(level + 1),
      plan: async (task) => splitEvenly(task, children, `L${level + 1} ${goal.slice(3)}`),
      onEvent: (event) => options.onHire?.(event, job),
    })
    const root = (await tree.run(signal)).tasks['0'] as Task
    if (root.result === undefined) throw new Error(`${account.name} could not get ${goal} done`)
    return utf8ToBytes(root.result)
  }
  const provider = new JobProvider({
    account,
    bus: market.bus,
    clock: net.clock,
    random: systemRandom,
    price: ({ description }, ceiling) =>
      description.startsWith(`L${level} `) ? options.priceOf(ceiling, description.split('\n')[0] as string) : undefined,
    work,
    deliver: market.deliver,
    pollMs,
  })
  provider.start()
  const kill = () => {
    count(-1)
    void provider.stop()
  }
  return { account, level, kill, stop: () => provider.stop() }
}

/** Only of a root: its children are hired as they are. What does not divide stays with the task. */
export function splitEvenly(task: Task, children: number, goal: string) {
  if (task.parentId !== undefined) return undefined
  const budgetAtomic = task.leftAtomic / BigInt(children)
  return Array.from({ length: children }, (_, index) => ({ goal: `${goal}.${index}`, budgetAtomic }))
}
