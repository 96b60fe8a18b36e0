/** What sells for the account of a home: one desk for x402 and MPP, one book of channels, one process at a time. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Address, bytesToHex, type Clock, dollarDecimals, hexToBytes, systemRandom } from '@koinon/base'
import {
  checkChain,
  createLedgerReader,
  createLedgerWriter,
  type NetworkFile,
  readDollarDomain,
  TransactionSender,
} from '@koinon/ledger'
import {
  CooperativeRefund,
  createMppWire,
  createX402Wire,
  externalChannelOffer,
  externalGasBounds,
  LedgerSettler,
  MppDoor,
  type PaymentTerms,
  SellerDesk,
  settlementsSchema,
  type Wire,
  withdrawDelayBounds,
  worthTheirGas,
} from '@koinon/payments'
import type { Logger } from 'pino'
import { type Home, writeFileDurably } from '../home/home.ts'
import { networkOf } from '../home/network-of.ts'
import { existingAccountKey } from '../home/secrets.ts'
import { openPayee } from '../roles/payee.ts'
import { holdTill } from '../wallet/payer-lock.ts'

/** What was earned since the till first opened on this home. */
export type TillEarnings = {
  readonly account: Address
  readonly calls: number
  readonly earnedAtomic: string
  readonly channels: number
  /** Owed and not yet claimed on the ledger. */
  readonly unclaimedAtomic: string
}

export type HomeTill = {
  readonly network: NetworkFile
  readonly desk: SellerDesk
  /** Who is paid, in what, on which chain. */
  readonly seller: Pick<PaymentTerms, 'chainId' | 'asset' | 'payTo'>
  /** MPP and x402, for resources under this origin. */
  wiresAt(origin: string): readonly Wire[]
  earnings(): Promise<TillEarnings>
  /** Ends what is under way, claims what is owed, closes the store. */
  stop(): Promise<void>
}

/** The folder of the first seller that was built; its channels and receipts are those of the account, whatever sells. */
const roleName = 'paywall'
/** Smaller parts of a channel are not worth a transaction. */
const leastRefundAtomic = 10_000n
const externalUnsettledBlocks = 32

/**
 * Opens the till of a home's account. Two tills of one account would both take the same voucher, so there is one for all that a home sells.
 * Throws `home/no-key`, `node/no-network`, `paywall/till-in-use`, `ledger/*`, `store/*`.
 */
export async function openHomeTill(home: Home, clock: Clock, log: Logger): Promise<HomeTill> {
  const network = networkOf(home)
  const key = existingAccountKey(home, 'wallet')
  const folder = home.role(roleName)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const release = await holdTill(join(folder, 'till.lock'))
  try {
    const reader = createLedgerReader(network)
    await checkChain(reader, network)
    const sender = new TransactionSender(reader, createLedgerWriter(network, key.privateKey))
    const { dollar: token, channels: escrow, depositCollector } = network.contracts
    const { name, version } = await readDollarDomain(reader, token)
    const domain = { chainId: network.chainId, escrow }
    const asset = { token, name, version, decimals: dollarDecimals }
    const role = { network, reader, sender, key: { ...key, name: roleName }, home }
    const payee = await openPayee({ role, log, creditLimitAtomic: 0n, schema: settlementsSchema })
    const { store, book, ledger, admission } = payee
    const isEmbedded = network.chainKind === 'embedded'
    const unsettledBlocks = isEmbedded ? 0 : externalUnsettledBlocks
    const real = new LedgerSettler({ store, reader, sender, domain, assets: [asset], unsettledBlocks, clock })
    const settler = isEmbedded ? real : worthTheirGas(real)
    const desk = new SellerDesk({ store, book, ledger, admission, settler, clock, random: systemRandom })
    await desk.start().catch(async (error: unknown) => {
      await payee.stop()
      throw error
    })
    const session = {
      ...domain,
      depositCollector,
      receiver: key.address,
      receiverAuthorizer: key.address,
      token,
      ...(isEmbedded ? {} : { suggestedDepositAtomic: externalGasBounds.leastDepositAtomic }),
      withdrawDelaySeconds: withdrawDelayBounds.minimum,
    }
    const refunder = new CooperativeRefund({
      book,
      reader,
      sender,
      clock,
      leastPartAtomic: leastRefundAtomic,
      ...(isEmbedded ? {} : externalGasBounds),
    })
    const offer = isEmbedded ? {} : { channelOffer: externalChannelOffer }
    return {
      network,
      desk,
      seller: { chainId: network.chainId, asset, payTo: key.address },
      wiresAt: (origin) => [
        createMppWire({
          door: new MppDoor({
            keys: [challengeKey(home)],
            realm: new URL(origin).host,
            clock,
            random: systemRandom,
            session,
            configOf: (channelId) => book.get(channelId)?.config,
          }),
          clock,
          refunder,
        }),
        createX402Wire({ standing: (channelId, most) => desk.standing(channelId, most), refunder, ...offer }),
      ],
      async earnings() {
        const { count, amountPicoUsd } = await ledger.archive.stats({ sinceMs: 0 })
        const channels = book.list().filter(({ role: which }) => which === 'inbound')
        const unclaimedPicoUsd = channels.reduce(
          (sum, state) => sum + state.owedPicoUsd - state.claimedAtomic * 1_000_000n,
          0n,
        )
        return {
          account: key.address,
          calls: count,
          earnedAtomic: (amountPicoUsd / 1_000_000n).toString(),
          channels: channels.length,
          unclaimedAtomic: (unclaimedPicoUsd / 1_000_000n).toString(),
        }
      },
      async stop() {
        await desk.stop()
        await payee.stop()
        release()
      },
    }
  } catch (error) {
    release()
    throw error
  }
}

/** Made once a home, so that challenges outlive a restart. */
function challengeKey(home: Home): Uint8Array {
  const path = join(home.role(roleName), 'challenge-key')
  if (!existsSync(path)) writeFileDurably(path, `${bytesToHex(systemRandom(32))}\n`)
  return hexToBytes(readFileSync(path, 'utf8').trim())
}
