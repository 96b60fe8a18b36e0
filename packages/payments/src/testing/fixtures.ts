/** Real parts with known keys, for the tests of this package. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Address, bytesToHex, type Hex, sha256, systemRandom, utf8ToBytes } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { ChannelBook } from '../core/channel-book.ts'
import type { ChannelRole, ChannelState } from '../core/channel-state.ts'
import { ReceiptLedger, type ReceiptLedgerOptions } from '../core/receipt-ledger.ts'
import type { FinalAnswer } from '../core/receipt-types.ts'
import { paymentsSchema } from '../core/schema.ts'
import { type DelegatingAccount, localDelegatingAccount, openSession } from '../core/session.ts'
import { createVoucherSigner } from '../core/voucher-signing.ts'
import { unlimitedCreditPicoUsd } from '../rules/admission.ts'
import type { ChannelConfig, EscrowDomain } from '../rules/channel.ts'

export const testDomain: EscrowDomain = { chainId: 424_242, escrow: '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003' }

/** 32 bytes that are the same in every run for the same name. */
export function seed(name: string): Uint8Array {
  return sha256(utf8ToBytes(`koinon payments test ${name}`))
}

/** A party with an account and a voucher key. */
export function party(name: string, domain: EscrowDomain = testDomain) {
  const secretKey = seed(name)
  const account: DelegatingAccount = localDelegatingAccount(secretKey)
  return { secretKey, account, address: account.address, signer: createVoucherSigner(secretKey, domain) }
}

export type Party = ReturnType<typeof party>

/** Terms of a channel between two parties; the payer signs its own vouchers unless an authorizer is given. */
export function configOf(payer: Address, receiver: Address, salt = 'one', payerAuthorizer = payer): ChannelConfig {
  return {
    payer,
    payerAuthorizer,
    receiver,
    receiverAuthorizer: receiver,
    token: `0x${'dd'.repeat(20)}`,
    withdrawDelay: 900,
    salt: bytesToHex(seed(`salt ${salt}`)),
  }
}

/** A folder that is gone after the test. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'koinon-payments-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** A store of this package's tables, and one of a caller for extra statements. */
export function openStore(path: string): Promise<DurableStore> {
  return DurableStore.open(path, `${paymentsSchema} create table if not exists notes (note text primary key) strict;`)
}

/** A started ledger over a store, with fresh session keys for its payee. */
export async function startLedger(
  store: DurableStore,
  payee: Party,
  changes: Partial<ReceiptLedgerOptions> = {},
): Promise<{ readonly ledger: ReceiptLedger; readonly book: ChannelBook }> {
  const book = changes.book ?? new ChannelBook({ store, domain: testDomain })
  if (changes.book === undefined) await book.start()
  const clock = changes.clock ?? { nowMs: () => Date.now() }
  const ledger = new ReceiptLedger({
    store,
    book,
    payee: payee.address,
    clock,
    openSession: () =>
      openSession({
        account: payee.account,
        chainId: testDomain.chainId,
        lifetimeSeconds: 86_400,
        clock,
        random: systemRandom,
      }),
    ...changes,
  })
  await ledger.start()
  return { ledger, book }
}

/** Puts a channel into a book as if it had been admitted. */
export function addChannel(
  book: ChannelBook,
  config: ChannelConfig,
  role: ChannelRole,
  depositAtomic: bigint,
  creditLimitPicoUsd: bigint = unlimitedCreditPicoUsd,
): Promise<ChannelState> {
  return book.add({
    config,
    role,
    depositAtomic,
    claimedAtomic: 0n,
    status: 'open',
    creditLimitPicoUsd,
    nowMs: 1_750_000_000_000,
  })
}

/** A 16-byte request id from a number. */
export function requestId(index: number): Hex {
  return `0x${index.toString(16).padStart(32, '0')}`
}

/** An answer on a channel with everything that does not matter filled in; reserves what it costs. */
export function answerOn(
  ledger: ReceiptLedger,
  channel: ChannelState,
  amountPicoUsd: bigint,
  id: Hex,
  changes: Partial<FinalAnswer> = {},
): FinalAnswer {
  const hash = (name: string) => bytesToHex(sha256(utf8ToBytes(`${name} ${id}`)))
  return {
    requestId: id,
    kind: 'inference',
    payer: channel.config.payer,
    channelId: channel.channelId,
    requestHash: hash('request'),
    responseHash: hash('response'),
    work: { promptTokens: 3, model: 'demo' },
    workHash: hash('work'),
    amountPicoUsd,
    times: { receivedAtMs: Date.now() - 20, firstByteAtMs: Date.now() - 10, endedAtMs: Date.now() },
    rung: 0,
    reservation: ledger.reserve(channel.channelId, amountPicoUsd),
    ...changes,
  }
}
