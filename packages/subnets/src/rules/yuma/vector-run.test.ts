import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { mulQ32, wholeQ32 } from '../fixed/q32.ts'
import { runEpochVectors, type VectorOutcome } from './vector-run.ts'

type File = { vectors: ({ label: string } & Record<string, unknown>)[] }
const fileOf = (name: string): File =>
  JSON.parse(readFileSync(new URL(`../../../../../specs/vectors/${name}.json`, import.meta.url), 'utf8')) as File
const file = fileOf('incentives')
const { vectors, leftOut, warnings } = runEpochVectors(file)

/** One epoch: two validators of equal stake agree on seat 2. */
const plain = {
  label: 'yuma3.plain.epoch0',
  stake: [1, 1, 0],
  permits: [1, 1, 0],
  weights: [[[2, 65_535]], [[2, 65_535]], []],
}
const only = (vector: object): VectorOutcome => runEpochVectors({ vectors: [vector] }).vectors[0] as VectorOutcome

describe('the vectors of incentives.json', () => {
  it('are 22 epochs, all of whose fields are known', () => {
    expect(vectors).toHaveLength(22)
    expect(warnings).toEqual([])
    // The others are read beside what they are about: rules/fixed, rules/pool, rules/emission, and below.
    expect(leftOut).toEqual([
      'upscale_u16',
      'weighted_median.stake_score_majority_result',
      'sigmoid.rho40_kappa0.5',
      'ema_alpha.sparse',
      'pool.price',
      'pool.quote_delta_in',
      'flow.pow_normalize_p1',
      'flow.negative_vs_positive',
      'gate.two_subnets',
      'price_ema.age',
      'coinbase.alpha_in_by_price',
      'coinbase.root_proportion',
      'burn.bump_and_decay',
      'lock.exp_decay',
      'halving.issuance_rao_to_block_emission_rao',
    ])
  })

  it.each(vectors)('agree: $label', ({ agrees, checks, problem }) => {
    expect({ agrees, problem, checks }).toMatchObject({ agrees: true, problem: undefined })
    expect(Object.keys(checks).length).toBeGreaterThan(0)
  })

  it('print the very numbers of the file where they are exact', () => {
    for (const { label, results } of vectors) {
      const vector = file.vectors.find((item) => item.label === label) as Record<string, unknown>
      if (vector['tol'] !== 0) continue
      for (const [name, value] of Object.entries(vector).filter(([name]) =>
        /emission|dividends|bonds_u16/.test(name),
      )) {
        expect([label, name, results[name]]).toEqual([label, name, value])
      }
    }
  })

  it('agree on the average with a rate of its own for each pair', () => {
    const vector = file.vectors.find(({ label }) => label === 'ema_alpha.sparse') as unknown as {
      new: number[][]
      old: number[][]
      alpha: number[][]
      out: number[][]
      tol: number
    }
    const q32 = (value: number | undefined): number => Math.round((value as number) * wholeQ32)
    vector.out.forEach((row, i) => {
      row.forEach((expected, j) => {
        const rate = q32(vector.alpha[i]?.[j])
        const mixed = mulQ32(rate, q32(vector.new[i]?.[j])) + mulQ32(wholeQ32 - rate, q32(vector.old[i]?.[j]))
        expect(Math.abs(mixed / wholeQ32 - expected)).toBeLessThanOrEqual(vector.tol)
      })
    })
  })
})

describe('the vectors of yuma-epochs.json', () => {
  const more = runEpochVectors(fileOf('yuma-epochs'))

  it('are 54 epochs of which none differs: five more scenarios, graphs of 10 and 512, replaced seats', () => {
    expect(more.warnings).toEqual([])
    expect(more.vectors).toHaveLength(54)
    expect(more.vectors.filter(({ agrees }) => agrees === false)).toEqual([])
    expect(more.vectors.filter(({ agrees }) => agrees === true)).toHaveLength(38)
  })
})

