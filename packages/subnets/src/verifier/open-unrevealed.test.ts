import { type Address, type Hex, sha256Hex, systemRandom } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import type { WeightsCommitment } from '../client/index.ts'
import { createLocalTimekeeper } from '../provider/index.ts'
import { epochWindow, weightsCommitment } from '../rules/index.ts'
import { firstRoundAt, type SealedWeights, sealRow } from '../rules/timelock/index.ts'
import { openUnrevealed } from './open-unrevealed.ts'

const clock = {
  genesisSeconds: 1_700_000_000,
  epochSeconds: 100,
  workCommitSeconds: 10,
  weightCommitSeconds: 20,
  weightRevealSeconds: 10,
  activationDelaySeconds: 5,
}
const window = epochWindow(clock, 4)
let nowSeconds = window.weightCommitEndsAtSeconds - 1
const timekeeper = createLocalTimekeeper({
  seed: new Uint8Array(32).fill(255),
  chainId: 7,
  epochsContract: `0x${'e1'.repeat(20)}`,
  genesisSeconds: clock.genesisSeconds,
  periodSeconds: 3,
  nowSeconds: async () => nowSeconds,
})
const round = firstRoundAt(timekeeper.chain, window.weightCommitEndsAtSeconds)
const place = { chainId: 7, weightsContract: `0x${'a7'.repeat(20)}` as Address, netuid: 1, epoch: 4 }
const hotkeyOf = (index: number): Address => `0x${`0${index}`.repeat(20)}`
const weightsOf = (index: number): SealedWeights => ({
  hotkey: hotkeyOf(index),
  netuid: 1,
  epoch: 4,
  packedRow: `0x000${index}ffff`,
  salt: sha256Hex(`salt ${index}`),
})
const committed = async (index: number, sealed?: Hex): Promise<WeightsCommitment> => ({
  hotkey: hotkeyOf(index),
  commitment: weightsCommitment({ ...weightsOf(index), ...place }),
  sealed: sealed ?? (await sealRow({ chain: timekeeper.chain, round }, weightsOf(index), systemRandom)),
})
const open = (commitments: readonly WeightsCommitment[]) =>
  openUnrevealed({ ...place, timekeeper, window, commitments })

describe('openUnrevealed', () => {
  it('waits for the round, and needs none where nothing is sealed', async () => {
    const one = await committed(1)
    await expect(open([one])).rejects.toMatchObject({ code: 'subnets/beacon-too-early', retry: 'later' })
    expect(await open([await committed(3, '0x')])).toEqual({ rows: [], ignored: [] })
    nowSeconds = window.weightCommitEndsAtSeconds + 3
    expect((await open([one])).rows).toEqual([weightsOf(1)])
  })

  it('opens what the silent sealed, whatever others sealed', async () => {
    const seal = (weights: SealedWeights, to = round) =>
      sealRow({ chain: timekeeper.chain, round: to }, weights, systemRandom)
    const [honest, alsoHonest] = [await committed(1), await committed(2)]
    const commitments = [
      honest,
      await committed(3, '0x'),
      await committed(4, `${honest.sealed.slice(0, -2)}${honest.sealed.endsWith('00') ? '01' : '00'}` as Hex),
      // Copied from another, sealed to another moment, another row than the one committed to, another epoch's.
      await committed(5, honest.sealed),
      await committed(6, await seal(weightsOf(6), round + 1)),
      await committed(7, await seal({ ...weightsOf(7), packedRow: '0x0009ffff' })),
      await committed(8, await seal({ ...weightsOf(8), epoch: 5 })),
      alsoHonest,
      await committed(9, '0x1234'),
    ]
    const { rows, ignored } = await open(commitments)
    expect(rows).toEqual([weightsOf(1), weightsOf(2)])
    expect(ignored.map(({ hotkey, why }) => [hotkey, why])).toEqual([
      [hotkeyOf(6), `it is sealed to round ${round + 1}, not to round ${round}`],
      [hotkeyOf(9), expect.stringContaining('it has not')],
      [hotkeyOf(4), expect.stringContaining('its text was altered')],
      [hotkeyOf(5), expect.stringContaining('was not made by')],
      [hotkeyOf(7), 'what is sealed is not what was committed to'],
      [hotkeyOf(8), expect.stringContaining('was not made by')],
    ])
  })
})
