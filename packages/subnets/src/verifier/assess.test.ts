import { type Clock, type Hex, sha256Hex, systemClock, systemRandom } from '@koinon/base'
import { beforeEach, describe, expect, it } from 'vitest'
import { failedCheckNames, maximumPageItems, type WorkItem, workCommitmentOf, workPage } from '../rules/index.ts'
import { type DigestEvidence, digestReceiptHash, digestSubnet } from '../testing/digest-subnet.ts'
import { assessMiners } from './assess.ts'
import type { MinerPort } from './ports.ts'

const hotkey = (uid: number): Hex => `0x${uid.toString(16).padStart(40, '0')}`
const evidence = (text: string): DigestEvidence => ({ text, digest: sha256Hex(text) })
const listOf = (count: number) =>
  Array.from(
    { length: count },
    (_, index): WorkItem => ({
      receiptHash: digestReceiptHash(evidence(`${index}`)),
      requestId: `0x${index.toString(16).padStart(32, '0')}`,
    }),
  )
const items = listOf(4)
const evidenceOf = (requestId: Hex): unknown => evidence(`${Number(requestId)}`)

/** Never answers; ends when its time is over, as a request does. */
function stall(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}

/** A miner that serves its list, and its evidence as `serve` says. */
function port(serve: (requestId: Hex, signal: AbortSignal, uid: number) => Promise<unknown>): MinerPort {
  return {
    workPage: async (_peer, { netuid, epoch, offset }) => workPage(items, { netuid, epoch, offset, limit: 10 }),
    evidence: (peer, requestId, signal) => serve(requestId, signal, Number(peer.hotkey)),
  }
}

type Options = {
  count?: number
  askTimeoutMs: number
  timeMs: number
  concurrency?: number
  leastTimeMs?: number
  /** What every miner committed to. */
  list?: readonly WorkItem[]
  committed?: (uid: number) => { readonly root: Hex; readonly count: number }
  random?: typeof systemRandom
  clock?: Clock
  signal?: AbortSignal
  audit?: typeof digestSubnet.audit
  memories?: ReadonlyMap<Hex, unknown>
}

async function assess(miners: MinerPort, options: Options) {
  return (await assessAll(miners, options)).miners
}

function assessAll(miners: MinerPort, options: Options) {
  const seats = Array.from({ length: options.count ?? 1 }, (_, index) => ({
    uid: index + 1,
    hotkey: hotkey(index + 1),
  }))
  const ofList = workCommitmentOf(options.list ?? items)
  return assessMiners(
    {
      netuid: 1,
      clock: options.clock ?? systemClock,
      random: options.random ?? systemRandom,
      subnet: options.audit === undefined ? digestSubnet : { ...digestSubnet, audit: options.audit },
      miners,
      verifyPorts: undefined as never,
    },
    {
      epoch: 1,
      window: {
        startsAtSeconds: 0,
        endsAtSeconds: 10,
        workCommitEndsAtSeconds: 11,
        weightCommitEndsAtSeconds: 12,
        revealEndsAtSeconds: 13,
      },
      beacon: sha256Hex('beacon'),
      seats,
      endpoints: seats.map((seat) => ({ ...seat, endpoint: 'http://127.0.0.1:9' })),
      commitments: seats.map((seat) => ({ ...seat, ...(options.committed?.(seat.uid) ?? ofList) })),
      probes: [],
      memories: options.memories ?? new Map(),
    },
    {
      concurrency: options.concurrency ?? 4,
      askTimeoutMs: options.askTimeoutMs,
      timeMs: options.timeMs,
      ...(options.leastTimeMs === undefined ? {} : { leastTimeMs: options.leastTimeMs }),
    },
    options.signal ?? AbortSignal.timeout(options.timeMs),
  )
}

