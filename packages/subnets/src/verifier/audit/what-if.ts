/** Epochs of a subnet computed again with other parameters, from what an audit reads (specs/0019-audit.md section 6). */
import { type Address, type Hex, isKoinonError, KoinonError } from '@koinon/base'
import type { SeatRules } from '@koinon/ledger'
import { type AuditSource, eventsOf } from '@koinon/ledger/audit'
import { updateDelayEpochs } from '../../rules/epoch-clock.ts'
import {
  type Aggregator,
  computeEpoch,
  type EpochComputation,
  epochAt,
  epochWindow,
  type PaidParts,
  type PreviousResult,
} from '../../rules/index.ts'
import { type Economy, economyOf } from './economy/economy.ts'
import { type CandidatesOf, isReproduced, type RecomputedRoot, recomputeRoots } from './recomputed-roots.ts'
import { type SoldSeat, whatIfSeats } from './what-if-seats.ts'

/** What is tried. Parts are of the subnet's new alpha, in 1/10,000; the validators get the rest. */
export type WhatIfChange = {
  readonly aggregator?: Aggregator
  readonly parts?: { readonly ownerBps?: number; readonly minersBps?: number }
  readonly rules?: Partial<SeatRules>
}

/** Alpha that an account earned in the epochs, and would have: mined, and dividends for who stakes on it. Atomic units. */
export type WhatIfAccount = {
  readonly account: Address
  readonly did: { readonly mined: bigint; readonly dividends: bigint }
  readonly would: { readonly mined: bigint; readonly dividends: bigint }
}

export type WhatIf = {
  readonly netuid: number
  /** What was tried, in words. */
  readonly changes: readonly string[]
  /** Epochs that were computed again, ascending. */
  readonly epochs: readonly number[]
  /** Who changes most first. */
  readonly accounts: readonly WhatIfAccount[]
  /** What accrued to the owner in them. */
  readonly owner: { readonly did: bigint; readonly would: bigint }
  /** Sales of seats in their time, in order; empty where no rule of seats is tried. */
  readonly seats: readonly SoldSeat[]
  /** What could not be computed, and what nobody can know. */
  readonly unknown: readonly string[]
}

type Parts = { readonly ownerBps: bigint; readonly minersBps: bigint; readonly validatorsBps: bigint }
type Replayed = RecomputedRoot & { readonly computed: EpochComputation }

const whole = 10_000n
const scoresStand =
  'only the aggregator is tried: a file that scores otherwise is not run, the weights that validators gave stand as they are (koinon subnet dev FILE tries a file)'
const neverKnown = [
  'rows, stakes, answers and registrations are those that were: people would have acted otherwise',
  'payouts are staked and count in later votes: that is not followed, nor what alpha would have been worth',
] as const

/** Computes the last `epochs` epochs with a result again. Throws `subnets/no-results` where there are none, `subnets/out-of-range`. */
export async function whatIf(
  source: AuditSource,
  netuid: number,
  change: WhatIfChange,
  { epochs, candidatesOf }: { readonly epochs: number; readonly candidatesOf: CandidatesOf },
): Promise<WhatIf> {
  const economy = await economyOf(source)
  const standing = (await recomputeRoots(source, candidatesOf, netuid)).filter(({ disabled }) => disabled === undefined)
  if ('problem' in economy || standing.length === 0) throw noResults(netuid)
  const { replayed, unknown } = reproduced(standing.slice(-epochs))
  const [first, last] = [replayed[0], replayed.at(-1)]
  if (first === undefined || last === undefined) throw noResults(netuid, unknown[0])
  const from = epochWindow(first.subnet.clock, first.epoch).startsAtSeconds
  const until = epochWindow(last.subnet.clock, last.epoch).endsAtSeconds
  const parts = change.parts === undefined ? undefined : partsTried(economy, netuid, until, change.parts)
  const accrued = accrualOf(economy, netuid, from, parts)
  const { sums, unpaid, problem } = playAgain(replayed, change.aggregator, accrued)
  const [ownerBefore, ownerAfter] = [
    economy.emission.accruedUntil(netuid, from),
    economy.emission.accruedUntil(netuid, until),
  ]
  return {
    netuid,
    changes: wordsOf(change, parts),
    epochs: replayed.map(({ epoch }) => epoch),
    accounts: [...sums.values()].sort((a, b) => compare(moved(b), moved(a))),
    owner: {
      did: (ownerAfter?.owner ?? 0n) - (ownerBefore?.owner ?? 0n),
      would: accrued(until).owner - accrued(from).owner,
    },
    seats: change.rules === undefined ? [] : whatIfSeats(source, first.subnet, change.rules, { from, until }),
    unknown: [
      ...unknown,
      ...(unpaid.length === 0 ? [] : [unpaidSentence(unpaid)]),
      ...(problem === undefined ? [] : [problem]),
      ...(change.aggregator === undefined ? [] : [scoresStand]),
      ...neverKnown,
    ],
  }
}

