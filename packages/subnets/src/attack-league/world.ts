/**
 * One subnet as the league plays it: keys, machines, what validators see, rows as the ledger packs them. Amounts are exact doubles in
 * parts of 2^32 of one epoch's pot for miners, which is as large as that for validators.
 */
import { weightRow } from '../rules/subnet-file/weight-policy.ts'
import { notListed } from '../rules/yuma/columns.ts'
import { bellDeviation, createLeagueRandom, type LeagueRandom } from './random.ts'
import { checkedWorld, type WorldSettings } from './settings.ts'
import { spreadStake } from './stakes.ts'

/** One whole pot. */
export const pot = 0x1_0000_0000
/** What the owner is paid for each pot of the miners: 18 to 41. */
export const ownerPart = Math.floor((pot * 18) / 41)
/** Stands for the owner where a miner's number is expected: a key behind which nobody works. */
export const ownerKey = -1
const million = 1_000_000
const maximumWeight = 65_535

/** How good a miner's answers are, millionths of what it could do. */
export type Answers = {
  readonly probesPpm: number
  readonly usersPpm: number
  /** What they cost, millionths of full work; as good as they are unless said. */
  readonly costPpm?: number
}
const honestAnswers: Answers = { probesPpm: million, usersPpm: million }
/** How much of a miner's work is probes, millionths. */
const probeSharePpm = 50_000

/** Where a run stands. Validators are 0..V-1, seats of miners 0..M-1; what v gives to a seat is at seat * V + v of `rows`. */
export class World {
  readonly settings: WorldSettings
  epoch = 0
  /** Stake by validator, whole units. */
  readonly stake: Float64Array
  /** Rows of this epoch, column after column: a weight of 0 to 65535, or `notListed`. */
  readonly rows: Float64Array
  /** Whose machine answers, and who is paid, for a seat: the number of a miner, or `ownerKey`. */
  readonly holder: Int32Array
  /** Epoch in which the seat was last taken; -1 before the first. */
  readonly registeredEpoch: Int32Array
  /** What was paid out to each validator, each miner and the owner. */
  readonly paidValidators: Float64Array
  readonly paidMiners: Float64Array
  paidOwner = 0
  /** What work and seats cost each miner, and the owner. */
  readonly spentMiners: Float64Array
  spentOwner = 0
  /** Sum of stake over epochs, by validator. */
  readonly stakeEpochs: Float64Array
  /** True quality by miner, about a million. */
  readonly quality: Float64Array
  readonly #usualQuality: Float64Array
  /** Pay of a seat in the last epoch: who is evicted next. */
  readonly lastPay: Float64Array
  readonly #seed: string
  #seatPrice: number

  constructor(settings: WorldSettings) {
    const { seed, validators, miners } = checkedWorld(settings)
    this.settings = settings
    this.#seed = seed
    this.stake = spreadStake(settings.stakes, validators)
    this.rows = new Float64Array(validators * miners)
    this.holder = Int32Array.from({ length: miners }, (_, miner) => miner)
    this.registeredEpoch = new Int32Array(miners).fill(-1)
    this.paidValidators = new Float64Array(validators)
    this.paidMiners = new Float64Array(miners)
    this.spentMiners = new Float64Array(miners)
    this.stakeEpochs = new Float64Array(validators)
    this.lastPay = new Float64Array(miners).fill(1)
    const random = createLeagueRandom(seed, 'quality')
    this.#usualQuality = Float64Array.from({ length: miners }, () => 600_000 + random.below(800_001))
    this.quality = this.#usualQuality.slice()
    this.#seatPrice = this.firstSeatPrice
  }

  /** Average pay of a miner in an epoch. */
  get averagePay(): number {
    return Math.floor(pot / this.settings.miners)
  }

  /** Price of a seat after a while without registrations. */
  get firstSeatPrice(): number {
    return Math.floor((this.averagePay * this.settings.seatPriceMilli) / 1000)
  }