describe('runEpochVectors', () => {
  it('takes what a file leaves out from the chapter', () => {
    const { agrees, results } = only(plain)
    expect(agrees).toBeNull()
    expect(results['emission']).toEqual([250_000_000, 250_000_000, 500_000_000])
    expect(results['bonds_u16']).toEqual([
      [0, 0, 6_553],
      [0, 0, 6_553],
    ])
  })

  it.each<[string, object]>([
    ['stakes as strings', { stake: ['1', '1', '0'] }],
    ['stakes by uid and n', { n: 3, stake: { '0-1': 1 } }],
    ['permits by what max_validators leaves', { permits: undefined, params: { max_validators: 2 } }],
    ['permits as booleans', { permits: [true, true, false] }],
    ['weights by uid', { weights: { 0: [[2, 65_535]], 1: { 2: 65_535 } } }],
    ['weights for a range', { weights: { '0-1': [[2, 9]] } }],
    ['dense weights', { weights: [[0, 0, 7], [0, 0, 7], []].map((row) => (row.length === 0 ? [0, 0, 0] : row)) }],
    ['weights of the miners', { miner_uids: [2], weights: { 0: [5], 1: [5] } }],
  ])('reads %s', (_, change) => {
    const expected = { emission: [250_000_000, 250_000_000, 500_000_000] }
    expect(only({ ...plain, ...expected, ...change })).toMatchObject({ agrees: true })
  })

  it.each<[string, unknown]>([
    ['incentive', [0, 0, 1]],
    ['incentive_u16', { 2: 65_535 }],
    ['incentive', { '0-1': 0, 2: 65_535 }],
    ['dividends', [0.5, 0.5]],
    ['dividends', [32_767, 32_767, 0]],
    ['bonds', { 0: [0.1], 1: { 2: 0.1 } }],
    ['bonds', [[[2, 6_553]], [0, 0, 6_553]]],
    ['bonds_u16_col', { 2: [6_553, 6_553, 0] }],
    ['new_permits', [1, 1, 0]],
    ['validator_trust', { '0-1': 1 }],
    ['consensus_u16', [0, 0, 65_535]],
    ['stake_weight', [0.5, 0.5, 0]],
  ])('compares %s written as %j', (name, value) => {
    expect(only({ ...plain, [name]: value, tol: 1e-4 })).toMatchObject({
      agrees: true,
      checks: { [name]: { agrees: true } },
    })
    const spoilt = JSON.parse(JSON.stringify(value).replace(/(\d+(?:\.\d+)?)([\]}]*)$/, '777$2')) as unknown
    expect(only({ ...plain, [name]: spoilt, tol: 1e-4 })).toMatchObject({ agrees: false })
  })

  it('says by how much a field differs', () => {
    const { agrees, checks } = only({ ...plain, emission: [250_000_000, 249_999_999, 500_000_003] })
    expect(agrees).toBe(false)
    expect(checks['emission']).toEqual({ agrees: false, largestDifference: 3, compared: 3 })
  })

  it('compares amounts of any size to the unit, and what is no number not at all', () => {
    const large = { ...plain, params: { emission: '4000000000000000000000' } }
    const emission = ['1000000000000000000000', '1000000000000000000000', '2000000000000000000000']
    expect(only({ ...large, emission })).toMatchObject({ agrees: true, results: { emission } })
    const spoilt = [...emission.slice(0, 2), '2000000000000000000001']
    expect(only({ ...large, emission: spoilt }).checks['emission']).toMatchObject({
      agrees: false,
      largestDifference: 1,
    })
    expect(only({ ...plain, emission: ['x', 250_000_000, 500_000_000] }).checks['emission']).toEqual({
      agrees: false,
      largestDifference: null,
      compared: 3,
    })
    expect(only({ ...plain, incentive: [0, 0, 1, 0] })).toMatchObject({ agrees: false })
  })

  it('tells what is left of a rank after clipping, and reads ranks as the incentive', () => {
    const split = { stake: [2, 1, 0, 0], permits: [1, 1, 0, 0], weights: [[[2, 9]], [[3, 9]], [], []] }
    const { agrees, results } = only({ ...plain, ...split, rank: [0, 0, 1], trust: [0, 0, 1, 0], tol: 1e-9 })
    expect(agrees).toBe(true)
    expect(results).toMatchObject({ rank: [0, 0, 1], trust: [0, 0, 1, 0], incentive: [0, 0, 1, 0] })
    const half = [
      [2, 2],
      [3, 2],
    ] as const
    const clipped = { ...split, weights: [[[2, 4]], half, [], []], ranks_u16: [0, 0, 65_535, 0] }
    // Validator 0, with two thirds, gives seat 2 all, and nothing to seat 3; the other gives both the half.
    expect(only({ ...plain, ...clipped, trust: [0, 0, 1, 0], tol: 1e-9 })).toMatchObject({ agrees: true })
    expect(only({ ...plain, ...clipped, stake: [1, 2, 0, 0], trust: [0, 0, 0.75, 1], tol: 1e-9 })).toMatchObject({
      checks: { trust: { agrees: true } },
    })
  })

  it('takes what is null for what is not there, and clocks from the parameters too', () => {
    const nothing = {
      last_update: null,
      reg_block: null,
      bonds_in: null,
      owner_uid: null,
      emission: null,
      dividends: null,
    }
    expect(only({ ...plain, ...nothing, permits: null, params: { max_validators: 2 } })).toMatchObject({
      agrees: null,
      results: { emission: [250_000_000, 250_000_000, 500_000_000] },
    })
    const clocks = { params: { block: 10, cutoff: 5 }, last_update: [10, 4, 10] }
    expect(only({ ...plain, ...clocks }).results['active_stake']).toEqual([1, 0, 0])
  })

  it('compares nothing with a seat that there is not', () => {
    expect(only({ ...plain, bonds: [[0, 0, 0, 0.1]], tol: 1e-4 }).checks['bonds']).toMatchObject({ agrees: false })
    expect(only({ ...plain, bonds_u16: { 0: { 7: 0 } } }).checks['bonds_u16']).toMatchObject({ agrees: false })
  })

  it('looks at no more than there can be, however few bytes name more', () => {
    const all = '0-99999'
    const bombs = {
      bonds: { [all]: { [all]: 0 } },
      bonds_u16: { '0-4095': { '0-4095': 0, '1-4095': 0 } },
      bonds_u16_col: { '0-4095': 0, '1-4095': 0 },
      incentive: { '0-4095': 0, '1-4095': 0 },
      rank: Array.from({ length: 4_097 }, () => 0),
    }
    for (const [field, value] of Object.entries(bombs)) {
      const { agrees, problem } = only({ ...plain, [field]: value })
      expect({ field, agrees, problem }).toEqual({
        field,
        agrees: false,
        problem: expect.stringContaining(`The field "${field}"`),
      })
    }
    const row = Array.from({ length: 4_097 }, () => 0)
    expect(only({ ...plain, bonds: { '0-4095': row } }).problem).toMatch(/4097 values/)
  })

  it('computes nothing from bonds that it does not have', () => {
    const run = runEpochVectors([
      { ...plain, label: 'yuma3.a.0', stake: [-1, 1, 0] },
      { ...plain, label: 'yuma3.a.1' },
      { ...plain, label: 'yuma3.a.2', carry_bonds_from: 'yuma3.a.0' },
      { ...plain, label: 'yuma3.b.0', carry_bonds_from: 7 },
      { ...plain, label: 'yuma3.a.3', carry_bonds_from: null },
    ])
    expect(run.vectors.map(({ problem }) => problem)).toEqual([
      'The field "stake[0]" has -1, a negative number',
      'The field "carry_bonds_from" is "yuma3.a.0", which could not be computed',
      'The field "carry_bonds_from" is "yuma3.a.0", which could not be computed',
      'The field "carry_bonds_from" has 7, not the label of a vector',
      undefined,
    ])
  })

  it('carries bonds from the vector that is named, from the one before in the series, or not at all', () => {
    const series = [
      { ...plain, label: 'yuma3.a.0' },
      { ...plain, label: 'yuma3.a.1', weights: 'same', stake: 'same' },
      { ...plain, label: 'yuma3.b.0' },
      { ...plain, label: 'yuma3.b.1', carry_bonds_from: 'yuma3.a.1' },
      { ...plain, label: 'yuma3.b.2', carry_bonds_from: null },
      { ...plain, label: 'yuma3.b.3', bonds_in: [[[2, 65_535]]] },
      { ...plain, label: 'yuma3.b.3', carry_bonds_from: 'yuma3.c.0' },
    ]
    const run = runEpochVectors(series)
    const bonds = run.vectors.map(({ results }) => (results['bonds_u16'] as number[][] | undefined)?.[0]?.[2])
    expect(bonds).toEqual([6_553, 12_451, 6_553, 17_759, 6_553, 65_535, undefined])
    expect(run.vectors.map(({ bondsFrom }) => bondsFrom)).toEqual([
      null,
      'yuma3.a.0',
      null,
      'yuma3.a.1',
      null,
      null,
      null,
    ])
    expect(run.vectors[6]?.problem).toBe(
      'The field "carry_bonds_from" names "yuma3.c.0", and no such epoch stands before this one',
    )
    expect(run.warnings).toEqual(['yuma3.b.3: two epochs have this label'])
  })

  it('drops what the clocks say: idle validators, weights and bonds older than a seat', () => {
    const clocks = { ...plain, block: 10, cutoff: 5, last_update: [10, 4, 10], reg_block: [0, 0, 3], last_tempo: 3 }
    expect(only(clocks).results['active_stake']).toEqual([1, 0, 0])
    expect(only({ ...clocks, reg_block: [0, 0, 10] }).results['emission']).toEqual([1_000_000_000, 0, 0])
    const bondAfter = (change: object): number | undefined =>
      (only({ ...clocks, bonds_in: [[[2, 65_535]], [], []], ...change }).results['bonds_u16'] as number[][])[0]?.[2]
    expect(bondAfter({})).toBe(6_553)
    expect(bondAfter({ last_tempo: 4 })).toBe(65_535)
    expect(bondAfter({ last_tempo: undefined, tempo: 7 })).toBe(6_553)
    expect(bondAfter({ last_tempo: undefined, tempo: 6 })).toBe(65_535)
  })

  it('warns of fields that it does not know, and goes on', () => {
    const run = runEpochVectors({
      vectors: [{ ...plain, mood: 1, toString: 3, params: { luck: 2 } }, { label: 'pool.price' }],
    })
    expect(run.vectors).toHaveLength(1)
    expect(run.leftOut).toEqual(['pool.price'])
    expect(run.warnings).toEqual([
      'yuma3.plain.epoch0: "mood" is not a known field and was left out',
      'yuma3.plain.epoch0: "toString" is not a known field and was left out',
      'yuma3.plain.epoch0: "params.luck" is not a known field and was left out',
    ])
  })

  it.each<[string, object]>([
    ['"stake" is missing', { stake: undefined }],
    ['"stake[0]" has -1, a negative number', { stake: [-1, 1, 0] }],
    ['"stake[1]" has 0.5, not a whole number', { stake: [1, 0.5, 0] }],
    ['"stake[1]" has 9007199254740992, too large for a number: write it as a string', { stake: [1, 2 ** 53, 0] }],
    ['"params" is not an object', { params: [1] }],
    ['"weights[0]" has [2,1,5], not a pair of uid and value', { weights: [[[2, 1, 5]]] }],
    ['"weights" is missing', { weights: undefined }],
    ['"weights" is missing', { weights: 'same' }],
    ['"weights[0]" has a row of 2 numbers for 3 uids', { weights: [[1, 2]] }],
    ['"weights" names uid 7', { weights: { 7: [] } }],
    ['"weights" has the key "a"', { weights: { a: [] } }],
    [
      'weights of uid 0 names a uid twice',
      {
        weights: [
          [
            [2, 1],
            [2, 1],
          ],
        ],
      },
    ],
    ['"n" is missing', { stake: { 0: 1 } }],
    ['kappaU16 is 70000', { params: { kappa: 70_000 } }],
  ])('tells what is wrong with one vector and runs the others: %s', (problem, change) => {
    const run = runEpochVectors([
      { ...plain, ...change },
      { ...plain, label: 'yuma3.other.0' },
    ])
    expect(run.vectors[0]).toMatchObject({ agrees: false, problem: expect.stringContaining(problem) as string })
    expect(run.vectors[1]?.problem).toBeUndefined()
  })

  it.each([null, 3, 'text', {}, { vectors: {} }, [1, 2]])('refuses what is no file of vectors: %j', (file) => {
    expect(() => runEpochVectors(file)).toThrow(expect.objectContaining({ code: 'subnets/bad-vector-file' }))
  })
})
