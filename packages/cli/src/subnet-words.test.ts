import { describe, expect, it } from 'vitest'
import { emissionJson, subnetFacts, subnetJson } from './subnet-words.ts'

const koin = 10n ** 18n
const rules = {
  minBurn: koin / 10n,
  maxBurn: 100n * koin,
  burnHalfLifeSeconds: 600,
  immunitySeconds: 900,
  noticeSeconds: 300,
  maxRegistrationsPerEpoch: 64,
}
const subnet = {
  netuid: 3,
  name: 'prices',
  owner: `0x${'0e'.repeat(20)}`,
  createdAtSeconds: 1_800_000_000,
  dissolvedAtSeconds: undefined,
  epochSeconds: 360,
  neurons: 16,
  maxNeurons: 16,
  validators: 3,
  maxValidators: 8,
  minValidatorStake: 1_000n * koin,
  stake: 3_500n * koin,
  seatPrice: (126n * koin) / 100n,
  specHash: `0x${'11'.repeat(32)}`,
  metadataURI: '',
  versionKey: 2,
  rules,
  announced: undefined,
} as const
const challenge = {
  uid: 5,
  newcomer: `0x${'07'.repeat(20)}`,
  deposit: 2n * koin,
  endsAtSeconds: 1_800_000_300,
} as const

describe('a subnet in words', () => {
  it('says what a seat costs, by which rules, and whose is claimed until when', () => {
    const shown = new Map(subnetFacts(subnet, [challenge], undefined))
    expect(shown.get('a seat costs')).toBe('1.26 KOIN now')
    expect(shown.get('rules')).toBe('0.1 to 100 KOIN, half every 600 s, 64 an epoch; immune for 900 s; 300 s to match')
    expect(shown.get('seat 5')).toBe('claimed with 2 KOIN until 2027-01-15T08:05:00.000Z')
    expect(shown.has('dissolved') || shown.has('announced')).toBe(false)
  })

  it('tells stakers of a dissolved one what to do, and everybody what was announced', () => {
    const announced = { fromSeconds: 1_800_000_720, rules: { ...rules, noticeSeconds: 60 } }
    const shown = new Map(subnetFacts({ ...subnet, dissolvedAtSeconds: 1_800_000_000, announced }, [], undefined))
    expect(shown.get('dissolved')).toContain('unstake, claim and redeem')
    expect(shown.get('announced')).toMatch(/^from 2027-01-15T08:12:00.000Z: .*60 s to match$/)
  })

  it('says what its alpha costs, or what is left for who holds it', () => {
    const pool = { alpha: 400n * koin, koin: 20n * koin, weightKoin: koin / 2n }
    const open = {
      ...{ netuid: 3, pool, price: koin / 20n, averagePrice: koin / 25n },
      ...{ supply: 1_000n * koin, openedAtSeconds: 1 },
    }
    const shown = new Map(subnetFacts(subnet, [], open))
    expect(shown.get('price')).toBe('0.05 KOIN for one alpha')
    expect(shown.get('average price')).toBe('0.04 KOIN for one alpha, which follows the price slowly')
    expect(shown.get('pool')).toBe('20 KOIN and 400 of 1000 alpha')
    expect(shown.get('validators')).toContain('each with a stake that weighs 1000 alpha or more')
    const pot = { netuid: 3, pot: 20n * koin, outstanding: 600n * koin }
    expect(new Map(subnetFacts(subnet, [], pot)).get('left')).toContain('20 KOIN for 600 alpha')
  })

  it('says why it gets how much of new KOIN, where that is known', () => {
    const why = '0.02 % of new KOIN, because people keep 100 KOIN in its pool (userCapital)'
    expect(new Map(subnetFacts(subnet, [], undefined, why)).get('new KOIN')).toBe(why)
    expect(new Map(subnetFacts(subnet, [], undefined)).has('new KOIN')).toBe(false)
    const share = { shareQ64: 1n << 50n, averagePrice: koin, capital: 100n * koin, userFlow: -5n }
    expect(emissionJson('0xab', share)).toEqual({
      emissionPolicy: '0xab',
      emissionShareQ64: `${1n << 50n}`,
      keptCapitalAtomic: `${100n * koin}`,
      userFlowAtomicPerSecond: '-5',
    })
    expect(emissionJson('0xab', undefined)).toEqual({ emissionPolicy: '0xab' })
  })

  it('is plain JSON with atomic units', () => {
    const json = subnetJson({ ...subnet, announced: { fromSeconds: 1, rules } })
    expect(JSON.parse(JSON.stringify(json))).toMatchObject({
      netuid: 3,
      seatPriceAtomic: '1260000000000000000',
      rules: { minBurnAtomic: '100000000000000000', noticeSeconds: 300 },
      announced: { fromSeconds: 1, rules: { maxBurnAtomic: '100000000000000000000' } },
    })
  })
})