/** Time that passes only while everybody waits, and then at once to the next that has waited long enough. */
class SimulatedTime {
  #nowMs = 1_900_000_000_000
  #waiting: { readonly untilMs: number; readonly end: () => void }[] = []
  readonly clock: Clock = { nowMs: () => this.#nowMs }

  wait(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ untilMs: this.#nowMs + durationMs, end: resolve })
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    })
  }

  async runUntil<value>(result: Promise<value>): Promise<value> {
    let isSettled = false
    const settled = () => {
      isSettled = true
    }
    result.then(settled, settled)
    for (;;) {
      await new Promise(setImmediate)
      if (isSettled) return result
      this.#nowMs = Math.max(this.#nowMs, Math.min(...this.#waiting.map(({ untilMs }) => untilMs)))
      const due = this.#waiting.filter(({ untilMs }) => untilMs <= this.#nowMs)
      this.#waiting = this.#waiting.filter(({ untilMs }) => untilMs > this.#nowMs)
      for (const { end } of due) end()
    }
  }
}

/** The same in simulated time; the phase ends after `timeMs` of it. */
function assessInTime(time: SimulatedTime, miners: MinerPort, options: Options) {
  const phase = new AbortController()
  void time.wait(options.timeMs).then(() => phase.abort())
  return time.runUntil(assess(miners, { ...options, clock: time.clock, signal: phase.signal }))
}

describe('a list of a miner', () => {
  const list = listOf(maximumPageItems + 2)
  const limits = { askTimeoutMs: 5_000, timeMs: 30_000, list }
  const showing = (change: (receipts: readonly WorkItem[]) => readonly object[]): MinerPort => ({
    workPage: async (_peer, { netuid, epoch, offset }) => {
      const page = workPage(list, { netuid, epoch, offset, limit: maximumPageItems })
      return { ...page, receipts: change(page.receipts) }
    },
    evidence: async (_peer, requestId) => evidenceOf(requestId),
  })
  const withReceipts = showing((page) => page.map((item) => ({ ...item, receipt: { for: item.requestId } })))

  it('is looked at as a whole, page after page, with what the epoch before left behind', async () => {
    const pages: unknown[][] = []
    const { miners, memories } = await assessAll(withReceipts, {
      ...limits,
      memories: new Map([[hotkey(1), 'before']]),
      audit: ({ memory, window, hotkey: name }) => ({
        add: (page) => pages.push(page.map(({ receipt }) => receipt)),
        finish: async () => ({
          checks: [{ name: 'links', state: 'fail', detail: `${memory} ${window.endsAtSeconds} ${name === hotkey(1)}` }],
          memory: { at: pages.length },
        }),
      }),
    })
    expect(pages.map((page) => page.length)).toEqual([maximumPageItems, 2])
    expect(pages[1]?.[0]).toEqual({ for: list[maximumPageItems]?.requestId })
    expect(miners[0]?.checks.map(({ name, state }) => `${name} ${state}`)).toEqual(['list pass', 'links fail'])
    expect(miners[0]?.checks[1]?.detail).toBe('before 10 true')
    expect(memories).toEqual(new Map([[hotkey(1), { at: 2 }]]))
  })

  it('is not held against the miner when the validator itself cannot look', async () => {
    const { miners, memories } = await assessAll(withReceipts, {
      ...limits,
      audit: () => ({ add: () => undefined, finish: () => Promise.reject(new Error('no ledger')) }),
    })
    expect(miners[0]?.checks.map(({ name, state }) => `${name} ${state}`)).toEqual(['list pass', 'receipts notChecked'])
    expect(failedCheckNames(miners[0] as NonNullable<(typeof miners)[0]>)).toEqual([])
    expect(memories.size).toBe(0)
  })

  it('is neither looked at nor remembered when it is not the committed one', async () => {
    let finished = 0
    const other = showing((page) => page.map((item) => ({ ...item, receiptHash: sha256Hex(item.requestId) })))
    const { miners, memories } = await assessAll(other, {
      ...limits,
      audit: () => ({
        add: () => undefined,
        finish: async () => {
          finished += 1
          return { checks: [], memory: 1 }
        },
      }),
    })
    expect(failedCheckNames(miners[0] as NonNullable<(typeof miners)[0]>)).toEqual(['list'])
    expect([finished, memories.size]).toEqual([0, 0])
  })
})

