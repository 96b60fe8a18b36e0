/** Least that a channel to a gateway or miner of this program must hold, 1e-6 dollar; with less it is not worth a claim's gas. */
export const minimumDepositAtomic = 1_000n
