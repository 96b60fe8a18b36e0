/** Splitting one period's issue between subnets and within them (specs/0013-emission.md section 5). Every unit has one place. */
import { KoinonError } from '@koinon/base'
import { mulQ64, oneQ64 } from '../fixed/q64.ts'
import { type HalvingSchedule, issuedOver } from './halving.ts'

/** The three parts in hundredths of a percent sum to 10,000. `rootWeightQ64`: what a KOIN on the root counts against a token. */
export type CoinbaseRules = {
  readonly koin: HalvingSchedule
  readonly token: HalvingSchedule
  readonly rootWeightQ64: bigint
  readonly ownerBps: number
  readonly minersBps: number
  readonly validatorsBps: number
}

export type SubnetSupply = {
  readonly netuid: number
  /** Of an emission policy. */
  readonly shareQ64: bigint
  /** KOIN per token in the pool now, and its average. */
  readonly priceQ64: bigint
  readonly priceEmaQ64: bigint
  /** Units of the subnet's token that exist. */
  readonly issuance: bigint
}

export type CoinbaseInput = {
  readonly seconds: bigint
  readonly koinIssuance: bigint
  /** KOIN staked on the root. */
  readonly rootStake: bigint
  readonly subnets: readonly SubnetSupply[]
}

/** In atomic units. `tokensIssued` = owner + miners + validators + root + recycledTokens; `tokensIn` are issued beside them. */
export type SubnetEmission = {
  readonly netuid: number
  /** Go into the pool together, at its price. */
  readonly koinIn: bigint
  readonly tokensIn: bigint
  /** Buys tokens in the pool: the part of the share that the injection's cap left over. */
  readonly koinBuys: bigint
  readonly tokensIssued: bigint
  readonly owner: bigint
  readonly miners: bigint
  readonly validators: bigint
  readonly root: bigint
  readonly recycledTokens: bigint
}

/** `koinIssued` = sum of koinIn and koinBuys + recycledKoin. What is recycled is never minted: it stays under the cap. */
export type Coinbase = {
  readonly koinIssued: bigint
  readonly recycledKoin: bigint
  readonly subnets: readonly SubnetEmission[]
}

/** KOIN on the root against tokens: rootStake * weight / (rootStake * weight + issuance) in Q64, rounded down; 0 when there is neither. */
export function rootProportionQ64(rootStake: bigint, rootWeightQ64: bigint, issuance: bigint): bigint {
  const weighed = mulQ64(rootStake, rootWeightQ64)
  return weighed + issuance === 0n ? 0n : (weighed * oneQ64) / (weighed + issuance)
}

/**
 * One period. Rounding goes to `recycled` and nowhere else; so do a share that finds no price and the root's part while the average
 * prices do not sum to more than 1. Throws `subnets/out-of-range` on rules or amounts outside their bounds.
 */
export function splitIssue(rules: CoinbaseRules, input: CoinbaseInput): Coinbase {
  requireRules(rules, input)
  const koinIssued = issuedOver(rules.koin, input.koinIssuance, input.seconds)
  const rootIsPaid = input.subnets.reduce((sum, { priceEmaQ64 }) => sum + priceEmaQ64, 0n) > oneQ64
  const subnets = input.subnets.map((subnet) => splitSubnet(rules, input, subnet, koinIssued, rootIsPaid))
  const used = subnets.reduce((sum, { koinIn, koinBuys }) => sum + koinIn + koinBuys, 0n)
  return { koinIssued, recycledKoin: koinIssued - used, subnets }
}

function splitSubnet(
  rules: CoinbaseRules,
  { seconds, rootStake }: CoinbaseInput,
  { netuid, shareQ64, priceQ64, issuance }: SubnetSupply,
  koinIssued: bigint,
  rootIsPaid: boolean,
): SubnetEmission {
  const tokensIssued = issuedOver(rules.token, issuance, seconds)
  const rootProportion = rootProportionQ64(rootStake, rules.rootWeightQ64, issuance)
  const koin = priceQ64 === 0n ? 0n : mulQ64(koinIssued, shareQ64)
  const tokensIn =
    priceQ64 === 0n
      ? 0n
      : least((koin * oneQ64) / priceQ64, mulQ64(rootProportion, tokensIssued), room(rules, issuance + tokensIssued))
  const koinIn = mulQ64(tokensIn, priceQ64)
  const owner = part(tokensIssued, rules.ownerBps)
  const miners = part(tokensIssued, rules.minersBps)
  const forValidators = part(tokensIssued, rules.validatorsBps)
  const rootPart = mulQ64(forValidators, rootProportion)
  const root = rootIsPaid ? rootPart : 0n
  const validators = forValidators - rootPart
  return {
    netuid,
    koinIn,
    tokensIn,
    koinBuys: koin - koinIn,
    tokensIssued,
    owner,
    miners,
    validators,
    root,
    recycledTokens: tokensIssued - owner - miners - validators - root,
  }
}

function part(amount: bigint, bps: number): bigint {
  return (amount * BigInt(bps)) / 10_000n
}

function room({ token }: CoinbaseRules, issuance: bigint): bigint {
  return issuance < token.cap ? token.cap - issuance : 0n
}

function least(...values: readonly bigint[]): bigint {
  return values.reduce((low, value) => (value < low ? value : low))
}

function requireRules(rules: CoinbaseRules, { rootStake, subnets }: CoinbaseInput): void {
  const parts = [rules.ownerBps, rules.minersBps, rules.validatorsBps]
  if (!parts.every((bps) => Number.isInteger(bps) && bps >= 0) || parts.reduce((a, b) => a + b) !== 10_000) {
    throw outOfRange("The owner's, miners' and validators' parts do not sum to 10,000")
  }
  const shares = subnets.reduce((sum, { shareQ64 }) => sum + shareQ64, 0n)
  const amounts = subnets.flatMap((subnet) => [subnet.shareQ64, subnet.priceQ64, subnet.priceEmaQ64, subnet.issuance])
  const all = [rootStake, rules.rootWeightQ64, ...amounts]
  if (shares > oneQ64 || all.some((amount) => amount < 0n || amount >> 128n !== 0n)) {
    throw outOfRange('A share, price, stake or issuance of the period is negative or too large')
  }
}

function outOfRange(message: string): KoinonError {
  return new KoinonError({ code: 'subnets/out-of-range', message })
}
