/** Terms of channels that a seller takes. */
export type ChannelOffer = {
  /** Seconds; at least what the seller's `ChannelTerms` ask. */
  readonly withdrawDelay: number
  /** Deposit to suggest for calls of this price, atomic units; a stock client deposits it at once, within its own cap. */
  readonly depositAtomic: (maximumAtomic: bigint) => bigint
  /** What a channel must hold before its first call is served, atomic units; whatever the call needs unless given. */
  readonly leastDepositAtomic?: bigint
}

/** A hundred calls at once: a deposit every ten, as is the peers' default, costs more gas than it saves. */
export const defaultChannelOffer: ChannelOffer = {
  withdrawDelay: 900,
  depositAtomic: (maximumAtomic) => maximumAtomic * 100n,
}
