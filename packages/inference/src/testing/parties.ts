/** Accounts, stores and ledgers of a test network: real parts with keys that are the same in every run. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Address, systemClock, systemRandom, utf8ToBytes } from '@koinon/base'
import { DurableStore, sha256Native } from '@koinon/base/node'
import {
  ChannelBook,
  type ChannelState,
  createVoucherSigner,
  type DelegatingAccount,
  localDelegatingAccount,
  openSession,
  paymentsSchema,
  ReceiptLedger,
  type ReceiptLedgerOptions,
  type SigningSession,
  type VoucherSigner,
} from '@koinon/payments/core'
import type { ChannelConfig, EscrowDomain } from '@koinon/payments/rules'

export const testDomain: EscrowDomain = { chainId: 424_242, escrow: '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003' }
export const testToken: Address = `0x${'ee'.repeat(20)}`
export const testDepositAtomic = 1_000_000_000n

export type TestParty = {
  readonly account: Address
  readonly secretKey: Uint8Array
  readonly delegating: DelegatingAccount
  readonly voucherSigner: VoucherSigner
}

/** The party of that name. */
export function testParty(name: string): TestParty {
  const secretKey = sha256Native(utf8ToBytes(`inference test party ${name}`))
  const delegating = localDelegatingAccount(secretKey)
  return {
    account: delegating.address,
    secretKey,
    delegating,
    voucherSigner: createVoucherSigner(secretKey, testDomain),
  }
}

export function testSession(party: TestParty, lifetimeSeconds = 86_400): Promise<SigningSession> {
  return openSession({
    account: party.delegating,
    chainId: testDomain.chainId,
    lifetimeSeconds,
    clock: systemClock,
    random: systemRandom,
  })
}

/** Terms of the channel from a payer to a receiver; the same names always give the same channel. */
export function testChannel(payer: Address, payerAuthorizer: Address, receiver: Address): ChannelConfig {
  return {
    payer,
    payerAuthorizer,
    receiver,
    receiverAuthorizer: receiver,
    token: testToken,
    withdrawDelay: 900,
    salt: `0x${'00'.repeat(32)}`,
  }
}

export type Till = {
  readonly store: DurableStore
  readonly book: ChannelBook
  readonly ledger: ReceiptLedger
  readonly session: SigningSession
  /** Lets a channel in as if the ledger had shown its deposit. */
  add(
    config: ChannelConfig,
    role: 'inbound' | 'outbound',
    creditLimitPicoUsd: bigint,
    depositAtomic?: bigint,
  ): Promise<ChannelState>
  close(): Promise<void>
}

/** A party's store, channel book and receipt ledger, started. */
export async function openTill(
  party: TestParty,
  options: {
    readonly path: string
    readonly schema: string
    readonly onSettled?: NonNullable<ReceiptLedgerOptions['onSettled']>
  },
): Promise<Till> {
  const store = await DurableStore.open(options.path, paymentsSchema + options.schema)
  const book = new ChannelBook({ store, domain: testDomain })
  await book.start()
  const ledger = new ReceiptLedger({
    store,
    book,
    payee: party.account,
    openSession: () => testSession(party),
    clock: systemClock,
    ...(options.onSettled === undefined ? {} : { onSettled: options.onSettled }),
  })
  await ledger.start()
  return {
    store,
    book,
    ledger,
    session: await testSession(party),
    add: (config, role, creditLimitPicoUsd, depositAtomic = testDepositAtomic) =>
      book.add({
        config,
        role,
        creditLimitPicoUsd,
        depositAtomic,
        claimedAtomic: 0n,
        status: 'open',
        nowMs: systemClock.nowMs(),
      }),
    async close() {
      await ledger.stop()
      await store.close()
    },
  }
}

/** A folder that `remove` deletes. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'koinon-inference-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
