import { bytesToHex, type Hex } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import type { SubmittedRoot, SubnetLedger } from '../client/index.ts'
import { winnerTakeAll } from '../rules/aggregators/winner-take-all.ts'
import { hashOfWords } from '../rules/epoch-record.ts'
import { type Aggregator, type EpochComputation, type PreviousResult, packRow, resultDigest } from '../rules/index.ts'
import { resultRoot } from '../rules/result-tree.ts'
import { amountWord } from '../rules/seat-words.ts'
import { stakeMedian } from '../rules/stake-median.ts'
import { keccakHex } from '../rules/words.ts'
import { yuma3 } from '../rules/yuma/aggregator.ts'
import { EpochHistory } from './epoch-history.ts'
import type { StoredCarry } from './validator-store.ts'

const address = (n: number): Hex => `0x${n.toString(16).padStart(40, '0')}`
const domain = { chainId: 1, epochsContract: address(98), weightsContract: address(99) }
const epochSeconds = 100

/** A ledger that says what three seats and two validators did, and which roots were submitted. */
function network() {
  const roots: SubmittedRoot[] = []
  const asked: number[] = []
  const hotkeys = [1, 2].map(address)
  const ledger = {
    domain,
    clock: async () => ({
      genesisSeconds: 1_000,
      epochSeconds,
      workCommitSeconds: 10,
      weightCommitSeconds: 10,
      weightRevealSeconds: 10,
      activationDelaySeconds: 10,
    }),
    roots: async () => roots,
    seatsAt: async () => [1, 2, 3].map((n) => ({ uid: n - 1, hotkey: address(n), sinceSeconds: 1_000 })),
    permittedAt: async () => hotkeys.map((hotkey) => ({ hotkey, stake: 100n })),
    reveals: async (_netuid: number, epoch: number) =>
      hotkeys.map((hotkey, index) => ({
        hotkey,
        row: packRow([
          { uid: 0, weight: 7 },
          { uid: 1, weight: 5 + epoch },
          { uid: 2, weight: 50 + 20 * index },
        ]),
      })),
    specHash: async (_netuid: number, epoch: number) => {
      asked.push(epoch)
      return `0x${'77'.repeat(32)}` as const
    },
    accrued: async (_netuid: number, epoch: number) => {
      const part = BigInt(epoch) * 1_000n
      return { owner: 0n, miners: part, dividends: part }
    },
  } as unknown as SubnetLedger
  const historyOf = (aggregator: Aggregator, carries?: Map<number, StoredCarry>) =>
    new EpochHistory({
      netuid: 1,
      ledger,
      aggregator,
      ...(carries === undefined
        ? {}
        : {
            store: {
              carry: async (_netuid, epoch) => carries.get(epoch),
              saveCarry: async (_netuid, epoch, carry) => void carries.set(epoch, carry),
            },
          }),
    })
  /** What the aggregator gives on top of the last root, or something else, as a root of the epoch. */
  const submit = async (epoch: number, aggregator: Aggregator, change: (one: EpochComputation) => Partial<Forged>) => {
    const last = roots.at(-1)
    const computed = await historyOf(aggregator).compute(
      epoch,
      last && (await historyOf(aggregator).resultBehind(last)),
    )
    const posting = { ...computed.posting, ...change(computed) }
    const result = { ...computed.result, root: resultRoot(posting), carryHash: hashOfWords(posting.carry) }
    const resultHash = bytesToHex(resultDigest(domain, result))
    const root = { epoch, resultHash, activatesAtSeconds: 0, result, posting, signedBy: [] }
    roots.push(root)
    return { computed, root }
  }
  return { roots, asked, historyOf, submit, ledger }
}

type Forged = Pick<EpochComputation['posting'], 'amounts' | 'carry'>
const honestly = () => ({})
const unknownCarry = [keccakHex(new Uint8Array(3))]
const stolen = { amounts: [amountWord({ mined: 10n ** 30n, dividends: 0n })] }