describe('a page of a list', () => {
  it('that is shorter or longer than due fails "list" at once', async () => {
    const list = listOf(maximumPageItems + 2)
    const pages: readonly (readonly [count: number, problem: string])[] = [
      [1, `the page from 0 on has 1 receipts, ${maximumPageItems} are due`],
      [0, `the page from 0 on has 0 receipts, ${maximumPageItems} are due`],
      [3, `the page from ${maximumPageItems} on has 3 receipts, 2 are due`],
    ]
    for (const [count, problem] of pages) {
      let asked = 0
      const miners: MinerPort = {
        workPage: async (_peer, { offset }) => {
          asked += 1
          const isChanged = problem.startsWith(`the page from ${offset} `)
          const receipts = isChanged ? list.slice(0, count) : list.slice(offset, offset + maximumPageItems)
          return { count: list.length, receipts }
        },
        evidence: async (_peer, requestId) => evidenceOf(requestId),
      }
      const [miner] = await assess(miners, { askTimeoutMs: 5_000, timeMs: 30_000, list })
      expect(miner?.checks).toEqual([
        { name: 'list', state: 'fail', detail: `${problem}: ${list.length} were committed` },
      ])
      expect(asked).toBe(count === 3 ? 2 : 1)
    }
  })
})

describe('miners that dribble', () => {
  let time: SimulatedTime
  beforeEach(() => {
    time = new SimulatedTime()
  })
  /** Within the limit of one question; all pages of the list would take 20 minutes. */
  const slowly = (signal: AbortSignal): Promise<void> => time.wait(9_000, signal)
  const endless = { root: sha256Hex('anything'), count: 262_144 }
  const dribblers = 16
  const committed = (uid: number) => (uid <= dribblers ? endless : workCommitmentOf(items))
  const limits = { count: dribblers + 4, concurrency: dribblers, askTimeoutMs: 30_000, leastTimeMs: 3_000, committed }

  const dribbling = (pageItems: number): MinerPort => ({
    workPage: async (peer, { netuid, epoch, offset }, signal) => {
      if (Number(peer.hotkey) > dribblers) return workPage(items, { netuid, epoch, offset, limit: maximumPageItems })
      await slowly(signal)
      return { count: endless.count, receipts: Array(pageItems).fill(items[0]) }
    },
    evidence: async (_peer, requestId) => evidenceOf(requestId),
  })

  it('receipt by receipt are done with after a page', async () => {
    const miners = await assessInTime(time, dribbling(1), { ...limits, timeMs: 900_000 })
    expect(miners.map(({ uid }) => uid)).toEqual(Array.from({ length: limits.count }, (_, index) => index + 1))
    for (const miner of miners) expect(failedCheckNames(miner)).toEqual(miner.uid <= dribblers ? ['list'] : [])
    for (const miner of miners.slice(dribblers)) expect(miner.work.length).toBeGreaterThan(0)
  })

  it('page by page use up their own share of the time and nobody else’s', async () => {
    for (const concurrency of [dribblers, 4]) {
      const miners = await assessInTime(time, dribbling(maximumPageItems), { ...limits, concurrency, timeMs: 60_000 })
      for (const miner of miners.slice(dribblers)) {
        expect(failedCheckNames(miner)).toEqual([])
        expect(miner.checks.map(({ name, state }) => `${name} ${state}`)).toEqual(['list pass'])
        expect(miner.work.length).toBeGreaterThan(0)
      }
      const used = miners.slice(0, dribblers).flatMap(({ checks }) => checks.filter(({ state }) => state === 'fail'))
      for (const { name, detail } of used) {
        expect(name).toBe('list')
        expect(detail).toMatch(/^its answers took longer than the \d+ ms that one miner may take in all$/)
      }
    }
  })

  it('in every round leave each its share', async () => {
    const asked = new Set<number>()
    const miners: MinerPort = {
      ...dribbling(maximumPageItems),
      workPage: async (peer, _page, signal) => {
        asked.add(Number(peer.hotkey))
        await slowly(signal)
        return { count: endless.count, receipts: Array(maximumPageItems).fill(items[0]) }
      },
    }
    const options = { askTimeoutMs: 30_000, leastTimeMs: 3_000, timeMs: 60_000, committed: () => endless }
    const found = await assessInTime(time, miners, { ...options, count: 16, concurrency: 4 })
    expect(asked.size).toBe(16)
    const used = found.filter((miner) => failedCheckNames(miner).includes('list'))
    // The last round has what is left of the phase, and nobody waits behind it.
    expect(used.length).toBe(12)
  })
})

