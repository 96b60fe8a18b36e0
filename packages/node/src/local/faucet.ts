/** Test money for newcomers, bounded so that strangers can drain neither the roles' gas money nor buy their way into a quorum. */
import { type Address, type Clock, KoinonError } from '@koinon/base'
import { isLoopbackHost } from '@koinon/base/node'
import type { Home } from '../home/home.ts'
import { FaucetBook } from './faucet-book.ts'
import { gasMoneyOf } from './gas-money.ts'
import { takeKoin } from './koin-allowance.ts'
import type { LedgerSource } from './ledger-source.ts'
import { faucetGift } from './parameters.ts'
import { type Balances, give, type Treasury } from './treasury.ts'

/** `open`: whoever reaches the gateway may ask. `closed`: the owner only. */
export type FaucetDoor = 'open' | 'closed'

/** Without the owner's word the faucet is open only where no other machine reaches it and gas is made from nothing. */
export function faucetByDefault(host: string, ledger: LedgerSource): FaucetDoor {
  return ledger.kind === 'embedded' && isLoopbackHost(host) ? 'open' : 'closed'
}

export type FaucetOptions = {
  readonly home: Home
  readonly treasury: Treasury
  readonly clock: Clock
  readonly door: FaucetDoor
  /** Accounts of this home that the treasury keeps in gas: what they may still need is never given away. */
  readonly roleAccounts: number
}

export class Faucet {
  readonly #options: FaucetOptions
  readonly #book = new FaucetBook()
  /** Strangers must not use up the owner's turns, either. */
  readonly #ownerBook = new FaucetBook()
  /** What gifts under way may still cost, in wei: the ledger does not show it yet. */
  #underWayWei = 0n

  constructor(options: FaucetOptions) {
    this.#options = options
  }

  /** Gives to whoever asked; returns what was sent. Throws `faucet/closed|too-soon|busy|empty`. */
  async giveStranger(account: Address): Promise<Balances> {
    const { door, home, clock } = this.#options
    if (door === 'closed') {
      throw new KoinonError({
        code: 'faucet/closed',
        message: 'The faucet of this network is shut: its chain or its address is open to strangers',
        hint: 'Its owner can send you money (koinon wallet send), or open the faucet with: koinon up --faucet',
        details: { status: 403 },
      })
    }
    this.#book.admit(account, clock.nowMs())
    return this.#give(account, () => takeKoin(home, faucetGift.koin))
  }

  /** Gives to the owner's own account; it could take all of it anyway, so nothing is counted but the pace. */
  async giveOwner(account: Address): Promise<Balances> {
    this.#ownerBook.admit(account, this.#options.clock.nowMs())
    return this.#give(account, () => faucetGift.koin)
  }

  async #give(account: Address, koinAllowed: () => bigint): Promise<Balances> {
    const { treasury, roleAccounts } = this.#options
    const { network, reader, sender } = treasury
    const { giftWei, givingWei, roleWei } = await gasMoneyOf(reader, network)
    this.#underWayWei += givingWei
    try {
      // Taken before the balance is read: what ends meanwhile is then counted twice rather than not at all.
      const underWayWei = this.#underWayWei
      const heldWei = await reader.getBalance({ address: sender.address })
      if (heldWei - underWayWei < roleWei * BigInt(roleAccounts)) {
        throw new KoinonError({
          code: 'faucet/empty',
          message: 'The faucet has no gas money left to give: the rest is kept for the roles of this network',
          hint: `The owner of this network can fill it: send native money of chain ${network.chainId} to ${sender.address}.`,
          retry: 'later',
        })
      }
      const gift = { nativeWei: giftWei, koin: koinAllowed(), dollar: faucetGift.dollar }
      await give(treasury, account, gift)
      return gift
    } finally {
      this.#underWayWei -= givingWei
    }
  }
}
