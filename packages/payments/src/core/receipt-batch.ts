/** Turns answers that become final together into receipts, vouchers and rows. No I/O: the ledger writes what this returns. */
import { type Hex, zeroHash } from '@koinon/base'
import type { SqlStatement } from '@koinon/base/node'
import {
  type ReceiptBundle,
  receiptType,
  receiptVersion,
  type SessionTip,
  type SignedReceipt,
  signReceiptBatch,
  type UnlinkedReceipt,
} from '@koinon/work'
import { voucherFor } from '../rules/admission.ts'
import { bundleText } from './bundle-text.ts'
import type { ChannelSettlement, HeldVoucher } from './channel-book.ts'
import { type ChannelState, owedUpdate, settledUpdate } from './channel-state.ts'
import { prepaidUpdate } from './prepaid.ts'
import type { FinalAnswer } from './receipt-types.ts'
import type { SigningSession } from './session.ts'
import { debtInsert, type UpstreamDebt } from './upstream-debts.ts'
import type { VoucherSigner } from './voucher-signing.ts'

export type BatchInput = {
  readonly answers: readonly FinalAnswer[]
  /** What we owe without an answer of ours, in the same transaction. */
  readonly debts?: readonly UpstreamDebt[]
  readonly session: SigningSession
  readonly tip: SessionTip
  /** No receipt may state an earlier end, Unix milliseconds: time in a list of receipts goes one way. */
  readonly notBeforeMs: number
  /** State of a channel as of the last durable batch. */
  readonly channel: (channelId: Hex) => ChannelState
}

export type BuiltBatch = {
  /** In the order of the answers. */
  readonly bundles: readonly ReceiptBundle[]
  readonly hashes: readonly Hex[]
  readonly settlements: readonly ChannelSettlement[]
  readonly statements: readonly SqlStatement[]
  readonly tip: SessionTip
  /** The latest end that a receipt states; `notBeforeMs` when there is none. */
  readonly lastEndedAtMs: number
}

type Debt = { owedPicoUsd: bigint; signer: VoucherSigner | undefined; voucher: HeldVoucher | undefined }

/** Assigns sequence numbers and cumulative debts in the order given, signs once, and one voucher a channel whose signer is here. */
export function buildBatch(input: BatchInput): BuiltBatch {
  const debts = new Map<Hex, Debt>()
  let lastEndedAtMs = input.notBeforeMs
  const unlinked = input.answers.map((answer) => {
    const inbound = addDebt(debts, input, answer.channelId, answer.amountPicoUsd, answer.voucherSigner, answer.voucher)
    if (answer.upstream !== undefined) {
      const owed = answer.upstreamOwedPicoUsd ?? answer.upstream.receipt.amountPicoUsd
      addDebt(debts, input, answer.upstream.receipt.channelId, owed, undefined)
    }
    const endedAtMs = notBefore(lastEndedAtMs, answer.times.endedAtMs)
    lastEndedAtMs = Math.max(lastEndedAtMs, endedAtMs)
    return unlinkedReceipt(answer, input, inbound, endedAtMs)
  })
  const alone = input.debts ?? []
  for (const { signed } of alone) {
    addDebt(debts, input, signed.receipt.channelId, signed.receipt.amountPicoUsd, undefined)
  }
  const { signed, tip } =
    unlinked.length === 0 ? { signed: [], tip: input.tip } : signReceiptBatch(unlinked, input.tip, input.session)
  const bundles = signed.map((receipt, index) => bundleOf(receipt, input.answers[index] as FinalAnswer))
  const hashes = signed.map((_, index) => signed[index + 1]?.receipt.previousReceipt ?? tip.lastReceipt)
  const settlements = [...debts].map(([channelId, debt]) => settle(channelId, debt, input.channel(channelId)))
  return {
    bundles,
    hashes,
    settlements,
    statements: [
      ...bundles.flatMap((bundle, index) =>
        answerRows(bundle, hashes[index] as Hex, input.answers[index] as FinalAnswer),
      ),
      ...alone.map(debtInsert),
      ...settlements.map((settlement) => settlementRow(settlement, input.channel(settlement.channelId))),
    ],
    tip,
    lastEndedAtMs,
  }
}

