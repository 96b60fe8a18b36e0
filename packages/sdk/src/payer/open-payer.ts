/** A payer for programs: its `fetch` buys single calls out of a home, within limits (specs/0022-machine-payments.md section 8). */
import { existsSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { type Address, dollarDecimals, KoinonError, parseUnits } from '@koinon/base'
import { checkChain, createLedgerReader, loadNetworkFile } from '@koinon/ledger'
import { type Home, openHome, writeFileDurably } from '@koinon/node/home'
import { networkOf, openHomePayer, receiptOf } from '@koinon/node/wallet'
import type { PaymentReceipt } from '@koinon/payments/client'

/** Dollars are decimal texts, as `'0.05'`. */
export type GatewayPayerOptions = {
  /** Folder of keys and books, as `--home` of the command line; made when missing. One process at a time pays from it. */
  readonly home: string
  /** Whose network a home joins that belongs to none, as `koinon join` does; and whom programs ask, else the network's own gateway. */
  readonly gatewayUrl?: string
  /** What this process may spend. */
  readonly maxTotalDollars: string
  /** What one call may cost; a tenth of a dollar, or the total where that is less. */
  readonly maxPerCallDollars?: string
  /** Label or hash of a budget that all spending goes through (`koinon budget grant`). */
  readonly budget?: string
}

export type GatewayPayer = {
  /** A `fetch` that pays what a 402 asks for. Throws `payments/*` beside what `fetch` throws. */
  readonly fetch: typeof globalThis.fetch
  /** What was paid for an answer of that `fetch`; undefined when nothing was. */
  readonly paymentOf: (response: Response) => PaymentReceipt | undefined
  /** OpenAI base URL of the gateway, ending in `/v1`. */
  readonly baseURL: string
  readonly chainId: number
  /** Whose money it is. */
  readonly account: Address
  /** Charged and under way in this process, atomic units. */
  spentAtomic(): bigint
  close(): Promise<void>
}

const defaultPerCallDollars = '0.1'
/** What may lie in channels: half of what the process may spend. */
const partInChannels = 2n

/**
 * Opens the payer of a home; makes its account where there is none and, on test networks, asks the faucet when a price is more than it holds.
 * Needs Node 22.13 or newer. Throws `base/bad-amount`, `home/*`, `ledger/*`, `node/no-network`, `sdk/no-gateway`, `sdk/old-node`,
 * `wallet/payer-in-use`.
 */
export async function openPayer(options: GatewayPayerOptions): Promise<GatewayPayer> {
  if (!builtinModules.includes('node:sqlite')) {
    throw new KoinonError({
      code: 'sdk/old-node',
      message: `A payer keeps its books in SQLite, which Node ${process.versions.node} does not have`,
      hint: 'Run the program on Node 24, or ask with an API key (createKoinon, askGateway), which needs no books.',
    })
  }
  const maximumTotalAtomic = parseUnits(options.maxTotalDollars, dollarDecimals)
  const perCallAtomic = parseUnits(options.maxPerCallDollars ?? defaultPerCallDollars, dollarDecimals)
  const home = openHome(options.home)
  if (options.gatewayUrl !== undefined && !existsSync(home.networkFile)) await join(home, options.gatewayUrl)
  const baseURL = baseUrlOf(options.gatewayUrl ?? networkOf(home).gatewayUrl)
  const owner = await openHomePayer(home, 'sdk', {
    maximumPerCallAtomic: perCallAtomic < maximumTotalAtomic ? perCallAtomic : maximumTotalAtomic,
    maximumTotalAtomic,
    maximumInChannelsAtomic: maximumTotalAtomic / partInChannels,
    ...(options.budget === undefined ? {} : { budget: options.budget }),
  })
  const before = owner.payer.spent()
  return {
    fetch: owner.fetch,
    paymentOf: receiptOf,
    baseURL,
    chainId: owner.network.chainId,
    account: owner.account,
    spentAtomic: () => owner.payer.spent() - before,
    close: () => owner.close(),
  }
}

async function join(home: Home, gatewayUrl: string): Promise<void> {
  const network = await loadNetworkFile(gatewayUrl)
  await checkChain(createLedgerReader(network), network)
  writeFileDurably(home.networkFile, `${JSON.stringify(network, null, 2)}\n`, 0o644)
}

function baseUrlOf(gatewayUrl: string | undefined): string {
  if (gatewayUrl !== undefined) return `${gatewayUrl.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1`
  throw new KoinonError({
    code: 'sdk/no-gateway',
    message: "This home's network names no gateway",
    hint: 'Name one as gatewayUrl.',
  })
}
