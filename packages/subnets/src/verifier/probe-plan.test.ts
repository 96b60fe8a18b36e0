import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Hex, sleep, systemRandom, zeroHash } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digestSubnet } from '../testing/digest-subnet.ts'
import { until } from '../testing/test-ledger.ts'
import { defaultTiming, type Prober, type ValidatorTiming } from './ports.ts'
import { ProbePlan } from './probe-plan.ts'
import { ValidatorStore, validatorStoreSchema } from './validator-store.ts'

const account = (byte: string): Hex => `0x${byte.repeat(20)}`
const [me, miner, silent, permitted, nowhere] = ['01', '02', '03', '04', '05'].map(account) as [Hex, Hex, Hex, Hex, Hex]
const window = { startsAtSeconds: 1_000, endsAtSeconds: 2_000, workCommitEndsAtSeconds: 2_100 }
const answer = {
  requestId: `0x${'0f'.repeat(16)}`,
  receiptHash: zeroHash,
  endedAtMs: 1_500_000,
  ownCopy: null,
} as const

describe('ProbePlan', () => {
  let folder: string
  let durable: DurableStore
  let store: ValidatorStore
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'koinon-probes-'))
    durable = await DurableStore.open(join(folder, 'validator.sqlite'), validatorStoreSchema)
    store = new ValidatorStore(durable)
  })
  afterEach(async () => {
    await durable.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('asks every seat but its own as often as wanted, also one with a permit or no endpoint, and notes silence', async () => {
    const plan = setup(store, async (_task, peer) => {
      if (peer.hotkey !== miner) throw new Error('no answer')
      return answer
    })
    const signal = new AbortController().signal
    await until('all probes are noted', async () => {
      await plan.tick(1, window, 1_000, signal)
      await plan.tick(1, window, 1_990, signal)
      return (await store.probes(7, 1)).length === 8
    })
    const probes = await store.probes(7, 1)
    expect(probes.filter(({ hotkey }) => hotkey === miner).map((probe) => probe.answer)).toEqual([answer, answer])
    for (const unanswered of [silent, permitted, nowhere]) {
      const asked = probes.filter(({ hotkey }) => hotkey === unanswered)
      expect(asked.map((probe) => probe.answer)).toEqual([undefined, undefined])
    }
    expect(probes.filter(({ hotkey }) => hotkey === me)).toEqual([])
  })

  it('asks only what is missing after a restart', async () => {
    for (const hotkey of [miner, ...[silent, permitted, nowhere].flatMap((one) => [one, one])])
      await store.saveProbe(7, 1, { hotkey, answer })
    const asked: Hex[] = []
    const plan = setup(store, async (_task, peer) => {
      asked.push(peer.hotkey)
      return answer
    })
    const signal = new AbortController().signal
    await plan.tick(1, window, 1_000, signal)
    await plan.tick(1, window, 1_990, signal)
    await plan.settle(5_000)
    expect(asked).toEqual([miner])
  })

  it('holds nothing against a miner when it stops itself', async () => {
    const stop = new AbortController()
    const plan = setup(
      store,
      (_task, _peer, signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))),
    )
    await plan.tick(1, window, 1_000, stop.signal)
    await plan.tick(1, window, 1_990, stop.signal)
    stop.abort()
    await plan.settle(5_000)
    expect(await store.probes(7, 1)).toEqual([])
  })

  it('lets nobody who stalls keep others from being asked, and notes each stalled question', async () => {
    const crowd = Array.from({ length: 60 }, (_, index) => account((index + 16).toString(16)))
    const neverEnds = new Promise<never>(() => undefined)
    const prober: Prober<{ text: string }> = (_task, peer) =>
      peer.hotkey === miner ? Promise.resolve(answer) : neverEnds
    // The crowd has the earlier seats, and not even the end of its time moves it.
    const plan = setup(store, prober, [...crowd, miner], { concurrency: 4, leastProbeMs: 300 })
    const short = { startsAtSeconds: 1_000, endsAtSeconds: 1_004, workCommitEndsAtSeconds: 1_006 }
    const signal = new AbortController().signal
    // Time on this ledger never runs ahead of the clock that ends questions.
    for (let now = 1_000; now < short.endsAtSeconds; now += 0.05) {
      await plan.tick(1, short, now, signal)
      await sleep(50)
    }
    await plan.settle(10_000)
    const probes = await store.probes(7, 1)
    // On a slow machine the second question may find no fair time left; none goes unanswered.
    const answers = probes.filter(({ hotkey }) => hotkey === miner).map((probe) => probe.answer)
    expect(answers.length).toBeGreaterThan(0)
    expect(answers.every((one) => one !== undefined)).toBe(true)
    for (const hotkey of crowd) {
      const asked = probes.filter((probe) => probe.hotkey === hotkey)
      expect(asked.length).toBeGreaterThan(0)
      expect(asked.filter((probe) => probe.answer !== undefined)).toEqual([])
    }
  }, 60_000)

  it('starts no question that has no time left, and ends each before miners are assessed', async () => {
    const limits: AbortSignal[] = []
    const prober: Prober<{ text: string }> = (_task, _peer, limit) => {
      limits.push(limit)
      return new Promise(() => undefined)
    }
    const plan = setup(store, prober, undefined, { leastProbeMs: 1_000 })
    const signal = new AbortController().signal
    const first = { startsAtSeconds: 988, endsAtSeconds: 1_000, workCommitEndsAtSeconds: 1_002 }
    for (const now of [999.1, 999.9]) await plan.tick(1, first, now, signal)
    expect(limits).toEqual([])
    await plan.tick(2, { startsAtSeconds: 1_000, endsAtSeconds: 1_001, workCommitEndsAtSeconds: 1_002 }, 1_000, signal)
    await plan.settle(10_000)
    expect(limits.map(({ aborted }) => aborted)).toEqual(Array(8).fill(true))
    expect((await store.probes(7, 2)).map((probe) => probe.answer)).toEqual(Array(8).fill(undefined))
  }, 30_000)

  it('plans no question for the very end of an epoch', async () => {
    const asked: Hex[] = []
    const plan = setup(store, async (_task, peer) => {
      asked.push(peer.hotkey)
      return answer
    })
    const signal = new AbortController().signal
    await plan.tick(1, window, 1_000, signal)
    await plan.tick(2, { startsAtSeconds: 2_000, endsAtSeconds: 3_000, workCommitEndsAtSeconds: 3_100 }, 2_000, signal)
    await plan.settle(5_000)
    // What was due in epoch 1 and not asked there is not asked in epoch 2.
    expect((await store.probes(7, 1)).length).toBe(asked.length - (await store.probes(7, 2)).length)
  })
})

function setup(
  store: ValidatorStore,
  prober: Prober<{ text: string }>,
  seats: readonly Hex[] = [me, miner, silent, permitted],
  timing: Partial<ValidatorTiming> = {},
) {
  const endpoints = seats.map((hotkey, uid) => ({
    hotkey,
    uid,
    endpoint: 'http://127.0.0.1:1',
  }))
  const ledger = {
    endpoints: async () => [...endpoints, { hotkey: nowhere, uid: 9, endpoint: '' }],
    permittedAt: async () => [me, permitted].map((hotkey) => ({ hotkey, stake: 1n })),
  }
  const options = {
    netuid: 7,
    subnet: digestSubnet,
    store,
    ledger,
    writer: { hotkey: me },
    random: systemRandom,
    prober,
  }
  return new ProbePlan(options as never, { ...defaultTiming, ...timing })
}
