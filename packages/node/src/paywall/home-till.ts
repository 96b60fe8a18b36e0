/** What sells for the account of a home: one desk for x402 and MPP, one book of channels, one process at a time. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bytesToHex, type Clock, hexToBytes, KoinonError, signDigest, systemRandom } from '@koinon/base'
import { checkChain, createLedgerReader, createLedgerWriter, type NetworkFile, TransactionSender } from '@koinon/ledger'
import { type SellerDesk, settlementsSchema, type Wire } from '@koinon/payments/provider'
import type { PaymentTerms } from '@koinon/payments/rules'
import { PaidReturns, paidReturnsSchema } from '@koinon/payments/x402'
import type { Logger } from 'pino'
import { type Home, writeFileDurably } from '../home/home.ts'
import { networkOf } from '../home/network-of.ts'
import { holdLock } from '../home/process-lock.ts'
import { existingAccountKey } from '../home/secrets.ts'
import { openPayee } from '../roles/payee.ts'
import { openDesk } from './open-desk.ts'
import { earningsOf, type TillEarnings, tillRole } from './till-earnings.ts'
import { ensureTillGas } from './till-gas.ts'

/** What payers of x402 are told and given beside the usual. */
export type WireExtras = {
  /** Who paid for a page comes back to it. */
  readonly returns?: PaidReturns | undefined
  /** The account signs each demand and each receipt. */
  readonly signsOffers?: boolean | undefined
}

export type HomeTill = {
  readonly network: NetworkFile
  readonly desk: SellerDesk
  /** Who is paid, in what, on which chain. */
  readonly seller: Pick<PaymentTerms, 'chainId' | 'asset' | 'payTo'>
  /** MPP and x402, for resources under this origin. */
  wiresAt(origin: string, more?: WireExtras): readonly Wire[]
  /** Lets who paid for a page of this origin come back to it for so long. */
  returnsAt(origin: string, keptMs: number): PaidReturns
  earnings(): Promise<TillEarnings>
  /** Ends what is under way, claims what is owed, closes the store. */
  stop(): Promise<void>
}

/**
 * Opens the till of a home's account. Two tills of one account would both take the same voucher, so there is one for all that a home sells.
 * With a facilitator (OpenDeskOptions) the account sends no payments itself. Throws `home/no-key`, `node/no-network`, `paywall/till-in-use`,
 * `ledger/*`, `store/*`, `payments/insecure-origin`.
 */
export async function openHomeTill(home: Home, clock: Clock, log: Logger, facilitatorUrl?: string): Promise<HomeTill> {
  const network = networkOf(home)
  const key = existingAccountKey(home, 'wallet')
  const folder = home.role(tillRole)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const release = await holdLock(join(folder, 'till.lock'), inUse)
  try {
    const reader = createLedgerReader(network)
    await checkChain(reader, network)
    if (facilitatorUrl === undefined) await ensureTillGas(network, reader, key.address, log, home)
    const sender = new TransactionSender(reader, createLedgerWriter(network, key.privateKey))
    const role = { network, reader, sender, key: { ...key, name: tillRole }, home }
    const payee = await openPayee({
      role,
      log,
      creditLimitAtomic: 0n,
      schema: `${settlementsSchema}\n${paidReturnsSchema}`,
    })
    const { book, ledger } = payee
    const { desk, asset, wiresAt } = await openDesk({
      network,
      reader,
      sender,
      payee,
      account: key.address,
      challengeKey: challengeKey(home),
      facilitatorUrl,
      clock,
      random: systemRandom,
    }).catch(async (error: unknown) => {
      await payee.stop()
      throw error
    })
    return {
      network,
      desk,
      seller: { chainId: network.chainId, asset, payTo: key.address },
      wiresAt: (origin, { returns, signsOffers = false } = {}) =>
        wiresAt(origin, {
          ...(returns === undefined ? {} : { extensions: (_terms, request) => returns.extension(request) }),
          ...(signsOffers ? { offerSigner: { clock, sign: (digest) => signDigest(digest, key.secretKey) } } : {}),
        }),
      returnsAt: (origin, keptMs) =>
        new PaidReturns({
          store: payee.store,
          reader,
          chainId: network.chainId,
          origin,
          keptMs,
          clock,
          random: systemRandom,
        }),
      earnings: () => earningsOf(key.address, ledger.archive, book),
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
  const path = join(home.role(tillRole), 'challenge-key')
  if (!existsSync(path)) writeFileDurably(path, `${bytesToHex(systemRandom(32))}\n`)
  return hexToBytes(readFileSync(path, 'utf8').trim())
}

function inUse(owner: number | 'unknown'): KoinonError {
  return new KoinonError({
    code: 'paywall/till-in-use',
    message: `Process ${owner} sells for the account of this home already`,
    hint: 'Stop it, or give this seller a home of its own with --home: two tills of one account would take one voucher twice.',
    retry: 'later',
  })
}
