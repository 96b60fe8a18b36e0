import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type OracleEpoch, oracleEpoch } from '../../testing/yuma-oracle.ts'
import { yumaParameters, yumaSubnets } from '../../testing/yuma-worlds.ts'
import { runYumaEpoch, type UidRow, type YumaEpoch, type YumaSubnet } from './epoch.ts'
import { type YumaParameters, yuma2Defaults, yuma3Defaults } from './parameters.ts'

describe('runYumaEpoch', () => {
  it('has the bits of the oracle', () => {
    fc.assert(
      fc.property(yumaSubnets, yumaParameters, (subnet, parameters) => {
        expect(inBigints(runYumaEpoch(subnet, parameters))).toEqual(oracleEpoch(subnet, parameters))
      }),
      { numRuns: 500 },
    )
  })

  it('has them over many epochs, each on the bonds of the one before', () => {
    fc.assert(
      fc.property(yumaSubnets, yumaParameters, fc.array(fc.nat(12), { maxLength: 4 }), (subnet, parameters, turns) => {
        let now = subnet
        for (const turn of turns) {
          const epoch = runYumaEpoch(now, parameters)
          expect(inBigints(epoch)).toEqual(oracleEpoch(now, parameters))
          now = { ...now, bonds: epoch.bonds, permits: epoch.permits, weights: turned(now.weights, turn) }
        }
      }),
      { numRuns: 100 },
    )
  })

  it.each([yuma2Defaults, yuma3Defaults])('gives a whole in each of its shares, or nothing: $rule', (parameters) => {
    fc.assert(
      fc.property(yumaSubnets, (subnet) => {
        const { incentive, dividends, emission } = runYumaEpoch(subnet, parameters)
        for (const shares of [incentive, dividends]) {
          const sum = shares.reduce((left, right) => left + right, 0)
          expect(sum === 0 || (sum <= 2 ** 32 && sum >= 2 ** 32 - shares.length)).toBe(true)
        }
        expect(emission.reduce((left, right) => left + right, 0n) <= subnet.emission).toBe(true)
      }),
    )
  })

  it.each([yuma2Defaults, yuma3Defaults])(
    'does not care how validators and seats are numbered: $rule',
    (parameters) => {
      fc.assert(
        fc.property(yumaSubnets, fc.infiniteStream(fc.nat()), (subnet, random) => {
          const plain = { ...subnet, maximumValidators: subnet.stakes.length }
          const order = shuffled(subnet.stakes.length, random)
          expect(inBigints(runYumaEpoch(renumbered(plain, order), parameters))).toEqual(
            renumberedResult(inBigints(runYumaEpoch(plain, parameters)), order),
          )
        }),
        { numRuns: 200 },
      )
    },
  )

  it('does not care about the unit of stakes', () => {
    fc.assert(
      fc.property(yumaSubnets, yumaParameters, fc.bigInt(1n, 10n ** 9n), (subnet, parameters, factor) => {
        const scaled = {
          ...subnet,
          stakes: subnet.stakes.map((stake) => stake * factor),
          ...(subnet.stakeThreshold === undefined ? {} : { stakeThreshold: subnet.stakeThreshold * factor }),
        }
        expect(runYumaEpoch(scaled, parameters)).toEqual(runYumaEpoch(subnet, parameters))
      }),
    )
  })

  it('does not care about the unit of a row', () => {
    const rows = (factor: number): YumaSubnet => ({
      ...honest,
      weights: [
        [
          [3, 9 * factor],
          [4, 5 * factor],
          [5, 1 * factor],
        ],
        ...honest.weights.slice(1),
      ],
    })
    expect(runYumaEpoch(rows(4_369), yuma3Defaults)).toEqual(runYumaEpoch(rows(1), yuma3Defaults))
  })

  it('gives everything to validators by stake where nobody earned', () => {
    const silent = { ...honest, weights: honest.weights.map((): UidRow => []) }
    const epoch = runYumaEpoch(silent, yuma3Defaults)
    expect(epoch.emission).toEqual([500_000_000n, 299_999_999n, 199_999_999n, 0n, 0n, 0n])
    expect(epoch.serverEmission.every((amount) => amount === 0n)).toBe(true)
    const unpermitted = runYumaEpoch({ ...silent, permits: silent.permits.map(() => false) }, yuma3Defaults)
    expect(unpermitted.emission).toEqual([500_000_000n, 299_999_999n, 199_999_999n, 0n, 0n, 0n])
  })

  it('lets a validator lose a bond that it leaves out only by sparse liquid alpha', () => {
    const bonds: UidRow[] = [[[5, 60_000]], [], [], [], [], []]
    const omitting: YumaSubnet = {
      ...honest,
      bonds,
      weights: honest.weights.map((row) => row.filter(([seat]) => seat !== 5)),
    }
    const bondAfter = (liquidAlpha?: YumaParameters['liquidAlpha']): number | undefined =>
      runYumaEpoch(omitting, {
        ...yuma3Defaults,
        ...(liquidAlpha === undefined ? {} : { liquidAlpha }),
      }).bonds[0]?.find(([seat]) => seat === 5)?.[1]
    const liquid = { lowU16: 6_553, highU16: 19_660, steepness: 1_000 }
    expect(bondAfter()).toBe(53_999)
    expect(bondAfter({ form: 'sparse', ...liquid })).toBeUndefined()
    expect(bondAfter({ form: 'decaying', ...liquid })).toBe(42_185)
  })

  it.each([
    ['permits has 0 entries', { permits: [] }],
    ['a stake is negative', { stakes: [-1n, 0n, 0n, 0n, 0n, 0n] }],
    [
      'names a uid twice',
      {
        weights: [
          [
            [1, 2],
            [1, 3],
          ],
          [],
          [],
          [],
          [],
          [],
        ],
      },
    ],
    ['whole number from 0 to 65535', { weights: [[[1, 65_536]], [], [], [], [], []] }],
    ['whole number from 0 to 65535', { bonds: [[[1, 0.5]], [], [], [], [], []] }],
  ])('refuses inputs that contradict themselves: %s', (problem, change) => {
    expect(() => runYumaEpoch({ ...honest, ...change } as YumaSubnet, yuma3Defaults)).toThrow(problem)
  })

  it('refuses parameters out of range by their name', () => {
    expect(() => runYumaEpoch(honest, { ...yuma3Defaults, kappaU16: 65_536 })).toThrow(/kappaU16 is 65536/)
    const liquidAlpha = { form: 'sparse', lowU16: 9, highU16: 8, steepness: 1 } as const
    expect(() => runYumaEpoch(honest, { ...yuma3Defaults, liquidAlpha })).toThrow(/liquidAlpha\.lowU16 is 9/)
  })
})

