import { type Hex, sha256Hex } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { createBeaconRandom, type MinerEvidence, type WorkEvidence } from '../rules/index.ts'
import { type DigestEvidence, digestReceiptHash, digestSource, digestSpecHash, digestSubnet } from './digest-subnet.ts'

const right: DigestEvidence = { text: 'a', digest: sha256Hex('a') }
const hotkey: Hex = `0x${'11'.repeat(20)}`

async function failuresOf(work: DigestEvidence, receiptHash = digestReceiptHash(work)) {
  const window = { startsAtSeconds: 0, endsAtSeconds: 10 }
  const signal = AbortSignal.timeout(5_000)
  const context = { hotkey, receiptHash, source: 'sample', window, ownCopy: undefined, signal } as const
  const { checks } = await digestSubnet.verify(work, context, { none: true })
  return checks.filter(({ state }) => state === 'fail').map(({ name }) => name)
}

function miner(work: readonly WorkEvidence[]): MinerEvidence {
  return { uid: 1, hotkey, committedCount: work.length, checks: [], work, probesAsked: 0, probesAnswered: 0 }
}

describe('the digest subnet', () => {
  it('tells right from wrong work and from work of another receipt', async () => {
    expect(await failuresOf(right)).toEqual([])
    expect(await failuresOf({ ...right, digest: sha256Hex('b') })).toEqual(['digest'])
    expect(await failuresOf(right, sha256Hex('other'))).toEqual(['receipt'])
  })

  it('pays for right work only', () => {
    const work = (state: 'pass' | 'fail'): WorkEvidence => ({
      source: 'sample',
      requestId: `0x${'0f'.repeat(16)}`,
      receiptHash: digestReceiptHash(right),
      checks: [{ name: 'digest', state, detail: '' }],
      facts: {},
    })
    const score = (evidence: MinerEvidence) =>
      digestSubnet.score(evidence, { netuid: 1, epoch: 1, peers: [evidence] }).scorePpm
    expect(score(miner([work('pass')]))).toBe(1_000_000)
    expect(score(miner([work('pass'), work('fail')]))).toBe(0)
    expect(score(miner([]))).toBe(0)
  })

  it('samples at most four pieces and asks questions that differ', () => {
    const context = { hotkey, netuid: 1, epoch: 1 }
    const sample = (committedCount: number) =>
      digestSubnet.sample(createBeaconRandom(sha256Hex('beacon'), 'test'), { ...context, committedCount })
    expect(sample(100)).toHaveLength(4)
    expect(sample(2)).toEqual([0, 1])
    const ask = (byte: number) => digestSubnet.probe?.((length) => new Uint8Array(length).fill(byte), context)
    expect(ask(1)).not.toEqual(ask(2))
    expect(digestSpecHash).toBe(digestSubnet.specHash(digestSource))
  })
})
