/** A hire tree that dies before or after each thing it writes or sends goes on where it was, and pays once. */
import { KoinonError, systemRandom, utf8ToBytes } from '@koinon/base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JobProvider } from '../../provider/jobs/job-provider.ts'
import { isConserved, moneyOf } from '../../rules/task-tree.ts'
import { type Market, openMarket, treeOf } from '../../testing/hire-members.ts'
import { type JobNetwork, startJobNetwork, type TestAccount } from '../../testing/job-network.ts'
import { askForQuote } from '../jobs/ask-quotes.ts'
import { JobClient } from '../jobs/job-client.ts'
import { listJobs } from '../jobs/job-ledger.ts'
import type { HireTree } from './hire-tree.ts'

const price = 900n
/** Of one task: the tree, the quote with its money, the job's number, the payment; and hiring and accepting. */
const writes = 4
const calls = 2
const points = [
  ...Array.from({ length: writes }, (_, index) => ({ what: 'write', index })),
  ...Array.from({ length: calls }, (_, index) => ({ what: 'call', index })),
].flatMap((point) => [
  { ...point, isDone: false },
  { ...point, isDone: true },
])
type Point = (typeof points)[number]

let net: JobNetwork
let market: Market
let provider: JobProvider
beforeAll(async () => {
  net = await startJobNetwork()
  market = await openMarket(net)
  provider = new JobProvider({
    account: await net.fund('pat', 0n),
    bus: market.bus,
    clock: net.clock,
    random: systemRandom,
    price: () => price,
    work: async ({ jobId }) => utf8ToBytes(`work for ${jobId}`),
    deliver: market.deliver,
    pollMs: 100,
  })
  provider.start()
}, 60_000)
afterAll(async () => {
  await provider?.stop()
  await market?.close()
  await net?.close()
})

/** Everything the tree works with stops at the point, and nothing of it works afterwards. */
function mortal(account: TestAccount, point: Point): { readonly account: TestAccount; readonly market: Market } {
  let isDead = false
  const counts = { write: 0, call: 0 }
  const alive = (): void => {
    if (isDead) throw new KoinonError({ code: 'store/killed', message: 'killed' })
  }
  const guard =
    (what: 'write' | 'call', act: (argument: never) => Promise<unknown>) =>
    async (argument: never): Promise<unknown> => {
      alive()
      const isHere = what === point.what && counts[what]++ === point.index
      if (isHere && !point.isDone) isDead = true
      alive()
      const done = await act(argument)
      if (isHere) isDead = true
      alive()
      return done
    }
  const { reader, sender } = account
  const { store } = market
  return {
    account: {
      ...account,
      sender: { address: account.address, call: guard('call', (call) => sender.call(call)) } as never,
      reader: new Proxy(reader, {
        get(target, name) {
          alive()
          return Reflect.get(target, name)
        },
      }),
    },
    market: {
      ...market,
      store: {
        write: guard('write', (statements) => store.write(statements)),
        read: (sql: string, values: never) => (alive(), store.read(sql, values)),
      } as never,
    },
  }
}

function start(account: TestAccount, used: Market): HireTree {
  const client = new JobClient(account, net.clock, systemRandom)
  return treeOf(net, used, account, {
    treeId: account.name,
    goal: `a thing for ${account.name}`,
    budgetAtomic: 1_000n,
    endsAtSeconds: net.nowSeconds() + 3_600,
    jobSeconds: () => 1_800,
    plan: async () => undefined,
    quote: (terms, ceilingAtomic) =>
      askForQuote(used.bus, client, terms, {
        clock: net.clock,
        ceilingAtomic,
        openSeconds: 60,
        waitMs: 5_000,
        enough: 1,
      }),
  })
}

describe('a hire tree that is killed', () => {
  it.concurrent.each(points)(
    '$what $index, done: $isDone',
    async (point) => {
      const account = await net.fund(`client ${point.what} ${point.index} ${point.isDone}`, 1_000n)
      const dying = mortal(account, point)
      await expect(start(dying.account, dying.market).run()).rejects.toThrow('killed')
      const tree = await start(account, market).run()
      expect(tree.tasks['0']).toMatchObject({ status: 'done', attempts: 1 })
      expect(isConserved(tree)).toBe(true)
      expect(moneyOf(tree)).toEqual({ leftAtomic: 100n, escrowAtomic: 0n, paidAtomic: price })
      expect(await net.dollarsOf(account.address)).toBe(100n)
      const own = (await listJobs(account, 100)).filter(({ client }) => client === account.address)
      expect(own.map(({ status }) => status)).toEqual(['completed'])
    },
    60_000,
  )
})
