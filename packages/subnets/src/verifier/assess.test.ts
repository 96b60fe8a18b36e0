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

function assess(miners: MinerPort, options: { count?: number; askTimeoutMs: number; timeMs: number }) {
  const seats = Array.from({ length: options.count ?? 1 }, (_, index) => ({
    uid: index + 1,
    hotkey: hotkey(index + 1),
  }))
  return assessMiners(
    { netuid: 1, subnet: digestSubnet, miners, verifyPorts: undefined as never },
    {
      epoch: 1,
      window: { startsAt: 0, endsAt: 10, workCommitEndsAt: 11, weightCommitEndsAt: 12, revealEndsAt: 13 },
      beacon: sha256Hex('beacon'),
      seats,
      endpoints: seats.map((seat) => ({ ...seat, endpoint: 'http://127.0.0.1:9' })),
      commitments: seats.map((seat) => ({ ...seat, ...workCommitmentOf(items) })),
      probes: [],
    },
    { concurrency: 4, askTimeoutMs: options.askTimeoutMs },
    AbortSignal.timeout(options.timeMs),
  )
}

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
