/** Reads of subnets' pools (specs/0014-pools.md). Amounts are atomic units, prices KOIN for one alpha in parts of 1e18. */
import { type Address, KoinonError } from '@koinon/base'
import type { LedgerReader, NetworkFile } from '@koinon/ledger'
import { poolsAbi, subnetsAbi } from '@koinon/ledger/abis'
import { type Pool, poolPrice } from '../rules/pool/weighted-pool.ts'

/** Of a network, what trading and staking alpha needs. */
export type PoolNetwork = Pick<NetworkFile, 'startBlock' | 'chainKind'> & {
  readonly contracts: Readonly<Record<'token' | 'pools' | 'staking' | 'delegation' | 'subnets', Address>>
}

export type PoolView = { readonly network: PoolNetwork; readonly reader: LedgerReader }

/** The market of one subnet as the next block would find it. */
export type SubnetPool = {
  readonly netuid: number
  readonly pool: Pool
  readonly price: bigint
  readonly averagePrice: bigint
  /** Alpha that exists, the pool's included. */
  readonly supply: bigint
  readonly openedAtSeconds: number
}

/** What is left for the holders of a dissolved subnet's alpha: `pot` KOIN for `outstanding` alpha. */
export type SubnetPot = { readonly netuid: number; readonly pot: bigint; readonly outstanding: bigint }

/** One subnet's pool. Throws `ledger/no-pool` where there is none, `ledger/pool-dissolved` where there was one. */
export async function readPool(view: PoolView, netuid: number): Promise<SubnetPool> {
  const market = await readMarket(view, netuid)
  if ('pool' in market) return market
  throw new KoinonError({
    code: 'ledger/pool-dissolved',
    message: `Subnet ${netuid} is dissolved: its alpha is not traded any more, but paid out of what its pool held`,
    hint: `Sell it, which now redeems it: koinon subnet sell ${netuid} all`,
    details: { netuid, pot: `${market.pot}`, outstanding: `${market.outstanding}` },
  })
}

/** One subnet's pool, or what is left of it. Throws `ledger/no-pool`. */
export async function readMarket({ network, reader }: PoolView, netuid: number): Promise<SubnetPool | SubnetPot> {
  const pools = { address: network.contracts.pools, abi: poolsAbi, blockTag: 'pending' } as const
  const state = await reader.readContract({ ...pools, functionName: 'stateOf', args: [netuid] })
  if (state.openedAt === 0) throw noPool(netuid)
  const supply = state.minted - state.burned
  if (state.weightKoin === 0n) return { netuid, pot: state.koin, outstanding: supply }
  const averagePrice = await reader.readContract({ ...pools, functionName: 'averageOf', args: [netuid] })
  const pool = { alpha: state.alpha, koin: state.koin, weightKoin: state.weightKoin }
  return { netuid, pool, price: poolPrice(pool), averagePrice, supply, openedAtSeconds: state.openedAt }
}

/** The markets of all subnets that ever had one, ascending by netuid. */
export async function readMarkets(view: PoolView): Promise<readonly (SubnetPool | SubnetPot)[]> {
  const markets = await Promise.all(
    (await netuidsOf(view)).map((netuid) =>
      readMarket(view, netuid).catch((error: unknown) => {
        if (error instanceof KoinonError && error.code === 'ledger/no-pool') return undefined
        throw error
      }),
    ),
  )
  return markets.filter((market) => market !== undefined)
}

/** Numbers of all subnets ever created, ascending. */
export async function netuidsOf({ network, reader }: PoolView): Promise<readonly number[]> {
  const count = await reader.readContract({
    address: network.contracts.subnets,
    abi: subnetsAbi,
    functionName: 'subnetCount',
    blockTag: 'pending',
  })
  return Array.from({ length: count }, (_, index) => index + 1)
}

function noPool(netuid: number): KoinonError {
  return new KoinonError({
    code: 'ledger/no-pool',
    message: `There is no subnet ${netuid} whose alpha is traded on this network`,
    hint: 'See which subnets there are: koinon subnet list',
    details: { netuid, status: 404 },
  })
}
