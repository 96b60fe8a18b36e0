/** What every role that is paid consists of: a durable store, its channels, its receipts, its voucher desk and its claims. */
import { mkdirSync } from 'node:fs'
import { atomicToPicoUsd, errorToJson, systemClock, systemRandom } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import {
  ChannelBook,
  type ChannelSettlement,
  localDelegatingAccount,
  openSession,
  paymentsSchema,
  ReceiptLedger,
} from '@koinon/payments/core'
import { ChannelAdmission, ClaimWatcher, VoucherDesk } from '@koinon/payments/provider'
import { withdrawDelayBounds } from '@koinon/payments/rules'
import type { Logger } from 'pino'
import { minimumDepositAtomic } from '../wallet/deposit-terms.ts'
import { openRoleStore, type RoleLedger } from './role-tools.ts'

export type Payee = {
  readonly store: DurableStore
  readonly book: ChannelBook
  readonly ledger: ReceiptLedger
  readonly desk: VoucherDesk
  readonly admission: ChannelAdmission
  readonly watcher: ClaimWatcher
  /** Claims what is owed and closes the store. */
  stop(): Promise<void>
}

const sessionLifetimeSeconds = 24 * 3600
const maximumChannels = 10_000
const watchIntervalMs = 5_000
/** On short-lived local networks small amounts are claimed after a minute, so that an owner sees them arrive. */
const claimPolicy = {
  embedded: { thresholdAtomic: 100n, maximumAgeMs: 60_000, maximumRows: 50 },
  external: { thresholdAtomic: 1_000_000n, maximumAgeMs: 3_600_000, maximumRows: 50 },
} as const

export async function openPayee(options: {
  readonly role: RoleLedger
  readonly log: Logger
  readonly creditLimitAtomic: bigint
  /** Further tables in the same store. */
  readonly schema: string
  /** Between looks at the channels on the ledger. */
  readonly watchIntervalMs?: number
  readonly onSettled?: (settlements: readonly ChannelSettlement[]) => void
}): Promise<Payee> {
  const { role, log, creditLimitAtomic } = options
  const { network, reader, sender, key, home } = role
  const folder = home.role(key.name)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const store = await openRoleStore(folder, `${paymentsSchema}\n${options.schema}`, log)
  const book = new ChannelBook({ store, domain: { chainId: network.chainId, escrow: network.contracts.channels } })
  await book.start()
  const account = localDelegatingAccount(key.secretKey)
  const ledger = new ReceiptLedger({
    store,
    book,
    payee: key.address,
    openSession: () =>
      openSession({
        account,
        chainId: network.chainId,
        lifetimeSeconds: sessionLifetimeSeconds,
        clock: systemClock,
        random: systemRandom,
      }),
    clock: systemClock,
    ...(options.onSettled === undefined ? {} : { onSettled: options.onSettled }),
  })
  await ledger.start()
  const admission = new ChannelAdmission({
    book,
    reader,
    clock: systemClock,
    terms: {
      receiver: key.address,
      token: network.contracts.dollar,
      minimumWithdrawDelay: withdrawDelayBounds.minimum,
      minimumDepositAtomic,
      creditLimitPicoUsd: atomicToPicoUsd(creditLimitAtomic),
      maximumChannels,
    },
  })
  const desk = new VoucherDesk({ book, refresh: (channelId) => admission.refresh(channelId) })
  const watcher = new ClaimWatcher({
    book,
    reader,
    sender,
    token: network.contracts.dollar,
    policy: claimPolicy[network.chainKind],
    intervalMs: options.watchIntervalMs ?? watchIntervalMs,
    clock: systemClock,
    unit: Math.random,
    onPass: (pass) => {
      if (pass.error !== undefined) log.warn({ error: errorToJson(pass.error) }, 'claiming: the ledger did not answer')
      if (pass.claimed.length > 0)
        log.info(
          {
            claimed: pass.claimed.map(({ channelId, totalClaimed, reason }) => ({
              channelId,
              totalClaimed: `${totalClaimed}`,
              reason,
            })),
          },
          'claimed',
        )
      for (const refusal of pass.refused) log.warn(refusal, 'a claim was refused')
    },
  })
  watcher.start()
  return {
    store,
    book,
    ledger,
    desk,
    admission,
    watcher,
    stop: async () => {
      await ledger.stop()
      await watcher.stop()
      await store.close()
    },
  }
}
