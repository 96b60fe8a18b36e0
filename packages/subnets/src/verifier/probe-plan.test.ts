import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Hex, systemRandom, zeroHash } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digestSubnet } from '../testing/digest-subnet.ts'
import { until } from '../testing/test-ledger.ts'
import { defaultTiming, type Prober } from './ports.ts'
import { ProbePlan } from './probe-plan.ts'
import { ValidatorStore, validatorStoreSchema } from './validator-store.ts'

const account = (byte: string): Hex => `0x${byte.repeat(20)}`
const [me, miner, silent, validator, nowhere] = ['01', '02', '03', '04', '05'].map(account) as [Hex, Hex, Hex, Hex, Hex]
const window = { startsAt: 1_000, endsAt: 2_000 }
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

  it('asks every miner as often as wanted, itself and other validators never, and notes silence', async () => {
    const plan = setup(store, async (_task, peer) => {
      if (peer.hotkey === silent) throw new Error('no answer')
      return answer
    })
    const signal = new AbortController().signal
    await until('all probes are noted', async () => {
      await plan.tick(1, window, 1_000, signal)
      await plan.tick(1, window, 1_990, signal)
      return (await store.probes(7, 1)).length === 4
    })
    const probes = await store.probes(7, 1)
    expect(probes.filter(({ hotkey }) => hotkey === miner).map((probe) => probe.answer)).toEqual([answer, answer])
    expect(probes.filter(({ hotkey }) => hotkey === silent).map((probe) => probe.answer)).toEqual([
      undefined,
      undefined,
    ])
  })

  it('asks only what is missing after a restart', async () => {
    for (const hotkey of [miner, silent, silent]) await store.saveProbe(7, 1, { hotkey, answer })
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

  it('plans no question for the very end of an epoch', async () => {
    const asked: Hex[] = []
    const plan = setup(store, async (_task, peer) => {
      asked.push(peer.hotkey)
      return answer
    })
    const signal = new AbortController().signal
    await plan.tick(1, window, 1_000, signal)
    await plan.tick(2, { startsAt: 2_000, endsAt: 3_000 }, 2_000, signal)
    await plan.settle(5_000)
    // What was due in epoch 1 and not asked there is not asked in epoch 2.
    expect((await store.probes(7, 1)).length).toBe(asked.length - (await store.probes(7, 2)).length)
  })
})

function setup(store: ValidatorStore, prober: Prober<{ text: string }>) {
  const endpoints = [me, miner, silent, validator].map((hotkey, uid) => ({
    hotkey,
    uid,
    endpoint: 'http://127.0.0.1:1',
  }))
  const ledger = {
    endpoints: async () => [...endpoints, { hotkey: nowhere, uid: 9, endpoint: '' }],
    permittedAt: async () => [me, validator].map((hotkey) => ({ hotkey, stake: 1n })),
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
  return new ProbePlan(options as never, defaultTiming)
}