/**
 * What the subnet's owner announced and does not hold yet at the head, as a change to try, and what cannot be tried of it. `aggregatorOf`
 * is asked for an announced definition, undefined where it is not at hand. Throws `subnets/no-results` without such a subnet.
 */
export async function announcedChange(
  source: AuditSource,
  netuid: number,
  aggregatorOf: (specHash: Hex) => Promise<Aggregator | undefined>,
): Promise<{ readonly change: WhatIfChange; readonly unknown: readonly string[] }> {
  const { head } = source
  const created = eventsOf(source, 'subnets', 'SubnetCreated').find(({ args }) => args.netuid === netuid)
  if (created === undefined) throw noResults(netuid)
  const { genesis, params } = created.args
  const clock = { ...params, genesisSeconds: genesis }
  const current = epochAt(clock, head.seconds)
  const mine = <event extends { readonly args: { readonly netuid: number } }>(events: readonly event[]) =>
    events.findLast(({ args }) => args.netuid === netuid)
  const parts = mine(eventsOf(source, 'emission', 'PartsAnnounced'))
  const rules = mine(eventsOf(source, 'terms', 'RulesAnnounced'))
  const texts = mine(eventsOf(source, 'terms', 'SubnetUpdateAnnounced'))
  const isTextPending = texts !== undefined && epochAt(clock, texts.seconds) + updateDelayEpochs > current
  const aggregator = isTextPending ? await aggregatorOf(texts.args.specHash) : undefined
  return {
    change: {
      ...(parts !== undefined && parts.args.from > head.seconds
        ? { parts: { ownerBps: Number(parts.args.ownerBps), minersBps: Number(parts.args.minersBps) } }
        : {}),
      ...(rules !== undefined && epochAt(clock, rules.seconds) + updateDelayEpochs > current
        ? { rules: rules.args.rules }
        : {}),
      ...(aggregator === undefined ? {} : { aggregator }),
    },
    unknown:
      isTextPending && aggregator === undefined
        ? [`the announced definition ${texts.args.specHash} is not at hand: name its file with --file`]
        : [],
  }
}

/** From the last one that was not reproduced on: what comes after it builds on it. */
function reproduced(roots: readonly RecomputedRoot[]): {
  readonly replayed: readonly Replayed[]
  readonly unknown: readonly string[]
} {
  const bad = roots.findLastIndex((root) => 'problem' in root.computed || !isReproduced(root))
  const replayed = roots.slice(bad + 1) as readonly Replayed[]
  const unknown = roots.slice(0, bad + 1).map(({ epoch, computed }) => {
    const why = 'problem' in computed ? computed.problem : 'its root differs from what rows and stakes give'
    return `epoch ${epoch} is left out: ${why}`
  })
  return { replayed, unknown }
}

