/** Assets and the shares in them, as the staking contract moves them (specs/0014-pools.md section 4). */
import { sharesForAmount, virtualShares, worthOfShares } from '../../../rules/pool/share-worth.ts'

const mostShares = (1n << 160n) - 1n - virtualShares

export class SharePool {
  assets = 0n
  shares = 0n

  sharesFor(amount: bigint): bigint {
    return sharesForAmount(this, amount)
  }

  worth(shares: bigint): bigint {
    return worthOfShares(this, shares)
  }

  /** Returns the shares that the amount bought. */
  deposit(amount: bigint): bigint {
    const shares = this.sharesFor(amount)
    this.assets += amount
    this.shares += shares
    return shares
  }

  /** As `deposit`; where no share can be given the amount raises the worth of those that exist. */
  depositOrRaise(amount: bigint): bigint {
    const shares = this.sharesFor(amount)
    if (shares > 0n && this.shares + shares <= mostShares) return this.deposit(amount)
    this.assets += amount
    return 0n
  }

  /** Returns what the shares were worth. */
  redeem(shares: bigint): bigint {
    const amount = this.worth(shares)
    this.assets -= amount
    this.shares -= shares
    return amount
  }

  /** Takes a part of everything; returns how much. */
  slash(numerator: bigint, denominator: bigint): bigint {
    const amount = (this.assets * numerator) / denominator
    this.assets -= amount
    return amount
  }
}
