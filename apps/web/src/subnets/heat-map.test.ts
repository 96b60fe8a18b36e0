import { describe, expect, it } from 'vitest'
import { heatMap, heatSentence, type Judged } from './heat-map.ts'

const metagraph: Judged = {
  seats: [
    { uid: 0, hotkey: '0xa', consensusPpm: 600_000, incentivePpm: 600_000, asMinerAtomic: '1' },
    { uid: 1, hotkey: '0xb', consensusPpm: 200_000, incentivePpm: 400_000, asMinerAtomic: '1' },
    { uid: 2, hotkey: '0xc', consensusPpm: 0, incentivePpm: 0, asMinerAtomic: '0' },
  ],
  validators: [
    {
      hotkey: '0xd',
      uid: 7,
      stakeAtomic: '5',
      dividendsPpm: 0,
      asValidatorAtomic: '0',
      weights: [
        [0, 600_000],
        [1, 400_000],
      ],
    },
    { hotkey: '0xe', stakeAtomic: '5', dividendsPpm: 0, asValidatorAtomic: '0', weights: [[0, 800_000]] },
    { hotkey: '0xf', uid: 9, stakeAtomic: '5', dividendsPpm: 0, asValidatorAtomic: '0' },
  ],
}

describe('the heat map', () => {
  const map = heatMap(metagraph)

  it('has a column for each judged seat and a row for each revealed row', () => {
    expect(map.uids).toEqual([0, 1])
    expect(map.rows.map(({ name }) => name)).toEqual(['no. 7', 'no seat any more'])
  })

  it('shades by quarters of the largest share and says how far each is from the consensus', () => {
    expect(map.rows[0]?.cells).toEqual([
      { uid: 0, sharePpm: 600_000, differencePpm: 0, heat: 3 },
      { uid: 1, sharePpm: 400_000, differencePpm: 200_000, heat: 2 },
    ])
    expect(map.rows[1]?.cells.map(({ heat }) => heat)).toEqual([4, 0])
  })

  it('says what was cut, and warns of rows that are too much alike', () => {
    expect(heatSentence(map, undefined)).toBe(
      '2 validators judged 2 miners; 2 of 4 weights were above the consensus and were cut to it.',
    )
    expect(heatSentence(map, 995_000)).toContain('alike by 99.5 % (mean Spearman). So much alike')
    expect(heatSentence(heatMap({}), undefined)).toContain('No validator')
  })
})
