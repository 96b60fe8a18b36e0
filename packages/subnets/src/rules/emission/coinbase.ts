/** What a subnet's alpha is divided into, and what bounds an injection (specs/0013-emission.md section 5). Every unit has one place. */
import { KoinonError } from '@koinon/base'
import { mulQ64, oneQ64 } from '../fixed/q64.ts'

/** Of a subnet's new alpha, in 1/10,000; the three sum to 10,000. */
export type AlphaParts = { readonly ownerBps: number; readonly minersBps: number; readonly validatorsBps: number }

/** issued = owner + miners + dividends + recycled, which is never minted. */
export type DividedAlpha = {
  readonly owner: bigint
  readonly miners: bigint
  readonly dividends: bigint
  readonly recycled: bigint
}

/** KOIN on the root against tokens: rootStake * weight / (rootStake * weight + issuance) in Q64, rounded down; 0 when there is neither. */
export function rootProportionQ64(rootStake: bigint, rootWeightQ64: bigint, issuance: bigint): bigint {
  const weighed = mulQ64(rootStake, rootWeightQ64)
  return weighed + issuance === 0n ? 0n : (weighed * oneQ64) / (weighed + issuance)
}

/** Alpha issued by whom it is for, each part rounded down. Throws `subnets/out-of-range` on parts that do not sum. */
export function divideAlpha(issued: bigint, { ownerBps, minersBps, validatorsBps }: AlphaParts): DividedAlpha {
  const parts = [ownerBps, minersBps, validatorsBps]
  if (!parts.every((bps) => Number.isInteger(bps) && bps >= 0) || ownerBps + minersBps + validatorsBps !== 10_000) {
    throw new KoinonError({
      code: 'subnets/out-of-range',
      message: "The owner's, miners' and validators' parts do not sum to 10,000",
    })
  }
  const partOf = (bps: number): bigint => (issued * BigInt(bps)) / 10_000n
  const [owner, miners, dividends] = [partOf(ownerBps), partOf(minersBps), partOf(validatorsBps)]
  return { owner, miners, dividends, recycled: issued - owner - miners - dividends }
}
