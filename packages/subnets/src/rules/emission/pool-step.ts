/**
 * One step of the emission of a network with pools (specs/0020-pool-emission.md), to the bit as PoolEmission.sol has it: a pure function
 * from the network's state to the next, so that anybody can recompute what a ledger paid.
 */
import { KoinonError } from '@koinon/base'
import { mulQ64, oneQ64 } from '../fixed/q64.ts'
import { movePriceAverage } from '../pool/price-average.ts'
import { injectIntoPool, type Pool, poolPrice, wad } from '../pool/weighted-pool.ts'
import { flowEmaAfter, flowKeepQ64, keptCapital } from './averages.ts'
import { type AlphaParts, divideAlpha, rootProportionQ64 } from './coinbase.ts'
import { defaultMinersBps, defaultOwnerBps, maximumInjectionBps } from './constants.ts'
import { type HalvingSchedule, issuedOver } from './halving.ts'
import type { EmissionPolicy } from './policy.ts'

/** Of a subnet whose owner announced no others, in 1/10,000. */
export const defaultEmissionParts: AlphaParts = {
  ownerBps: defaultOwnerBps,
  minersBps: defaultMinersBps,
  validatorsBps: 10_000 - defaultOwnerBps - defaultMinersBps,
}

/** Chosen at deployment. `rootWeight` is in parts of 1e18, as the staking contract has it. */
export type PoolEmissionRules = {
  readonly koin: HalvingSchedule
  readonly alpha: HalvingSchedule
  readonly periodSeconds: bigint
  readonly rootWeight: bigint
  readonly policy: EmissionPolicy
  /** Instead of `maximumInjectionBps`, for whoever plays many periods as one (the emission league). */
  readonly injectionBps?: bigint
}

/** Alpha by whom it is for. Dividends are validators' and of everybody whose stake they weigh with, on the root too. */
export type AccruedAmounts = { readonly owner: bigint; readonly miners: bigint; readonly dividends: bigint }

export const nothingAccrued: AccruedAmounts = { owner: 0n, miners: 0n, dividends: 0n }

/** Amounts in atomic units, times in Unix seconds, the average in parts of 1e18. */
export type EmissionSubnet = {
  readonly netuid: number
  readonly pool: Pool
  readonly openedAt: bigint
  /** The price average where it was last moved to, and when. */
  readonly average: bigint
  readonly averagedAt: bigint
  /** Alpha ever minted. */
  readonly minted: bigint
  readonly ownerBps: number
  readonly minersBps: number
  readonly validatorsBps: number
  /** Average KOIN a second that people brought into the pool, and that the protocol did. */
  readonly userFlow: bigint
  readonly protocolFlow: bigint
  /** Slow average of the KOIN that people keep in the pool (`keptCapital`). */
  readonly capitalAverage: bigint
  /** KOIN in the pool after the last step, and what that step injected; undefined before the first. */
  readonly mark: { readonly koin: bigint; readonly injected: bigint } | undefined
  /** In all steps. */
  readonly accrued: AccruedAmounts
}

export type EmissionNetworkState = {
  /** End of the last step, at first the deployment. */
  readonly steppedUntil: bigint
  /** KOIN ever minted, that of the genesis included. */
  readonly koinMinted: bigint
  /** KOIN that the staking contract holds. */
  readonly rootStake: bigint
  /** The living subnets, in the ledger's order. */
  readonly subnets: readonly EmissionSubnet[]
}

/** What the opening of a step fixes; its subnets are paid after it, in the order of `entries`, in one call or in several. */
export type EmissionOpening = {
  readonly from: bigint
  readonly end: bigint
  readonly koinIssued: bigint
  readonly rootStake: bigint
  /** The subnets that take part. */
  readonly entries: readonly StepEntry[]
  /** All subnets, the flows of those that take part moved on. */
  readonly subnets: readonly EmissionSubnet[]
}

/** `average` in parts of 1e18; `capital` is what the policy was told of it. */
export type StepEntry = {
  readonly netuid: number
  readonly average: bigint
  readonly capital: bigint
  readonly shareQ64: bigint
}