  /** Takes a seat for a miner or the owner at the going price; the seat that was paid least (ties to the lower) is evicted. `kept` are never. */
  takeSeat(holder: number, kept: ReadonlySet<number>): number {
    let seat = -1
    for (let each = 0; each < this.settings.miners; each++) {
      if (kept.has(each) || this.registeredEpoch[each] === this.epoch) continue
      if (seat < 0 || (this.lastPay[each] as number) < (this.lastPay[seat] as number)) seat = each
    }
    if (seat < 0) return seat
    if (holder === ownerKey) this.spentOwner += this.#seatPrice
    else add(this.spentMiners, holder, this.#seatPrice)
    this.#seatPrice = Math.floor((this.#seatPrice * 126) / 100)
    this.holder[seat] = holder
    this.registeredEpoch[seat] = this.epoch
    return seat
  }

  /** Quality moves on and the price of seats falls. */
  beginEpoch(epoch: number): void {
    this.epoch = epoch
    const { driftPpm, returnPpm } = this.settings
    this.#seatPrice = Math.max(this.firstSeatPrice, Math.floor(this.#seatPrice / 2))
    const random = this.random('drift')
    for (let miner = 0; miner < this.quality.length; miner++) {
      const now = this.quality[miner] as number
      const usual = this.#usualQuality[miner] as number
      const step = Math.floor((now * driftPpm * random.bell()) / (bellDeviation * million))
      const back = Math.floor(((usual - now) * returnPpm) / million)
      this.quality[miner] = Math.min(3 * million, Math.max(20_000, now + step + back))
    }
  }

  /** Every validator looks at every seat and writes the honest row; machines charge for what they did. */
  work(answersOf: (miner: number) => Answers | undefined): void {
    const shown = this.#shownQuality(answersOf)
    const { validators, miners, noisePpm, missPpm, exponent } = this.settings
    const noise = this.random('noise')
    const miss = this.random('miss')
    const scores = new Float64Array(miners)
    // Where nobody errs or misses, all rows are the first one; a policy's row may cost a millisecond.
    const looking = noisePpm === 0 && missPpm === 0 ? 1 : validators
    for (let validator = 0; validator < looking; validator++) {
      let most = 0
      for (let seat = 0; seat < miners; seat++) {
        const quality = shown[seat] as number
        const error = Math.floor((quality * noisePpm * noise.bell()) / (bellDeviation * million))
        let score = missPpm > 0 && miss.below(million) < missPpm ? 0 : Math.max(0, quality + error)
        const base = score
        for (let power = 1; power < exponent; power++) score = Math.floor((score * base) / million)
        scores[seat] = score
        if (score > most) most = score
      }
      if (this.settings.weights === 'linear') this.writeRow(validator, scores, most)
      else this.#writePolicyRow(validator, scores)
    }
    const rowsToCopy = looking === 1 ? this.rows.length : 0
    for (let start = 0; start < rowsToCopy; start += validators) {
      this.rows.fill(this.rows[start] as number, start, start + validators)
    }
  }

  /** The row that a subnet's own policy makes of the scores. */
  #writePolicyRow(validator: number, scores: Float64Array): void {
    const { weights, honestScorePpm, validators } = this.settings
    const seen = Array.from(scores, (score, uid) => ({
      uid,
      scorePpm: Math.min(million, Math.floor((score * honestScorePpm) / (million + million / 2))),
    }))
    this.leaveOut(validator)
    for (const { uid, weight } of weightRow(weights, seen)) this.rows[uid * validators + validator] = weight
  }

  /** Scales scores so that the best is 65535, rounded half up; what rounds to zero is left out (specs/0007-epochs.md section 4). */
  writeRow(validator: number, scores: ArrayLike<number>, most = Math.max(...Array.from(scores))): void {
    const { validators, miners } = this.settings
    for (let seat = 0; seat < miners; seat++) {
      const score = scores[seat] as number
      const weight = most > 0 ? Math.floor((2 * score * maximumWeight + most) / (2 * most)) : 0
      this.rows[seat * validators + validator] = weight > 0 ? weight : notListed
    }
  }

  /** Leaves some or all of a validator's row unlisted. */
  leaveOut(validator: number, isLeftOut: (seat: number) => boolean = () => true): void {
    const { validators, miners } = this.settings
    for (let seat = 0; seat < miners; seat++) {
      if (isLeftOut(seat)) this.rows[seat * validators + validator] = notListed
    }
  }

  /** Random numbers of this epoch under a label; the same in every run with this seed. */
  random(label: string): LeagueRandom {
    return createLeagueRandom(this.#seed, `${label} ${this.epoch}`)
  }

  #shownQuality(answersOf: (miner: number) => Answers | undefined): Float64Array {
    const { miners, probes, scored, workCostPpm } = this.settings
    const seatsOf = new Int32Array(miners)
    for (const holder of this.holder) if (holder !== ownerKey) seatsOf[holder] = (seatsOf[holder] as number) + 1
    const level = new Float64Array(miners)
    for (let miner = 0; miner < miners; miner++) {
      if (seatsOf[miner] === 0) continue
      const { probesPpm, usersPpm, costPpm } = answersOf(miner) ?? honestAnswers
      const quality = this.quality[miner] as number
      level[miner] = Math.floor((quality * (probes === 'marked' ? probesPpm : usersPpm)) / million)
      const effortPpm =
        costPpm ?? Math.floor((probesPpm * probeSharePpm + usersPpm * (million - probeSharePpm)) / million)
      const fullCost = Math.floor((this.averagePay * workCostPpm) / million)
      add(this.spentMiners, miner, Math.floor((fullCost * effortPpm) / million))
    }
    return Float64Array.from(this.holder, (holder) => {
      if (holder === ownerKey) return 0
      const quality = level[holder] as number
      return scored === 'work' ? Math.floor(quality / (seatsOf[holder] as number)) : quality
    })
  }
}

/** Adds in place; indices are always within. */
export function add(array: Float64Array, index: number, amount: number): void {
  array[index] = (array[index] as number) + amount
}
