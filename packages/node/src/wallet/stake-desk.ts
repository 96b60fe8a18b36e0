/** What an owner does with alpha and stake from the page: one request, one transaction, amounts as decimal strings of atomic units. */
import { type Address, KoinonError, toAddress } from '@koinon/base'
import type { Membership } from '@koinon/ledger'
import {
  buyAlpha,
  claimRootDividends,
  defaultSlippageBps,
  HoldingsReader,
  leastOf,
  positionOn,
  redeemAlpha,
  sellAlpha,
  sharesWorth,
  stakeOn,
  unstakeFrom,
  withdrawUnstaked,
} from '@koinon/subnets/pools'
import type { StakeJson } from '@koinon/work/dashboard'
import { readBalances } from '../local/treasury.ts'

type Params = Readonly<Record<string, unknown>>

export class StakeDesk {
  readonly #account: Membership
  readonly #holdings: HoldingsReader

  constructor(account: Membership) {
    this.#account = account
    this.#holdings = new HoldingsReader(account, account.sender.address)
  }

  /** What the account holds and has staked, and the ledger's clock. */
  async state(): Promise<StakeJson> {
    const { network, reader, sender } = this.#account
    const [holdings, { koin }, { timestamp }] = await Promise.all([
      this.#holdings.read(),
      readBalances(reader, network, sender.address),
      reader.getBlock({ blockTag: 'pending' }),
    ])
    return {
      account: sender.address,
      koinAtomic: `${koin}`,
      nowSeconds: Number(timestamp),
      free: holdings.free.map(atomic),
      staked: holdings.staked.map(({ shares: _shares, ...rest }) => atomic(rest)),
      leaving: holdings.leaving.map(atomic),
      rootDividends: holdings.rootDividends.map(atomic),
    }
  }

  /** Does one thing. Throws `wallet/bad-amount`, `wallet/bad-stake-request`, and as the ledger does. */
  async act(params: Params): Promise<Record<string, unknown>> {
    const account = this.#account
    switch (params['action']) {
      case 'buy': {
        const done = await buyAlpha(account, {
          netuid: netuidOf(params),
          koin: amountOf(params),
          leastAlpha: amountOf(params, 'leastOutputAtomic'),
        })
        return { outputAtomic: `${done.output}`, transactionHash: done.transactionHash }
      }
      case 'sell': {
        const done = await sellAlpha(account, {
          netuid: netuidOf(params),
          alpha: amountOf(params),
          leastKoin: amountOf(params, 'leastOutputAtomic'),
        })
        return { outputAtomic: `${done.output}`, transactionHash: done.transactionHash }
      }
      case 'redeem': {
        const done = await redeemAlpha(account, netuidOf(params), amountOf(params))
        return { outputAtomic: `${done.output}`, transactionHash: done.transactionHash }
      }
      case 'stake': {
        await stakeOn(account, { netuid: netuidOf(params), hotkey: hotkeyOf(params), amount: amountOf(params) })
        return {}
      }
      case 'unstake':
        return this.#unstake(netuidOf(params), hotkeyOf(params), amountOf(params))
      case 'withdraw':
        return { withdrawn: (await withdrawUnstaked(account)).map(atomic) }
      case 'claimRoot':
        return { amountAtomic: `${await claimRootDividends(account, netuidOf(params), hotkeyOf(params))}` }
      default:
        throw badRequest('There is no such thing to do with stake')
    }
  }

  async #unstake(netuid: number, hotkey: Address, amount: bigint): Promise<Record<string, unknown>> {
    const position = positionOn(await this.#holdings.read(), netuid, hotkey)
    const shares = sharesWorth(position, amount)
    const left = await unstakeFrom(this.#account, {
      netuid,
      hotkey,
      shares,
      leastAmount: leastOf(amount, defaultSlippageBps),
    })
    return {
      amountAtomic: `${left.amount}`,
      ...(left.freeAtSeconds === undefined ? {} : { freeAtSeconds: left.freeAtSeconds }),
    }
  }
}

function atomic<row extends { readonly amount: bigint }>({ amount, ...rest }: row) {
  return { ...rest, amountAtomic: `${amount}` }
}

function netuidOf({ netuid }: Params): number {
  if (typeof netuid === 'number' && Number.isInteger(netuid) && netuid >= 0 && netuid < 2 ** 32) return netuid
  throw badRequest('The request names no subnet')
}

function hotkeyOf({ hotkey }: Params): Address {
  return toAddress(String(hotkey))
}

function amountOf(params: Params, name = 'amountAtomic'): bigint {
  const text = params[name]
  if (typeof text === 'string' && /^[1-9][0-9]{0,39}$/.test(text)) return BigInt(text)
  throw new KoinonError({
    code: 'wallet/bad-amount',
    message: `${name} is not a whole number of atomic units above zero`,
    hint: 'Give an amount above 0, for example 1.5.',
  })
}

function badRequest(message: string): KoinonError {
  return new KoinonError({
    code: 'wallet/bad-stake-request',
    message,
    hint: 'Load the page anew; it may be older than the gateway.',
    details: { status: 400 },
  })
}
