/** `GET /api/pools`: every subnet's market with its price; and what a trade there would bring now. */
import { KoinonError } from '@koinon/base'
import { createLedgerReader, type NetworkFile } from '@koinon/ledger'
import { subnetsAbi } from '@koinon/ledger/abis'
import { defaultSlippageBps, marketJson, readMarkets, readPool, termsJson, tradeTerms } from '@koinon/subnets/pools'
import type { PoolsJson, QuoteJson } from '@koinon/work/dashboard'

export type PoolsView = {
  readonly list: () => Promise<PoolsJson>
  /** `side`, `amountAtomic` and, if given, `slippageBps` of a request's query. */
  readonly quote: (netuid: number, query: URLSearchParams) => Promise<QuoteJson>
}

export function createPoolsView({ network }: { readonly network: NetworkFile }): PoolsView {
  const reader = createLedgerReader(network)
  const view = { network, reader }
  const names = new Map<number, string>()
  const nameOf = async (netuid: number): Promise<string> => {
    const known = names.get(netuid)
    if (known !== undefined) return known
    const { name } = await reader.readContract({
      address: network.contracts.subnets,
      abi: subnetsAbi,
      functionName: 'subnet',
      args: [netuid],
    })
    names.set(netuid, name)
    return name
  }
  return {
    async list() {
      const [markets, asOfBlock] = await Promise.all([readMarkets(view), reader.getBlockNumber({ cacheTime: 0 })])
      const named = markets.map(async (market) => {
        const { netuid } = market
        return { netuid, name: await nameOf(netuid), ...marketJson(market) }
      })
      return { asOfBlock: Number(asOfBlock), pools: await Promise.all(named) }
    },
    async quote(netuid, query) {
      const { side, input, slippageBps } = parseQuery(query)
      const { pool } = await readPool(view, netuid)
      return termsJson(netuid, tradeTerms(pool, side, input, slippageBps))
    },
  }
}

function parseQuery(query: URLSearchParams) {
  const side = query.get('side')
  const amount = query.get('amountAtomic') ?? ''
  const slippage = query.get('slippageBps') ?? `${defaultSlippageBps}`
  if ((side === 'buy' || side === 'sell') && /^[1-9][0-9]{0,29}$/.test(amount) && /^[0-9]{1,4}$/.test(slippage)) {
    return { side, input: BigInt(amount), slippageBps: Number(slippage) } as const
  }
  throw new KoinonError({
    code: 'api/bad-quote',
    message: 'A quote takes a side, buy or sell, and an amount in atomic units above zero',
    hint: 'For example /api/pools/1/quote?side=buy&amountAtomic=1000000000000000000',
    details: { status: 400 },
  })
}