/** Every epoch with the change, each on what the one before gives with it. */
function playAgain(
  roots: readonly Replayed[],
  aggregator: Aggregator | undefined,
  accrued: (seconds: number) => PaidParts,
): {
  readonly sums: ReadonlyMap<Address, WhatIfAccount>
  /** Epochs that paid and would not have. */
  readonly unpaid: readonly number[]
  readonly problem: string | undefined
} {
  const sums = new Map<Address, WhatIfAccount>()
  const unpaid: number[] = []
  const nothing = { mined: 0n, dividends: 0n }
  const add = (which: 'did' | 'would', { payouts }: EpochComputation): void => {
    for (const { account, asMiner, asValidator } of payouts) {
      const found = sums.get(account) ?? { account, did: nothing, would: nothing }
      const before = found[which]
      const after = { mined: before.mined + asMiner, dividends: before.dividends + asValidator }
      sums.set(account, { ...found, [which]: after })
    }
  }
  let previous: PreviousResult | undefined = roots[0]?.computed.inputs.previous
  for (const { epoch, subnet, computed, submitted, aggregator: own } of roots) {
    const used = aggregator ?? own
    const window = epochWindow(subnet.clock, epoch)
    if (used === undefined) return { sums, unpaid, problem: `from epoch ${epoch} on: its aggregator is not known here` }
    try {
      const again = computeEpoch(
        {
          ...computed.inputs,
          accruedBefore: accrued(window.startsAtSeconds),
          accruedAfter: accrued(window.endsAtSeconds),
          previous,
        },
        used,
      )
      add('did', computed)
      add('would', again)
      if (computed.payouts.length > 0 && again.payouts.length === 0) unpaid.push(epoch)
      previous = {
        epoch,
        resultHash: submitted.args.resultHash,
        words: { seats: again.posting.seats, amounts: again.posting.amounts },
        totals: { miners: again.result.minersTotal, dividends: again.result.dividendsTotal },
        carry: again.carry,
      }
    } catch (error) {
      if (!isKoinonError(error)) throw error
      return { sums, unpaid, problem: `from epoch ${epoch} on: ${error.message}` }
    }
  }
  return { sums, unpaid, problem: undefined }
}

/** As it was until `from`; after it all that accrued, divided by the parts that are tried. */
function accrualOf(
  { emission }: Economy,
  netuid: number,
  from: number,
  parts: Parts | undefined,
): (seconds: number) => PaidParts & { readonly owner: bigint } {
  const at = (seconds: number) => emission.accruedUntil(netuid, seconds) ?? { owner: 0n, miners: 0n, dividends: 0n }
  if (parts === undefined) return at
  const base = at(from)
  return (seconds) => {
    const now = at(seconds)
    if (seconds <= from) return now
    const all = now.owner + now.miners + now.dividends - base.owner - base.miners - base.dividends
    return {
      owner: base.owner + (all * parts.ownerBps) / whole,
      miners: base.miners + (all * parts.minersBps) / whole,
      dividends: base.dividends + (all * parts.validatorsBps) / whole,
    }
  }
}

function unpaidSentence(epochs: readonly number[]): string {
  const when = epochs.length === 1 ? `epoch ${epochs[0]}` : `epochs ${epochs.join(', ')}`
  return `in ${when} there would have been no result, because too little stake gave weights or no miner got any: what accrued waits, and an epoch pays at most as much again of it as accrues in it`
}

function partsTried(
  { emission }: Economy,
  netuid: number,
  seconds: number,
  tried: NonNullable<WhatIfChange['parts']>,
): Parts {
  const now = emission.partsOf(netuid, seconds)
  const ownerBps = BigInt(tried.ownerBps ?? now.ownerBps)
  const minersBps = BigInt(tried.minersBps ?? now.minersBps)
  return { ownerBps, minersBps, validatorsBps: whole - ownerBps - minersBps }
}

function wordsOf({ aggregator, rules }: WhatIfChange, parts: Parts | undefined): readonly string[] {
  const percent = (bps: bigint): string => `${Number(bps) / 100} %`
  return [
    ...(aggregator === undefined ? [] : [`aggregator ${aggregator.name}`]),
    ...(parts === undefined
      ? []
      : [
          `owner ${percent(parts.ownerBps)}, miners ${percent(parts.minersBps)}, validators ${percent(parts.validatorsBps)}`,
        ]),
    ...Object.entries(rules ?? {}).map(([name, value]) => `${name} ${value}`),
  ]
}

function moved({ did, would }: WhatIfAccount): bigint {
  const difference = would.mined + would.dividends - did.mined - did.dividends
  return difference < 0n ? -difference : difference
}

function compare(a: bigint, b: bigint): number {
  return a === b ? 0 : a < b ? -1 : 1
}

function noResults(netuid: number, why?: string): KoinonError {
  return new KoinonError({
    code: 'subnets/no-results',
    message: `Subnet ${netuid} has no result that could be computed again${why === undefined ? '' : `: ${why}`}`,
    hint: 'Results come once an epoch: koinon epoch show. What an audit cannot compute it tells: koinon audit.',
    retry: 'later',
  })
}
