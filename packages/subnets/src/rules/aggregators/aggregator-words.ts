/** What each aggregator does with rows, in words for whoever asks why a seat earned what it did (specs/0007, 0011, 0012). */
import type { EngineAggregatorName } from './index.ts'

/**
 * `rows`: what a validator's row is read as - shares of a whole, marks from 0 to 65535 each for itself, a ranking of which only the order
 * counts, or a proposal that stands or falls whole. `agreed`: what the agreed value of a seat is. `miners`, `validators`: what brings them
 * their part. Half sentences without a full stop.
 */
export type AggregatorWords = {
  readonly rows: 'shares' | 'marks' | 'ranking' | 'proposal'
  readonly agreed: string
  readonly miners: string
  readonly validators: string
}

const leastOfMost = 'what more than half of the stake gave it at least'
const cutShares = 'its shares in all rows, weighted by stake, each cut to the agreed value'
const yuma = { rows: 'shares', agreed: leastOfMost, miners: cutShares } as const
const fresh = 'bonds that follow the weights it gave, and grow while it names a miner early and steadily'

const words: Readonly<Record<EngineAggregatorName, AggregatorWords>> = {
  stakeMedian: {
    rows: 'shares',
    agreed: leastOfMost,
    miners: cutShares,
    validators: 'how much of its row the agreed values keep, times its stake',
  },
  cappedMedian: {
    rows: 'shares',
    agreed: 'what more than half of the stake gave it at least, stakes above the 88th percentile counted as that',
    miners: 'its shares in all rows, weighted by the capped stake, each cut to the agreed value',
    validators: 'how much of its row the agreed values keep, times its capped stake',
  },
  yuma2: { ...yuma, validators: 'bonds in what its stake and its weights bought of each miner, moving over epochs' },
  yuma3: { ...yuma, validators: fresh },
  yuma3Capped: {
    ...yuma,
    agreed: 'what more than half of the stake gave it at least, stakes above the 88th percentile counted as that',
    validators: `${fresh}; stakes above the 88th percentile count as that`,
  },
  yuma3Liquid: {
    ...yuma,
    validators: `${fresh}, faster where it is far from the others; a miner left out is lost at once`,
  },
  yuma3LiquidDecaying: {
    ...yuma,
    validators: `${fresh}, faster where it is far from the others; a miner left out fades`,
  },
  winnerTakeAll: {
    rows: 'shares',
    agreed: leastOfMost,
    miners:
      'being the one with the highest agreed value, or the last winner while nobody is more than a fiftieth better',
    validators: 'how much of its row the agreed values keep, times its stake',
  },
  openskill: {
    rows: 'ranking',
    agreed: 'the share that more than half of the stake gave it at least; it only says who may earn at all',
    miners: 'a rating over epochs: each row is a match of all seats, of which only the order counts',
    validators: 'how much of its row the agreed values keep, times its stake',
  },
  properScoring: {
    rows: 'marks',
    agreed: 'the mark that more than half of the stake gave it at least',
    miners: 'how near its agreed mark is to the best one: a tenth of the scale less brings 0.37 of it',
    validators: 'how near its marks are to the agreed ones, above or below, times its stake',
  },
  alloraRegret: {
    rows: 'marks',
    agreed: 'the mark that more than half of the stake gave it at least',
    miners: 'its regret over epochs: how much better its agreed mark was than that of all together',
    validators: 'how near its marks are to the agreed ones, above or below, times its stake',
  },
  refereed: {
    rows: 'proposal',
    agreed: 'its share in the one row that stands, that with the most stake behind it whose backers lost no dispute',
    miners: 'its weight in the row that stands, nothing for who lost a dispute',
    validators: 'its stake, if it gave exactly the row that stands',
  },
}

/** Undefined for an aggregator that this version does not know. */
export function aggregatorWords(name: string): AggregatorWords | undefined {
  return Object.hasOwn(words, name) ? words[name as EngineAggregatorName] : undefined
}
