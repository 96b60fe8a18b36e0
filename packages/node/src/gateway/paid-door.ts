/** Builds what a gateway sells by the call: one desk for x402 and MPP over the books that API keys use too. */
import { type Clock, dollarDecimals, errorToJson, type Random } from '@koinon/base'
import { sha256Native } from '@koinon/base/node'
import type { PaidCalls } from '@koinon/inference/client'
import { readDollarDomain } from '@koinon/ledger'
import {
  CooperativeRefund,
  createMppWire,
  createX402Wire,
  externalChannelOffer,
  externalGasBounds,
  LedgerSettler,
  MppDoor,
  PaymentDoor,
  type PaymentDoorEvent,
  SellerDesk,
  withdrawDelayBounds,
  worthTheirGas,
} from '@koinon/payments'
import type { Logger } from 'pino'
import type { Payee } from '../roles/payee.ts'
import type { RoleLedger } from '../roles/role-tools.ts'

/** Blocks that an external chain may replace. */
const externalUnsettledBlocks = 32
/** Keeps the secret of challenges apart from every other use of the account's key. */
const challengeTag = Buffer.from('koinon payment challenges v1')
/** Smaller parts of a channel are not worth a transaction to give back; 0.01 dollar. */
const leastRefundAtomic = 10_000n

export type PaidDoorOptions = {
  readonly role: RoleLedger
  /** Opened with `settlementsSchema` among its tables. */
  readonly payee: Payee
  /** Under which payers know the gateway; scheme, host and port. */
  readonly origin: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly onEvent?: (event: PaymentDoorEvent) => void
}

export type PaidDoor = { readonly calls: PaidCalls; stop(): Promise<void> }

/** Takes up what an earlier process left unsettled. Throws `ledger/*` when the ledger does not answer. */
export async function openPaidDoor(options: PaidDoorOptions): Promise<PaidDoor> {
  const { role, payee, origin, clock, random, log, onEvent } = options
  const { network, reader, sender, key } = role
  const { store, book, ledger, admission } = payee
  const { dollar: token, channels: escrow, depositCollector } = network.contracts
  const isEmbedded = network.chainKind === 'embedded'
  const asset = { token, ...(await nameOf(role)), decimals: dollarDecimals }
  const settler = new LedgerSettler({
    store,
    reader,
    sender,
    domain: book.domain,
    assets: [asset],
    unsettledBlocks: isEmbedded ? 0 : externalUnsettledBlocks,
    clock,
    collector: depositCollector,
  })
  const desk = new SellerDesk({
    store,
    book,
    ledger,
    admission,
    settler: isEmbedded ? settler : worthTheirGas(settler),
    clock,
    random,
  })
  await desk.start()
  const mpp = new MppDoor({
    keys: [sha256Native(Buffer.concat([challengeTag, key.secretKey]))],
    realm: new URL(origin).hostname,
    clock,
    random,
    session: {
      chainId: network.chainId,
      escrow,
      depositCollector,
      receiver: key.address,
      receiverAuthorizer: key.address,
      token,
      ...(isEmbedded ? {} : { suggestedDepositAtomic: externalGasBounds.leastDepositAtomic }),
      withdrawDelaySeconds: withdrawDelayBounds.minimum,
    },
    configOf: (channelId) => book.get(channelId)?.config,
  })
  const refunder = new CooperativeRefund({
    book,
    reader,
    sender,
    clock,
    leastPartAtomic: leastRefundAtomic,
    ...(isEmbedded ? {} : externalGasBounds),
  })
  const offer = isEmbedded ? {} : { channelOffer: externalChannelOffer }
  const door = new PaymentDoor({
    desk,
    wires: [
      createX402Wire({
        standing: (channelId, maximumAtomic) => desk.standing(channelId, maximumAtomic),
        refunder,
        ...offer,
      }),
      createMppWire({ door: mpp, clock }),
    ],
    onError: (error) => log.error({ error: errorToJson(error) }, 'a payment could not be held'),
    ...(onEvent === undefined ? {} : { onEvent }),
  })
  return {
    calls: { door, asset, origin, backEnds: isEmbedded ? ['channel', 'exact'] : ['channel'] },
    stop: () => desk.stop(),
  }
}

async function nameOf({ reader, network }: RoleLedger): Promise<{ readonly name: string; readonly version: string }> {
  const { name, version } = await readDollarDomain(reader, network.contracts.dollar)
  return { name, version }
}
