import { aggregatorWords } from '@koinon/subnets'
import { describe, expect, it } from 'vitest'
import { earlierWhy, explainSeat } from './subnet-explain.ts'

const token = 10n ** 18n
const seat = { uid: 3, hotkey: '0xaa', consensusPpm: 400_000, incentivePpm: 500_000, asMinerAtomic: `${5n * token}` }
const validator = (uid: number) => ({ uid, hotkey: `0x${uid}`, stakeAtomic: `${10n * token}` })
const judgements = [
  { validator: validator(7), sharePpm: 500_000, place: 1 },
  { validator: validator(8), sharePpm: 400_000, place: 2 },
  { validator: validator(9), sharePpm: 0, place: 4 },
  { validator: validator(10), sharePpm: undefined, place: 1 },
]

describe('why a seat earned what it did', () => {
  it.each([
    ['yuma3', 'against what was agreed', ['10.0 % more, cut', 'the same', '40.0 % less'], /shares in all rows/],
    [
      'winnerTakeAll',
      'against what was agreed',
      ['10.0 % more, cut', 'the same', '40.0 % less'],
      /highest agreed value/,
    ],
    ['openskill', 'place in its row', ['1', '2', 'last'], /rating over epochs/],
    ['properScoring', 'its mark', ['counts for itself', 'counts for itself', 'none'], /near its agreed mark/],
    ['alloraRegret', 'its mark', ['counts for itself', 'counts for itself', 'none'], /regret over epochs/],
    ['refereed', 'its row', ['another', 'as in the one that stands', 'another'], /row that stands/],
  ] as const)('is told for %s in its own words', (name, title, words, miners) => {
    const text = explain(name)
    expect(text).toContain(title)
    expect(text).toMatch(miners)
    expect(text).toContain(`40.0 %: ${aggregatorWords(name)?.agreed}`)
    for (const [index, uid] of [7, 8, 9].entries()) {
      expect(text).toMatch(new RegExp(`\\n *${uid} .*${words[index]}`))
    }
    expect(text).toMatch(/\n *10 .*not revealed/)
  })

  it('claims nothing for an aggregator that the gateway does not explain', () => {
    const text = explain('a later one')
    expect(text).toMatch(/agreed +40\.0 %\n/)
    expect(text).not.toMatch(/cut|half of the stake|miners earn by/)
  })

  it('tells a validator of its dividends and of what they are made', () => {
    const own = { ...validator(3), hotkey: seat.hotkey, dividendsPpm: 250_000, asValidatorAtomic: `${2n * token}` }
    const say = (more: object) =>
      explainSeat(
        2,
        { epoch: 4, validators: [{ ...own, ...more }] },
        seat,
        [],
        { revealed: 1, openedByOthers: 0 },
        'It',
      )
    expect(say({ keptPpm: 900_000 })).toMatch(
      /as a miner +5 alpha.*\nas a validator +2 alpha, 25\.0 % of the dividends, .* weighs 10, and it gave a row of which the agreed values keep 90\.0 %/,
    )
    expect(say({})).toContain('gave nobody weight or did not reveal it')
  })

  it('takes the reasons of an epoch before where nothing of the last was claimed', async () => {
    const payout = { account: '0xaa', uid: 3, why: 'It answered.' }
    const amounts = { minedAtomic: '1', dividendsAtomic: '0', amountAtomic: '1', cumulativeAtomic: '1' }
    const read = async (epoch: number) => ({ payouts: epoch === 7 ? [{ ...payout, ...amounts }] : [] })
    expect(await earlierWhy(read, 9, 3)).toBe('nothing of epoch 9 was claimed yet; of epoch 7: It answered.')
    expect(await earlierWhy(read, 9, 4)).toBeUndefined()
    expect(await earlierWhy(read, 20, 3)).toBeUndefined()
  })
})

function explain(name: string): string {
  const explained = aggregatorWords(name)
  const metagraph = { epoch: 4, aggregator: `${name} 1`, ...(explained === undefined ? {} : { explained }) }
  return explainSeat(2, metagraph, seat, judgements, { revealed: 3, openedByOthers: 0 }, 'It answered.')
}