describe('what a root left behind', () => {
  it('is what was posted, however wrong, and needs nothing computed where nothing is carried', async () => {
    const { historyOf, submit, asked } = network()
    const { root } = await submit(1, stakeMedian, () => stolen)
    asked.length = 0
    expect(await historyOf(stakeMedian).resultBehind(root)).toEqual({
      epoch: 1,
      resultHash: root.resultHash,
      words: root.posting,
      totals: { miners: root.result.minersTotal, dividends: root.result.dividendsTotal },
      carry: '0x',
    })
    expect(asked).toEqual([])
    // The next honest one builds on it and is found to be right.
    const { root: next, computed } = await submit(2, stakeMedian, honestly)
    expect(next.result).toEqual(computed.result)
    expect(computed.inputs.previous?.words.amounts).toEqual(stolen.amounts)
  })

  it('keeps the state of a root that is wrong in everything but its carry', async () => {
    const { historyOf, submit } = network()
    await submit(1, yuma3, honestly)
    const { root, computed } = await submit(2, yuma3, () => stolen)
    expect(computed.carry).not.toBe('0x')
    expect((await historyOf(yuma3).resultBehind(root)).carry).toBe(computed.carry)
  })

  it('begins anew where the posted carry is not what rows and stakes give, for who was there and who comes later', async () => {
    const { historyOf, submit, asked } = network()
    const carries = new Map<number, StoredCarry>()
    const there = historyOf(yuma3, carries)
    const { root: first } = await submit(1, yuma3, honestly)
    expect((await there.resultBehind(first)).carry).not.toBe('0x')
    const { root: wrong } = await submit(2, yuma3, () => ({ carry: unknownCarry }))
    expect((await there.resultBehind(wrong)).carry).toBe('0x')
    asked.length = 0
    expect((await there.resultBehind(wrong)).carry).toBe('0x')
    expect(asked).toEqual([])
    const { root: third, computed } = await submit(3, yuma3, honestly)
    for (const history of [there, historyOf(yuma3), historyOf(yuma3, carries)])
      expect((await history.resultBehind(third)).carry).toBe(computed.carry)
    expect([...carries.keys()]).toEqual([1, 3])
  })

  it('begins anew after another aggregator, whether its carry is remembered or not', async () => {
    const { historyOf, submit } = network()
    const { root, computed } = await submit(1, winnerTakeAll, honestly)
    expect(root.posting.carry).toHaveLength(1)
    const remembering = historyOf(yuma3, new Map([[1, { root: root.result.root, carry: computed.carry }]]))
    const results = await Promise.all(
      [remembering, historyOf(yuma3)].map(async (history) => {
        const previous: PreviousResult = await history.resultBehind(root)
        return (await history.compute(2, previous)).result
      }),
    )
    expect(results[0]).toEqual(results[1])
    expect(results[0]?.previousHash).toBe(root.resultHash)
  })

  it('does not take a damaged memory for the carry', async () => {
    const { historyOf, submit } = network()
    const { root, computed } = await submit(1, yuma3, honestly)
    const damaged = new Map([[1, { root: root.result.root, carry: '0x1234' as const }]])
    expect((await historyOf(yuma3, damaged).resultBehind(root)).carry).toBe(computed.carry)
  })
})

describe('the ground of a root', () => {
  it('is the one it names, and one that is not there is no reason to object', async () => {
    const { historyOf, submit, roots } = network()
    const { root: first } = await submit(1, stakeMedian, honestly)
    const { root: second } = await submit(2, stakeMedian, honestly)
    const history = historyOf(stakeMedian)
    expect([await history.baseOf(first), await history.baseOf(second)]).toEqual([undefined, first])
    roots.shift()
    await expect(history.baseOf(second)).rejects.toMatchObject({ code: 'subnets/incomplete-ledger', retry: 'later' })
  })
})