describe('the order of visits', () => {
  it('is not that of the seats, differs from time to time, and does not show', async () => {
    const orderOf = async (random: typeof systemRandom) => {
      const order: number[] = []
      const miners: MinerPort = {
        workPage: async (peer, { netuid, epoch, offset }) => {
          order.push(Number(peer.hotkey))
          return workPage(items, { netuid, epoch, offset, limit: maximumPageItems })
        },
        evidence: async (_peer, requestId) => evidenceOf(requestId),
      }
      const found = await assess(miners, { count: 40, concurrency: 1, askTimeoutMs: 5_000, timeMs: 30_000, random })
      expect(found.map(({ uid }) => uid)).toEqual([...order].sort((a, b) => a - b))
      return order
    }
    const nonce = (value: number) => (count: number) => new Uint8Array(count).fill(value)
    const [first, again, other] = [await orderOf(nonce(1)), await orderOf(nonce(1)), await orderOf(nonce(2))]
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
    for (const order of [first, other]) {
      expect(new Set(order).size).toBe(40)
      expect(order).not.toEqual([...order].sort((a, b) => a - b))
    }
  })
})

describe('a miner that is asked for evidence', () => {
  it('passes when it shows it', async () => {
    const [miner] = await assess(
      port(async (requestId) => evidenceOf(requestId)),
      { askTimeoutMs: 5_000, timeMs: 30_000 },
    )
    expect(failedCheckNames(miner as NonNullable<typeof miner>)).toEqual([])
    expect(miner?.work.length).toBeGreaterThan(0)
  })

  it('fails "evidence" when it stalls, is waited for once, and takes no time from others', async () => {
    let asked = 0
    const [honest, staller] = await assess(
      port((requestId, signal, uid) => {
        if (uid === 1) return Promise.resolve(evidenceOf(requestId))
        asked += 1
        return stall(signal)
      }),
      { count: 2, askTimeoutMs: 40, timeMs: 30_000 },
    )
    expect(asked).toBe(3)
    expect(failedCheckNames(staller as NonNullable<typeof staller>)).toEqual(['evidence'])
    expect(staller?.work.every(({ checks }) => checks[0]?.detail === 'no answer within 40 ms')).toBe(true)
    expect(failedCheckNames(honest as NonNullable<typeof honest>)).toEqual([])
  })

  it('fails too when the time for checking ends while it stalls', async () => {
    const [miner] = await assess(
      port((_requestId, signal) => stall(signal)),
      { askTimeoutMs: 200, timeMs: 500 },
    )
    expect(failedCheckNames(miner as NonNullable<typeof miner>)).toEqual(['evidence'])
  })

  it('is not accused when there was no time to ask', async () => {
    const [miner] = await assess(
      port((_requestId, signal) => stall(signal)),
      { askTimeoutMs: 30_000, timeMs: 50 },
    )
    expect(miner?.work.map(({ checks }) => checks.map(({ name, state }) => `${name} ${state}`))).toEqual(
      miner?.work.map(() => ['evidence notChecked']),
    )
  })

  it('may answer at the third attempt', async () => {
    let attempts = 0
    const [miner] = await assess(
      port(async (requestId) => {
        attempts += 1
        if (attempts < 3) throw new Error('busy')
        return evidenceOf(requestId)
      }),
      { askTimeoutMs: 5_000, timeMs: 30_000 },
    )
    expect(failedCheckNames(miner as NonNullable<typeof miner>)).toEqual([])
  })
})