function addDebt(
  debts: Map<Hex, Debt>,
  input: BatchInput,
  channelId: Hex,
  amountPicoUsd: bigint,
  signer: VoucherSigner | undefined,
  voucher?: HeldVoucher,
): bigint {
  const debt = debts.get(channelId) ?? {
    owedPicoUsd: input.channel(channelId).owedPicoUsd,
    signer: undefined,
    voucher: undefined,
  }
  debt.owedPicoUsd += amountPicoUsd
  debt.signer = signer ?? debt.signer
  if (voucher !== undefined && voucher.voucherAtomic > (debt.voucher?.voucherAtomic ?? -1n)) debt.voucher = voucher
  debts.set(channelId, debt)
  return debt.owedPicoUsd
}

/** A clock that was set back by more than this is believed, or nothing could be signed until it has caught up. */
const mostShiftMs = 60_000

function notBefore(earliestMs: number, endedAtMs: number): number {
  return earliestMs - endedAtMs <= mostShiftMs ? Math.max(earliestMs, endedAtMs) : endedAtMs
}

function unlinkedReceipt(
  answer: FinalAnswer,
  input: BatchInput,
  cumulativePicoUsd: bigint,
  endedAtMs: number,
): UnlinkedReceipt {
  const { delegation } = input.session
  return {
    work: answer.work,
    receipt: {
      version: receiptVersion,
      chainId: delegation.chainId,
      kind: answer.kind,
      requestId: answer.requestId,
      payer: answer.payer,
      payee: delegation.signer,
      channelId: answer.channelId,
      upstreamReceipt: answer.upstream === undefined ? zeroHash : receiptType.hash(answer.upstream.receipt),
      requestHash: answer.requestHash,
      responseHash: answer.responseHash,
      workHash: answer.workHash,
      amountPicoUsd: answer.amountPicoUsd,
      cumulativePicoUsd,
      receivedAtMs: answer.times.receivedAtMs,
      firstByteAtMs: answer.times.firstByteAtMs,
      endedAtMs,
      rung: answer.rung,
      attestation: answer.attestation ?? zeroHash,
    },
  }
}

function bundleOf(signed: SignedReceipt, answer: FinalAnswer): ReceiptBundle {
  return { v: 1, hops: answer.upstream === undefined ? [signed] : [signed, answer.upstream] }
}

function settle(channelId: Hex, debt: Debt, state: ChannelState): ChannelSettlement {
  const { owedPicoUsd, signer } = debt
  const isHigher = debt.voucher !== undefined && debt.voucher.voucherAtomic > state.voucherAtomic
  const voucher = isHigher ? debt.voucher : undefined
  const voucherAtomic = voucherFor(owedPicoUsd)
  if (signer !== undefined && voucherAtomic > (voucher?.voucherAtomic ?? state.voucherAtomic)) {
    const { signature } = signer.sign({ channelId, maxClaimableAtomic: voucherAtomic })
    return { channelId, owedPicoUsd, voucher: { voucherAtomic, signature } }
  }
  return voucher === undefined ? { channelId, owedPicoUsd } : { channelId, owedPicoUsd, voucher }
}

function settlementRow({ channelId, owedPicoUsd, voucher }: ChannelSettlement, state: ChannelState): SqlStatement {
  if (state.role === 'prepaid') return prepaidUpdate(channelId, owedPicoUsd)
  return voucher === undefined ? owedUpdate(channelId, owedPicoUsd) : settledUpdate(channelId, owedPicoUsd, voucher)
}

function answerRows(bundle: ReceiptBundle, hash: Hex, answer: FinalAnswer): readonly SqlStatement[] {
  const { receipt } = bundle.hops[0] as SignedReceipt
  const row: SqlStatement = {
    sql: `insert into payment_receipts (request_id, payer, payee, channel_id, kind, session_key, sequence, receipt_hash,
      upstream_payee, amount_pico_usd, received_at_ms, first_byte_at_ms, ended_at_ms, bundle)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    values: [
      receipt.requestId,
      receipt.payer,
      receipt.payee,
      receipt.channelId,
      receipt.kind,
      receipt.sessionKey,
      receipt.sequence,
      hash,
      answer.upstream?.receipt.payee ?? null,
      receipt.amountPicoUsd,
      receipt.receivedAtMs,
      receipt.firstByteAtMs,
      receipt.endedAtMs,
      bundleText(bundle),
    ],
  }
  return [row, ...(answer.extraStatements ?? [])]
}
