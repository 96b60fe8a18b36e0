import { type ChannelOffer, defaultChannelOffer } from '../rules/channel-offer.ts'
import type { Settler } from './settler.ts'

/** What a stranger has to bring before a seller spends gas on it, where gas costs money (specs/0022-machine-payments.md section 3). */
export const externalGasBounds = {
  /** A deposit must be worth its transaction; half a dollar, atomic units. */
  leastDepositAtomic: 500_000n,
  /** A channel must have paid this between its opening or last refund and the next; a tenth of a dollar, atomic units. */
  leastEarnedAtomic: 100_000n,
  /** A payment whose payer's wallet is created on the way (ERC-6492) must be worth that transaction; half a dollar, atomic units. */
  leastCreatingAtomic: 500_000n,
} as const

/** A settler that leaves small deposits to their payers, who can send them themselves. */
export function worthTheirGas(settler: Settler): Settler {
  const { leastDepositAtomic } = externalGasBounds
  return {
    check: (authorization) => settler.check(authorization),
    settle: (authorization, timeoutMs) => settler.settle(authorization, timeoutMs),
    findOut: (authorization) => settler.findOut(authorization),
    deposit: (config, deposit, timeoutMs) =>
      deposit.amountAtomic >= leastDepositAtomic
        ? settler.deposit(config, deposit, timeoutMs)
        : Promise.resolve({
            state: 'refused',
            reason: 'unsupported',
            detail: `this seller sends deposits from ${leastDepositAtomic} atomic units on; send a smaller one yourself`,
          }),
  }
}

/**
 * The offer that goes with a least deposit: a client that deposits what is asked for is not refused for it. A channel is served from
 * `leastInChannelAtomic` on, whoever filled it.
 */
export function channelOfferFrom(leastDepositAtomic: bigint, leastInChannelAtomic: bigint): ChannelOffer {
  return {
    ...defaultChannelOffer,
    leastDepositAtomic: leastInChannelAtomic,
    depositAtomic: (maximumAtomic) => {
      const asked = defaultChannelOffer.depositAtomic(maximumAtomic)
      return asked < leastDepositAtomic ? leastDepositAtomic : asked
    },
  }
}
