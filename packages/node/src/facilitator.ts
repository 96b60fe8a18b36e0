/** A facilitator of the network that a home belongs to; the home's wallet pays for gas. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Address, type Clock, dollarDecimals } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import {
  checkChain,
  createLedgerReader,
  createLedgerWriter,
  type NetworkFile,
  readDollarDomain,
  TransactionSender,
  unsettledBlocksOf,
} from '@koinon/ledger'
import { hasUpToProxy, type SettlementTotals } from '@koinon/payments/provider'
import { Facilitator, FacilitatorServer, facilitatorSchema } from '@koinon/payments/x402/facilitator'
import { type Home, openHome } from './home/home.ts'
import { networkOf } from './home/network-of.ts'
import { existingAccountKey } from './home/secrets.ts'

export type FacilitatorReady = {
  readonly url: string
  readonly account: Address
  readonly network: NetworkFile
  readonly balanceWei: bigint
  readonly totals: SettlementTotals
}

export type HomeFacilitatorOptions = {
  readonly homePath: string
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly settlesPerMinute: number
  readonly clock: Clock
}

export class HomeFacilitator {
  readonly #options: HomeFacilitatorOptions
  readonly #home: Home
  #facilitator: Facilitator | undefined
  #server: FacilitatorServer | undefined
  #store: DurableStore | undefined

  constructor(options: HomeFacilitatorOptions) {
    this.#options = options
    this.#home = openHome(options.homePath)
  }

  /** Throws `home/no-key`, `ledger/*`, `store/*` and what listening throws. */
  async start(): Promise<FacilitatorReady> {
    const { host, port, settlesPerMinute, clock } = this.#options
    const network = networkOf(this.#home)
    const reader = createLedgerReader(network)
    await checkChain(reader, network)
    const sender = new TransactionSender(
      reader,
      createLedgerWriter(network, existingAccountKey(this.#home, 'wallet').privateKey),
    )
    const { dollar: token, channels: escrow, depositCollector: collector } = network.contracts
    const { name, version } = await readDollarDomain(reader, token)
    const folder = this.#home.role('facilitator')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.#store = await DurableStore.open(join(folder, 'facilitator.db'), facilitatorSchema)
    this.#facilitator = new Facilitator({
      ...{ store: this.#store, reader, sender, clock, collector },
      domain: { chainId: network.chainId, escrow },
      assets: [{ token, name, version, decimals: dollarDecimals }],
      unsettledBlocks: unsettledBlocksOf(network),
      servesUpTo: await hasUpToProxy(reader),
    })
    this.#server = new FacilitatorServer({ facilitator: this.#facilitator, host, port, clock, settlesPerMinute })
    const bound = await this.#server.start()
    return {
      url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
      account: sender.address,
      network,
      balanceWei: await reader.getBalance({ address: sender.address }),
      totals: await this.#facilitator.totals(),
    }
  }

  /** What was settled and what it cost so far; undefined before the start. */
  totals(): Promise<SettlementTotals> | undefined {
    return this.#facilitator?.totals()
  }

  async stop(): Promise<void> {
    await this.#server?.stop()
    await this.#store?.close()
  }
}