/** `koinExcess` and `alphaRecycled` are never minted. */
export type SubnetIssue = StepEntry & {
  readonly koinIn: bigint
  readonly alphaIn: bigint
  readonly koinExcess: bigint
  readonly owner: bigint
  readonly miners: bigint
  readonly dividends: bigint
  readonly alphaRecycled: bigint
}

export type EmissionStep = {
  readonly from: bigint
  readonly end: bigint
  readonly koinIssued: bigint
  /** `koinIssued` less what was minted into pools. */
  readonly koinRecycled: bigint
  readonly issues: readonly SubnetIssue[]
  readonly next: EmissionNetworkState
}

/** The step that is opened and paid in second `now`. Throws as `openEmissionStep`. */
export function stepEmission(rules: PoolEmissionRules, state: EmissionNetworkState, now: bigint): EmissionStep {
  const opening = openEmissionStep(rules, state, now)
  const paid = new Map(
    opening.entries.map((entry) => {
      const subnet = opening.subnets.find(({ netuid }) => netuid === entry.netuid) as EmissionSubnet
      const issue = issueOfEntry(rules, opening, entry, subnet)
      return [entry.netuid, { issue, subnet: subnetAfterIssue(subnet, issue, now) }]
    }),
  )
  const issues = [...paid.values()].map(({ issue }) => issue)
  const minted = issues.reduce((sum, { koinIn }) => sum + koinIn, 0n)
  const { from, end, koinIssued, subnets } = opening
  return {
    from,
    end,
    koinIssued,
    koinRecycled: koinIssued - minted,
    issues,
    next: {
      ...state,
      steppedUntil: end,
      koinMinted: state.koinMinted + minted,
      subnets: subnets.map((subnet) => paid.get(subnet.netuid)?.subnet ?? subnet),
    },
  }
}

/**
 * The step that is opened in second `now`: all whole periods since the last. Subnets whose pool opened after the last step's end wait for
 * the next. Throws `subnets/out-of-range` when no period has passed.
 */
export function openEmissionStep(rules: PoolEmissionRules, state: EmissionNetworkState, now: bigint): EmissionOpening {
  const from = state.steppedUntil
  const periods = (now - from) / rules.periodSeconds
  if (periods <= 0n) {
    throw new KoinonError({ code: 'subnets/out-of-range', message: 'No period has passed since the last step' })
  }
  const seconds = periods * rules.periodSeconds
  const end = from + seconds
  const measured = state.subnets
    .filter(({ openedAt }) => openedAt <= from)
    .map((subnet) => measure(subnet, end, seconds))
  const shares = sharesOf(rules.policy, measured)
  const moved = new Map(measured.map(({ subnet }) => [subnet.netuid, subnet]))
  return {
    from,
    end,
    koinIssued: issuedOver(rules.koin, state.koinMinted, seconds),
    rootStake: state.rootStake,
    entries: measured.map(({ subnet: { netuid }, average, capital }, index) => ({
      netuid,
      average,
      capital,
      shareQ64: shares[index] as bigint,
    })),
    subnets: state.subnets.map((subnet) => moved.get(subnet.netuid) ?? subnet),
  }
}

/** What accrued from the genesis of a subnet until a second within a step, which it took part in: it grows evenly. */
export function accruedWithin(
  before: AccruedAmounts,
  after: AccruedAmounts,
  step: { readonly from: bigint; readonly end: bigint },
  second: bigint,
): AccruedAmounts {
  const between = (low: bigint, high: bigint): bigint =>
    low + ((high - low) * (second - step.from)) / (step.end - step.from)
  return {
    owner: between(before.owner, after.owner),
    miners: between(before.miners, after.miners),
    dividends: between(before.dividends, after.dividends),
  }
}

type Measured = { readonly subnet: EmissionSubnet; readonly average: bigint; readonly capital: bigint }

