import { type Hex, hexToBytes, sha256Hex, systemRandom } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { createLocalTimekeeper } from '../provider/index.ts'
import { epochWindow, packRow } from '../rules/index.ts'
import { firstRoundAt, openSealedRow } from '../rules/timelock/index.ts'
import type { ValidatorEvent } from './ports.ts'
import { sealOwnRow } from './seal-own-row.ts'

const genesisSeconds = 1_800_000_000
const clock = {
  genesisSeconds,
  epochSeconds: 100,
  workCommitSeconds: 10,
  weightCommitSeconds: 20,
  weightRevealSeconds: 10,
  activationDelaySeconds: 5,
}
const window = epochWindow(clock, 4)
const timekeeperSeconds = window.weightCommitEndsAtSeconds
const timekeeper = createLocalTimekeeper({
  seed: new Uint8Array(32).fill(9),
  chainId: 7,
  epochsContract: `0x${'e1'.repeat(20)}`,
  genesisSeconds,
  periodSeconds: 1,
  nowSeconds: async () => timekeeperSeconds,
})
const hotkey = `0x${'a1'.repeat(20)}` as const
const salt = sha256Hex('salt')
const rowOf = (seats: number): Hex => packRow(Array.from({ length: seats }, (_, uid) => ({ uid, weight: 1 + uid })))

async function seal(row: Hex, secondsLeft = 10, source: typeof timekeeper | 'none' = timekeeper) {
  const events: ValidatorEvent[] = []
  const options = {
    netuid: 1,
    writer: { hotkey } as never,
    ledger: { nowSeconds: async () => window.weightCommitEndsAtSeconds - secondsLeft } as never,
    ...(source === 'none' ? {} : { timekeeper: source }),
    random: systemRandom,
    onEvent: (event: ValidatorEvent) => events.push(event),
  }
  const sealed = await sealOwnRow({ options, epoch: 4, window }, { packedRow: row, salt })
  return { sealed, why: events.map((event) => (event.kind === 'notSealed' ? event.why : event.kind)) }
}

describe('sealOwnRow', () => {
  it('seals to the round of the reveal phase: 249 bytes around the row, of 256 seats too', async () => {
    for (const seats of [0, 3, 256]) {
      const { sealed, why } = await seal(rowOf(seats))
      expect(hexToBytes(sealed as Hex)).toHaveLength(249 + 4 * seats)
      expect(why).toEqual([])
      const round = await timekeeper.round(firstRoundAt(timekeeper.chain, window.weightCommitEndsAtSeconds))
      const opened = await openSealedRow(sealed as Hex, round, { hotkey, netuid: 1, epoch: 4 })
      expect(opened).toMatchObject({ packedRow: rowOf(seats), salt })
    }
  })

  it('goes without, and says why, where a row is too long, the key no key, time short, or the ledger behind', async () => {
    expect(await seal(rowOf(257))).toEqual({ sealed: undefined, why: [expect.stringContaining('its row is too long')] })
    const keyless = { ...timekeeper, chain: { ...timekeeper.chain, publicKey: `0x${'ab'.repeat(96)}` as const } }
    expect(await seal(rowOf(3), 10, keyless)).toEqual({ sealed: undefined, why: [expect.any(String)] })
    expect(await seal(rowOf(3), 16)).toEqual({
      sealed: undefined,
      why: ["the timekeeper's clock is 16 s ahead of the ledger's"],
    })
    expect((await seal(rowOf(3), 15)).sealed).toBeDefined()
    expect(await seal(rowOf(3), 2)).toEqual({ sealed: undefined, why: ['the phase ends in 2 s'] })
    expect((await seal(rowOf(3), 3)).sealed).toBeDefined()
    const silent = { ...timekeeper, nowSeconds: () => Promise.reject(new Error('no clock')) }
    expect(await seal(rowOf(3), 10, silent)).toEqual({ sealed: undefined, why: ['no clock'] })
  })

  it('says nothing where the network has no timekeeper', async () => {
    expect(await seal(rowOf(3), 10, 'none')).toEqual({ sealed: undefined, why: [] })
  })
})
