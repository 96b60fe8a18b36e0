import { type Hex, sha256Hex } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { failedCheckNames, type WorkItem, workCommitmentOf, workPage } from '../rules/index.ts'
import { type DigestEvidence, digestReceiptHash, digestSubnet } from '../testing/digest-subnet.ts'
import { assessMiners } from './assess.ts'
import type { MinerPort } from './ports.ts'

const hotkey = (uid: number): Hex => `0x${uid.toString(16).padStart(40, '0')}`
const evidence = (text: string): DigestEvidence => ({ text, digest: sha256Hex(text) })
const items = ['a', 'b', 'c', 'd'].map(
  (text, index): WorkItem => ({
    receiptHash: digestReceiptHash(evidence(text)),
    requestId: `0x${index.toString(16).padStart(32, '0')}`,
  }),
)
const evidenceOf = (requestId: Hex): unknown => evidence('abcd'[Number(requestId)] as string)

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
  return assessMiners(
    {
      netuid: 1,
      subnet: options.audit === undefined ? digestSubnet : { ...digestSubnet, audit: options.audit },
      miners,
      verifyPorts: undefined as never,
    },
    {
      epoch: 1,
      window: { startsAt: 0, endsAt: 10, workCommitEndsAt: 11, weightCommitEndsAt: 12, revealEndsAt: 13 },
      beacon: sha256Hex('beacon'),
      seats,
      endpoints: seats.map((seat) => ({ ...seat, endpoint: 'http://127.0.0.1:9' })),
      commitments: seats.map((seat) => ({ ...seat, ...workCommitmentOf(items) })),
      probes: [],
      memories: options.memories ?? new Map(),
    },
    { concurrency: 4, askTimeoutMs: options.askTimeoutMs },
    AbortSignal.timeout(options.timeMs),
  )
}

describe('a list of a miner', () => {
  const limits = { askTimeoutMs: 5_000, timeMs: 30_000 }
  const showing = (change: (receipts: readonly WorkItem[]) => readonly object[]): MinerPort => ({
    // Two pieces a page.
    workPage: async (_peer, { netuid, epoch, offset }) => {
      const page = workPage(items, { netuid, epoch, offset, limit: 2 })
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
          checks: [{ name: 'links', state: 'fail', detail: `${memory} ${window.endsAt} ${name === hotkey(1)}` }],
          memory: { at: pages.length },
        }),
      }),
    })
    expect(pages.map((page) => page.length)).toEqual([2, 2])
    expect(pages[1]?.[0]).toEqual({ for: items[2]?.requestId })
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
