/** Which vouchers a seller works on (specs/0022-machine-payments.md section 3): pure, amounts in atomic units of the channel's token. */

/** A call that a voucher holds: what it may claim in all, and the most that the call costs. */
export type VoucherCall = { readonly voucherAtomic: bigint; readonly maximumAtomic: bigint }

/** What decides about the next voucher of a channel. */
export type VoucherLine = {
  readonly depositAtomic: bigint
  /** Everything owed in the channel's life, rounded up, with what other doors to the channel hold in reserve. */
  readonly owedAtomic: bigint
  /** The highest voucher that is kept: of a charged call, or delivered alone. */
  readonly keptAtomic: bigint
  readonly underWay: readonly VoucherCall[]
}

/** `busy`: a call with this very voucher is under way. `short`: sign anew from the channel's state. `over-deposit`: top up first. */
export type VoucherRefusal = 'busy' | 'short' | 'over-deposit'

/**
 * Decides on one more call. What it promises: whichever of the calls under way are charged, in whichever order, at most their maxima,
 * the highest voucher of the charged ones covers all that is owed then.
 */
export function voucherRefusal(line: VoucherLine, call: VoucherCall): VoucherRefusal | undefined {
  const { owedAtomic, keptAtomic, underWay } = line
  if (underWay.some(({ voucherAtomic }) => voucherAtomic === call.voucherAtomic)) return 'busy'
  if (call.voucherAtomic <= owedAtomic) return 'short'
  const isNext = underWay.length === 0 && call.voucherAtomic === owedAtomic + call.maximumAtomic
  if (call.voucherAtomic <= keptAtomic && !isNext) return 'short'
  if (!isCovered(owedAtomic, keptAtomic, [...underWay, call], call.voucherAtomic)) return 'short'
  return call.voucherAtomic > line.depositAtomic ? 'over-deposit' : undefined
}

/** The voucher that a payer who trusts this state signs for one more call: above all that is kept or under way. */
export function nextVoucherAtomic(line: VoucherLine, maximumAtomic: bigint): bigint {
  if (line.underWay.length === 0) return line.owedAtomic + maximumAtomic
  const highest = line.underWay.reduce((most, { voucherAtomic }) => max(most, voucherAtomic), line.keptAtomic)
  const held = line.underWay.reduce((sum, call) => sum + call.maximumAtomic, line.owedAtomic)
  return max(highest + 1n, held + maximumAtomic)
}

/** Every voucher from `from` on covers what is owed and the worst cases of all calls up to it; those below the kept one stand on that. */
function isCovered(owedAtomic: bigint, keptAtomic: bigint, calls: readonly VoucherCall[], from: bigint): boolean {
  return calls.every(({ voucherAtomic }) => {
    if (voucherAtomic < from) return true
    const level = max(voucherAtomic, keptAtomic)
    const worst = calls.reduce(
      (sum, call) => (call.voucherAtomic <= level ? sum + call.maximumAtomic : sum),
      owedAtomic,
    )
    return worst <= level
  })
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
