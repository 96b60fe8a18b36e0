/** What shares of stake cost and are worth (specs/0014-pools.md section 4). Every division rounds down. */

/** Shares that nobody has. */
export const virtualShares = 1_000_000n

/** Assets and the shares in them. */
export type ShareState = { readonly assets: bigint; readonly shares: bigint }

/** Shares that an amount buys. */
export function sharesForAmount(pool: ShareState, amount: bigint): bigint {
  return (amount * (pool.shares + virtualShares)) / (pool.assets + 1n)
}

/** What shares are worth. */
export function worthOfShares(pool: ShareState, shares: bigint): bigint {
  return (shares * (pool.assets + 1n)) / (pool.shares + virtualShares)
}
