/** The desk of an account that sells calls, and the wires before it: the same for a gateway and for what a home sells. */
import { type Address, type Clock, dollarDecimals, type Random } from '@koinon/base'
import {
  type LedgerReader,
  type NetworkFile,
  readDollarDomain,
  type TransactionSender,
  unsettledBlocksOf,
} from '@koinon/ledger'
import { createMppWire, MppDoor, SteppedStreams } from '@koinon/payments/mpp'
import {
  CooperativeRefund,
  channelOfferFrom,
  externalGasBounds,
  hasUpToProxy,
  LedgerSettler,
  SellerDesk,
  type Wire,
  worthTheirGas,
} from '@koinon/payments/provider'
import { type Asset, type PaymentTerms, withdrawDelayBounds } from '@koinon/payments/rules'
import { createX402Wire, FacilitatorSettler, type X402WireOptions } from '@koinon/payments/x402'
import type { Payee } from '../roles/payee.ts'
import { minimumDepositAtomic } from '../wallet/deposit-terms.ts'

/** Smaller parts of a channel are not worth a transaction to give back; 0.01 dollar. */
const leastRefundAtomic = 10_000n

export type OpenDeskOptions = {
  readonly network: NetworkFile
  readonly reader: LedgerReader
  /** Sends as the account and pays for gas. */
  readonly sender: TransactionSender
  /** Opened with `settlementsSchema` among its tables. */
  readonly payee: Payee
  readonly account: Address
  /** 32 bytes that survive restarts; challenges are bound to them. */
  readonly challengeKey: Uint8Array
  /** Of an x402 facilitator that sends exact payments in the account's place; then nothing but `exact` should be offered. */
  readonly facilitatorUrl?: string | undefined
  readonly clock: Clock
  readonly random: Random
}

export type OpenDesk = {
  readonly desk: SellerDesk
  readonly asset: Asset
  /** Channels alone where gas costs the seller money; without `upTo` on chains where its contracts do not stand. */
  readonly backEnds: PaymentTerms['backEnds']
  /** MPP and x402, for resources under this origin; `more` is told payers of x402. */
  wiresAt(origin: string, more?: Pick<X402WireOptions, 'extensions' | 'offerSigner'>): readonly Wire[]
}

/** Takes up what an earlier process left unsettled. End it by `desk.stop`. Throws `ledger/*` when the ledger does not answer, `payments/insecure-origin`. */
export async function openDesk(options: OpenDeskOptions): Promise<OpenDesk> {
  const { network, reader, sender, payee, account, challengeKey, facilitatorUrl, clock, random } = options
  const { store, book, ledger, admission } = payee
  const { dollar: token, channels: escrow, depositCollector } = network.contracts
  const isEmbedded = network.chainKind === 'embedded'
  const { name, version } = await readDollarDomain(reader, token)
  const asset = { token, name, version, decimals: dollarDecimals }
  const real = new LedgerSettler({
    store,
    reader,
    sender,
    domain: book.domain,
    assets: [asset],
    unsettledBlocks: unsettledBlocksOf(network),
    clock,
    collector: depositCollector,
    ...(isEmbedded ? {} : { leastCreatingAtomic: externalGasBounds.leastCreatingAtomic }),
  })
  const own = isEmbedded ? real : worthTheirGas(real)
  const settler =
    facilitatorUrl === undefined
      ? own
      : new FacilitatorSettler({ url: facilitatorUrl, ledger: real, asset, chainId: network.chainId })
  const desk = new SellerDesk({ store, book, ledger, admission, settler, clock, random })
  await desk.start()
  const leastDepositAtomic = isEmbedded ? minimumDepositAtomic : externalGasBounds.leastDepositAtomic
  const session = {
    chainId: network.chainId,
    escrow,
    depositCollector,
    receiver: account,
    receiverAuthorizer: account,
    token,
    suggestedDepositAtomic: leastDepositAtomic,
    withdrawDelaySeconds: withdrawDelayBounds.minimum,
  }
  const bounds = isEmbedded ? {} : externalGasBounds
  const refunder = new CooperativeRefund({ book, reader, sender, clock, leastPartAtomic: leastRefundAtomic, ...bounds })
  const channelOffer = channelOfferFrom(leastDepositAtomic, minimumDepositAtomic)
  const takesUpTo = isEmbedded && facilitatorUrl === undefined && (await hasUpToProxy(reader))
  const upTo = takesUpTo ? { upToFacilitator: sender.address } : {}
  return {
    desk,
    asset,
    backEnds: isEmbedded ? ['channel', ...(takesUpTo ? (['upTo'] as const) : []), 'exact'] : ['channel'],
    wiresAt(origin, more = {}) {
      const door = new MppDoor({
        keys: [challengeKey],
        realm: new URL(origin).host,
        clock,
        random,
        session,
        configOf: (channelId) => book.get(channelId)?.config,
      })
      return [
        createX402Wire({
          standing: (channelId, most) => desk.standing(channelId, most),
          refunder,
          channelOffer,
          ...upTo,
          ...more,
        }),
        createMppWire({
          door,
          clock,
          refunder,
          streams: new SteppedStreams({ desk, door, domain: book.domain, clock }),
        }),
      ]
    },
  }
}