const agreed: UidRow = [
  [3, 30_000],
  [4, 20_000],
  [5, 10_000],
]
const honest: YumaSubnet = {
  stakes: [500n, 300n, 200n, 0n, 0n, 0n],
  permits: [true, true, true, false, false, false],
  weights: [agreed, agreed, agreed, [], [], []],
  bonds: [[], [], [], [], [], []],
  maximumValidators: 64,
  emission: 1_000_000_000n,
}

function inBigints({ bonds, permits, ...epoch }: YumaEpoch): OracleEpoch {
  const lists = Object.fromEntries(
    Object.entries(epoch)
      .filter(([name]) => name !== 'active')
      .map(([name, list]) => [name, Array.from(list as Iterable<number>, BigInt)]),
  )
  const pairs = bonds.flatMap((row, uid) =>
    row.filter(([, bond]) => bond > 0).map(([seat, bond]) => [`${uid},${seat}`, BigInt(bond)]),
  )
  return { ...lists, permits, bonds: Object.fromEntries(pairs) } as OracleEpoch
}

function turned<item>(list: readonly item[], by: number): readonly item[] {
  return list.map((_, index) => list[(index + by) % list.length] as item)
}

/** `order[new] = old`. */
function shuffled(count: number, random: Iterable<number>): readonly number[] {
  const order = Array.from({ length: count }, (_, index) => index)
  const numbers = random[Symbol.iterator]()
  for (let left = count - 1; left > 0; left--) {
    const other = (numbers.next().value as number) % (left + 1)
    ;[order[left], order[other]] = [order[other] as number, order[left] as number]
  }
  return order
}

function renumbered(subnet: YumaSubnet, order: readonly number[]): YumaSubnet {
  const place = new Map(order.map((old, fresh) => [old, fresh]))
  const row = (pairs: UidRow): UidRow => pairs.map(([seat, value]) => [place.get(seat) ?? seat, value])
  const { ownerUid, ...rest } = subnet
  const lists = Object.fromEntries(
    Object.entries(rest).map(([name, list]) => [name, Array.isArray(list) ? order.map((old) => list[old]) : list]),
  ) as YumaSubnet
  return {
    ...lists,
    weights: lists.weights.map(row),
    bonds: lists.bonds.map(row),
    ...(ownerUid === undefined ? {} : { ownerUid: place.get(ownerUid) ?? ownerUid }),
  }
}

function renumberedResult(epoch: OracleEpoch, order: readonly number[]): OracleEpoch {
  const place = new Map(order.map((old, fresh) => [String(old), fresh]))
  const { bonds, ...lists } = epoch
  const moved = Object.entries(lists).map(([name, list]) => [
    name,
    order.map((old) => (list as readonly unknown[])[old]),
  ])
  const pairs = Object.entries(bonds).map(([key, bond]) => [
    key
      .split(',')
      .map((uid) => place.get(uid) ?? uid)
      .join(','),
    bond,
  ])
  return { ...Object.fromEntries(moved), bonds: Object.fromEntries(pairs) } as OracleEpoch
}
