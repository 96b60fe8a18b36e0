/** Seats that were sold, under other rules (specs/0010-seats-stake-emission.md section 2, specs/0019-audit.md section 6). */
import type { Address } from '@koinon/base'
import { costOfMatch, type SeatRules } from '@koinon/ledger'
import { type AuditSource, type EventOf, eventsOf, inOrder } from '@koinon/ledger/audit'
import { epochAt } from '../../rules/index.ts'
import { burnPriceAfter, burnPriceBumped, decayFactorQ32 } from '../../rules/prices.ts'
import type { ReplayedSubnet } from './replay.ts'

/** A registration, challenge or match in the time looked at. `would` is what it would have cost, `refused` why it would not have been. */
export type SoldSeat = {
  readonly kind: 'registration' | 'challenge' | 'match'
  readonly account: Address
  readonly seconds: number
  readonly paid: bigint
  readonly would: bigint
  readonly refused: string | undefined
}

type SeatEvent =
  | EventOf<'subnets', 'NeuronRegistered' | 'SeatChallenged' | 'ChallengeEnded'>
  | EventOf<'terms', 'RulesAnnounced'>

/** One that is open, under the rules that are tried. */
type Challenge = {
  readonly deposit: bigint
  readonly would: bigint
  readonly endsAt: number
  readonly isRefused: boolean
}

/** `Outcome` of the contract. */
const matched = 0
const bumpBps = 12_600n

/** Sales with `from` <= second < `until` as they were, and with `tried` in place of the rules of then. */
export function whatIfSeats(
  source: AuditSource,
  { netuid, clock }: ReplayedSubnet,
  tried: Partial<SeatRules>,
  { from, until }: { readonly from: number; readonly until: number },
): readonly SoldSeat[] {
  const created = eventsOf(source, 'subnets', 'SubnetCreated').find(({ args }) => args.netuid === netuid)
  if (created === undefined) return []
  const events = inOrder<SeatEvent>(
    eventsOf(source, 'subnets', 'NeuronRegistered', 'SeatChallenged', 'ChallengeEnded'),
    eventsOf(source, 'terms', 'RulesAnnounced'),
  ).filter(({ args }) => args.netuid === netuid)
  const byChallenge = new Set(
    events.flatMap((event) => (event.name === 'ChallengeEnded' ? [`${event.transaction}/${event.args.newcomer}`] : [])),
  )
  const versions: { from: number; rules: SeatRules }[] = [{ from: 0, rules: created.args.params.rules }]
  const rulesAt = (seconds: number): SeatRules => ({
    ...(versions.findLast((version) => version.from <= seconds)?.rules ?? created.args.params.rules),
    ...tried,
  })
  const immuneFrom = new Map<Address, number>()
  const challenges = new Map<Address, Challenge>()
  const sold = new Map<number, number>()
  const seats: SoldSeat[] = []
  /** After the last sale, under the rules that are tried. */
  let till: { readonly price: bigint; readonly seconds: number } | undefined

  /** One sale under the rules that are tried. */
  const sell = (paid: bigint, seconds: number): { readonly would: bigint; readonly refused: string | undefined } => {
    const rules = rulesAt(seconds)
    const halfLifeSeconds = BigInt(rules.burnHalfLifeSeconds)
    const burn = {
      bumpBps,
      halfLifeSeconds,
      decayQ32: decayFactorQ32(halfLifeSeconds),
      minimum: rules.minBurn,
      maximum: rules.maxBurn,
    }
    const would = burnPriceAfter(burn, till?.price ?? paid, BigInt(seconds - (till?.seconds ?? seconds)))
    const epoch = epochAt(clock, seconds)
    const count = (sold.get(epoch) ?? 0) + 1
    if (count > rules.maxRegistrationsPerEpoch)
      return { would, refused: `epoch ${epoch} had its ${rules.maxRegistrationsPerEpoch} sales` }
    sold.set(epoch, count)
    till = { price: burnPriceBumped(burn, would), seconds }
    return { would, refused: undefined }
  }
  const keep = (seat: SoldSeat): void => {
    seats.push(seat)
  }

  for (const event of events) {
    const { seconds } = event
    const isLookedAt = seconds >= from && seconds < until
    if (event.name === 'RulesAnnounced') {
      versions.push({
        from: clock.genesisSeconds + Number(event.args.fromEpoch) * clock.epochSeconds,
        rules: event.args.rules,
      })
    } else if (event.name === 'NeuronRegistered') {
      const { hotkey, burned } = event.args
      immuneFrom.set(hotkey, seconds)
      if (!isLookedAt || byChallenge.has(`${event.transaction}/${hotkey}`)) continue
      keep({ kind: 'registration', account: hotkey, seconds, paid: burned, ...sell(burned, seconds) })
    } else if (event.name === 'SeatChallenged') {
      const { holder, newcomer, deposit } = event.args
      if (!isLookedAt) {
        challenges.set(newcomer, { deposit, would: deposit, endsAt: event.args.endsAt, isRefused: false })
        continue
      }
      const immuneUntil = (immuneFrom.get(holder) ?? 0) + rulesAt(seconds).immunitySeconds
      const sale =
        seconds < immuneUntil
          ? { would: deposit, refused: `${holder} would have been immune until second ${immuneUntil}` }
          : sell(deposit, seconds)
      const endsAt = seconds + rulesAt(seconds).noticeSeconds
      challenges.set(newcomer, { deposit, would: sale.would, endsAt, isRefused: sale.refused !== undefined })
      keep({ kind: 'challenge', account: newcomer, seconds, paid: deposit, ...sale })
    } else {
      const { holder, newcomer, outcome } = event.args
      const challenge = challenges.get(newcomer)
      if (outcome !== matched || challenge === undefined) continue
      if (!isLookedAt) {
        immuneFrom.set(holder, seconds)
        continue
      }
      const { deposit, would, endsAt, isRefused } = challenge
      const late = seconds >= endsAt ? `the notice would have ended in second ${endsAt}` : undefined
      const refused = isRefused ? 'there would have been no challenge to match' : late
      if (refused === undefined) immuneFrom.set(holder, seconds)
      const [paid, wouldPay] = [costOfMatch({ deposit }), costOfMatch({ deposit: would })]
      keep({ kind: 'match', account: holder, seconds, paid, would: wouldPay, refused })
    }
  }
  return seats
}