/** The subnet with its flows and its capital moved, and its price average at the end of the step, or at the pool's last move when that was later. */
function measure(subnet: EmissionSubnet, end: bigint, seconds: bigint): Measured {
  const { openedAt, averagedAt, mark, pool } = subnet
  const average =
    averagedAt >= end
      ? subnet.average
      : movePriceAverage(subnet.average, poolPrice(pool), averagedAt - openedAt, end - openedAt)
  const moved = (ema: bigint, flow: bigint): bigint =>
    flowEmaAfter({ ema, flow, elapsedSeconds: seconds, keepQ64: flowKeepQ64 })
  const userFlow = moved(subnet.userFlow, mark === undefined ? 0n : pool.koin - mark.koin)
  const protocolFlow = moved(subnet.protocolFlow, mark?.injected ?? 0n)
  const kept = keptCapital({
    before: subnet.capitalAverage,
    heldBefore: mark?.koin,
    held: pool.koin,
    protocolFlow,
    elapsedSeconds: seconds,
  })
  return {
    average,
    capital: kept.capital,
    subnet: { ...subnet, userFlow, protocolFlow, capitalAverage: kept.average },
  }
}

function sharesOf(policy: EmissionPolicy, measured: readonly Measured[]): readonly bigint[] {
  return policy.shares(
    measured.map(({ subnet, average, capital }) => ({
      eligible: true,
      priceEmaQ64: inQ64(average),
      userFlowEma: subnet.userFlow,
      protocolCostEma: subnet.protocolFlow,
      revenue: 0n,
      minerBurnedQ64: 0n,
      capital,
    })),
  )
}

/** What an open step brings a subnet, by its pool as it is when the subnet is paid. Pays nobody. */
export function issueOfEntry(
  rules: PoolEmissionRules,
  { from, end, koinIssued, rootStake }: Pick<EmissionOpening, 'from' | 'end' | 'koinIssued' | 'rootStake'>,
  { netuid, average, capital, shareQ64 }: StepEntry,
  subnet: Pick<EmissionSubnet, 'pool' | 'minted' | 'ownerBps' | 'minersBps' | 'validatorsBps'>,
): SubnetIssue {
  const { pool, minted } = subnet
  const issued = issuedOver(rules.alpha, minted, end - from)
  const { owner, miners, dividends, recycled: alphaRecycled } = divideAlpha(issued, subnet)
  const koin = mulQ64(koinIssued, shareQ64)
  const most = least(
    rules.alpha.cap - minted - issued,
    mulQ64(rootProportionQ64(rootStake, inQ64(rules.rootWeight), minted), issued),
    (pool.alpha * (rules.injectionBps ?? maximumInjectionBps)) / 10_000n,
    (koin * pool.alpha) / pool.koin,
  )
  const koinIn = (most * pool.koin) / pool.alpha
  const alphaIn = koinIn > 0n ? most : 0n
  const koinExcess = koin - koinIn
  return { netuid, average, capital, shareQ64, koinIn, alphaIn, koinExcess, owner, miners, dividends, alphaRecycled }
}

/** The subnet after its issue; an injection moves the average to `now` first. */
export function subnetAfterIssue(subnet: EmissionSubnet, issue: SubnetIssue, now: bigint): EmissionSubnet {
  const { pool, openedAt, averagedAt, accrued } = subnet
  const isInjected = issue.koinIn > 0n
  return {
    ...subnet,
    pool: isInjected ? (injectIntoPool(pool, issue.alphaIn, issue.koinIn) ?? pool) : pool,
    average: isInjected
      ? movePriceAverage(subnet.average, poolPrice(pool), averagedAt - openedAt, now - openedAt)
      : subnet.average,
    averagedAt: isInjected ? now : averagedAt,
    minted: subnet.minted + issue.alphaIn + issue.owner + issue.miners + issue.dividends,
    mark: { koin: pool.koin + issue.koinIn, injected: issue.koinIn },
    accrued: {
      owner: accrued.owner + issue.owner,
      miners: accrued.miners + issue.miners,
      dividends: accrued.dividends + issue.dividends,
    },
  }
}

/** Parts of 1e18 as parts of 2^64. */
function inQ64(parts: bigint): bigint {
  return (parts * oneQ64) / wad
}

function least(...values: readonly bigint[]): bigint {
  return values.reduce((low, value) => (value < low ? value : low))
}
