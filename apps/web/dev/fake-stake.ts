/** Pools and stake of the fake network: half-and-half pools by x * y = k, positions in memory. The real rule is specs/0014-pools.md. */
import { KoinonError } from '@koinon/base'
import type { PoolJson, QuoteJson, StakeJson, TradeSide } from '@koinon/work/dashboard'
import type { FakeState } from './fake-state.ts'

const token = 10n ** 18n
const unbondingSeconds = 300
const names = ['inference', 'forecast', 'arena'] as const

type Position = { readonly netuid: number; readonly hotkey: string; amount: bigint; readonly isBound: boolean }
type Leaving = { readonly netuid: number; readonly hotkey: string; readonly amount: bigint; readonly freeAt: number }

/** What one fake owner holds; a world of its own for every fake network. */
export class FakeStake {
  readonly #state: FakeState
  readonly #pools = new Map(
    names.map((_, index) => [index + 1, { alpha: 2_000n * token, koin: BigInt(100 + 60 * index) * token }] as const),
  )
  readonly #free = new Map<number, bigint>([
    [1, 40n * token],
    [4, 12n * token],
  ])
  readonly #staked: Position[]
  #leaving: Leaving[]
  #dividends: { readonly netuid: number; readonly hotkey: string; readonly amount: bigint }[]

  constructor(state: FakeState) {
    this.#state = state
    const [miner, validator] = [state.miners[0]?.account ?? '', state.validators[0]?.account ?? '']
    this.#staked = [
      { netuid: 0, hotkey: validator, amount: 25n * token, isBound: true },
      { netuid: 1, hotkey: miner, amount: 310n * token + 1n, isBound: false },
    ]
    const nowSeconds = this.#nowSeconds()
    this.#leaving = [
      { netuid: 1, hotkey: validator, amount: 5n * token, freeAt: nowSeconds - 10 },
      { netuid: 0, hotkey: validator, amount: 8n * token, freeAt: nowSeconds + 200 },
    ]
    this.#dividends = [{ netuid: 1, hotkey: validator, amount: 3n * token }]
  }

  /** `/api/pools`. */
  pools(): { readonly asOfBlock: number; readonly pools: readonly PoolJson[] } {
    const open = [...this.#pools].map(([netuid, { alpha, koin }]) => ({
      netuid,
      name: names[netuid - 1] ?? '',
      priceWad: `${(koin * token) / alpha}`,
      averagePriceWad: `${(koin * token * 9n) / (alpha * 10n)}`,
      poolKoinAtomic: `${koin}`,
      poolAlphaAtomic: `${alpha}`,
      supplyAtomic: `${2n * alpha}`,
      openedAtSeconds: Math.floor(this.#state.startedAtMs / 1000),
    }))
    const gone = { netuid: 4, name: 'scraping', potAtomic: `${30n * token}`, outstandingAtomic: `${60n * token}` }
    return { asOfBlock: this.#state.block(), pools: [...open, gone] }
  }

  /** `/api/pools/{netuid}/quote`. */
  quote(netuid: number, query: URLSearchParams): QuoteJson {
    const side = query.get('side') as TradeSide
    const slippageBps = BigInt(query.get('slippageBps') ?? '100')
    const input = BigInt(query.get('amountAtomic') ?? '0')
    const { output, fee, priceAfter, price } = this.#trade(netuid, side, input)
    const change = priceAfter > price ? priceAfter - price : price - priceAfter
    return {
      netuid,
      side,
      inputAtomic: `${input}`,
      feeAtomic: `${fee}`,
      outputAtomic: `${output}`,
      leastOutputAtomic: `${(output * (10_000n - slippageBps)) / 10_000n}`,
      priceWad: `${price}`,
      priceAfterWad: `${priceAfter}`,
      impactPpm: Number((change * 1_000_000n) / price),
    }
  }

  /** `GET /api/stake`. */
  holdings(): StakeJson {
    const row = ({ netuid, hotkey, amount }: Omit<Position, 'isBound'>) => ({
      netuid,
      hotkey,
      amountAtomic: `${amount}`,
    })
    return {
      account: this.#state.account,
      koinAtomic: `${this.#state.balances.koin}`,
      nowSeconds: this.#nowSeconds(),
      free: [...this.#free]
        .filter(([, amount]) => amount > 0n)
        .map(([netuid, amount]) => ({ netuid, amountAtomic: `${amount}` })),
      staked: this.#staked.filter(({ amount }) => amount > 0n).map((one) => ({ ...row(one), isBound: one.isBound })),
      leaving: this.#leaving.map((one) => ({ ...row(one), freeAtSeconds: one.freeAt })),
      rootDividends: this.#dividends.map(row),
    }
  }

  /** `POST /api/stake`. */
  act(body: Record<string, unknown>): unknown {
    const netuid = Number(body['netuid'] ?? 0)
    const amount = BigInt(String(body['amountAtomic'] ?? '0'))
    const hotkey = String(body['hotkey'] ?? '')
    const { balances } = this.#state
    switch (body['action']) {
      case 'buy':
      case 'sell': {
        const side = body['action']
        const { output, pool } = this.#trade(netuid, side, amount)
        if (output < BigInt(String(body['leastOutputAtomic']))) throw moved()
        this.#pools.set(netuid, pool)
        this.#add(netuid, side === 'buy' ? output : -amount)
        balances.koin += side === 'buy' ? -amount : output
        return { outputAtomic: `${output}` }
      }
      case 'redeem':
        this.#add(netuid, -amount)
        balances.koin += amount / 2n
        return { outputAtomic: `${amount / 2n}` }
      case 'stake':
        if (netuid === 0) balances.koin -= amount
        else this.#add(netuid, -amount)
        this.#position(netuid, hotkey).amount += amount
        return {}
      case 'unstake': {
        const position = this.#position(netuid, hotkey)
        position.amount -= amount
        if (!position.isBound) this.#add(netuid, amount)
        else this.#leaving.push({ netuid, hotkey, amount, freeAt: this.#nowSeconds() + unbondingSeconds })
        return {}
      }
      case 'withdraw': {
        const free = this.#leaving.filter(({ freeAt }) => freeAt <= this.#nowSeconds())
        this.#leaving = this.#leaving.filter((one) => !free.includes(one))
        for (const one of free) {
          if (one.netuid === 0) balances.koin += one.amount
          else this.#add(one.netuid, one.amount)
        }
        return {}
      }
      case 'claimRoot':
        this.#add(netuid, this.#dividends.find((one) => one.netuid === netuid)?.amount ?? 0n)
        this.#dividends = this.#dividends.filter((one) => one.netuid !== netuid)
        return {}
      default:
        return undefined
    }
  }

  #trade(netuid: number, side: TradeSide, input: bigint) {
    const { alpha, koin } = this.#pools.get(netuid) ?? { alpha: 1n, koin: 1n }
    const fee = (input * 5n) / 10_000n
    const net = input - fee
    const [into, from] = side === 'buy' ? [koin, alpha] : [alpha, koin]
    const output = (from * net) / (into + net)
    const pool =
      side === 'buy' ? { alpha: alpha - output, koin: koin + net } : { alpha: alpha + net, koin: koin - output }
    return { output, fee, pool, price: (koin * token) / alpha, priceAfter: (pool.koin * token) / pool.alpha }
  }

  #position(netuid: number, hotkey: string): Position {
    const found = this.#staked.find((one) => one.netuid === netuid && one.hotkey === hotkey)
    if (found !== undefined) return found
    const made = { netuid, hotkey, amount: 0n, isBound: netuid === 0 }
    this.#staked.push(made)
    return made
  }

  #add(netuid: number, amount: bigint): void {
    this.#free.set(netuid, (this.#free.get(netuid) ?? 0n) + amount)
  }

  #nowSeconds(): number {
    return Math.floor(this.#state.nowMs() / 1000)
  }
}

function moved(): KoinonError {
  return new KoinonError({
    code: 'ledger/price-moved',
    message: 'Meanwhile the price moved: the trade would bring less than its least output, so it was not made',
    hint: 'Look at the new price and try again.',
    retry: 'now',
  })
}
