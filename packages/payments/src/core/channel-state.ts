import type { Hex } from '@koinon/base'
import type { SqlRow, SqlStatement } from '@koinon/base/node'
import type { ChannelAccount, ChannelStatus } from '../rules/admission.ts'
import { type ChannelConfig, parseChannelConfig } from '../rules/channel.ts'

/**
 * `inbound`: we are the receiver and are owed; `outbound`: we are the payer and owe; `prepaid`: no channel but the account of a payer's
 * exact payments, whose money has come before anything is owed.
 */
export type ChannelRole = 'inbound' | 'outbound' | 'prepaid'

/** Snapshot of one channel; never changed in place. For an outbound channel the voucher is the highest one the receiver confirmed. */
export type ChannelState = ChannelAccount & {
  readonly channelId: Hex
  readonly config: ChannelConfig
  readonly role: ChannelRole
  readonly voucherSignature: Hex | undefined
  readonly openedAtMs: number
}

/** What the ledger says of a channel. */
export type ChannelFacts = {
  readonly depositAtomic: bigint
  readonly claimedAtomic: bigint
  readonly status: ChannelStatus
}

/**
 * Row of a new channel; one that exists is left alone. Later changes go column by column, because debts, vouchers and facts are
 * written by different parts and a whole row from one of them would undo what another has just written.
 */
export function channelInsert(state: ChannelState): SqlStatement {
  return {
    sql: `insert into payment_channels (channel_id, role, config, deposit_atomic, claimed_atomic, owed_pico_usd, voucher_atomic,
      voucher_signature, credit_limit_pico_usd, status, opened_at_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      on conflict (channel_id) do nothing`,
    values: [
      state.channelId,
      state.role,
      JSON.stringify(state.config),
      state.depositAtomic.toString(),
      state.claimedAtomic.toString(),
      state.owedPicoUsd.toString(),
      state.voucherAtomic.toString(),
      state.voucherSignature ?? null,
      state.creditLimitPicoUsd.toString(),
      state.status,
      state.openedAtMs,
    ],
  }
}

export function owedUpdate(channelId: Hex, owedPicoUsd: bigint): SqlStatement {
  return {
    sql: 'update payment_channels set owed_pico_usd = ? where channel_id = ?',
    values: [owedPicoUsd.toString(), channelId],
  }
}

export function voucherUpdate(channelId: Hex, voucherAtomic: bigint, signature: Hex | undefined): SqlStatement {
  return {
    sql: 'update payment_channels set voucher_atomic = ?, voucher_signature = ? where channel_id = ?',
    values: [voucherAtomic.toString(), signature ?? null, channelId],
  }
}

/** Both at once: what answers that became final changed on a channel whose voucher key is here. */
export function settledUpdate(
  channelId: Hex,
  owedPicoUsd: bigint,
  voucher: { readonly voucherAtomic: bigint; readonly signature: Hex },
): SqlStatement {
  return {
    sql: 'update payment_channels set owed_pico_usd = ?, voucher_atomic = ?, voucher_signature = ? where channel_id = ?',
    values: [owedPicoUsd.toString(), voucher.voucherAtomic.toString(), voucher.signature, channelId],
  }
}

export function factsUpdate(channelId: Hex, facts: ChannelFacts): SqlStatement {
  return {
    sql: 'update payment_channels set deposit_atomic = ?, claimed_atomic = ?, status = ? where channel_id = ?',
    values: [facts.depositAtomic.toString(), facts.claimedAtomic.toString(), facts.status, channelId],
  }
}

/** The state a row stands for; reservations do not survive the process. */
export function channelFromRow(row: SqlRow): ChannelState {
  const signature = row['voucher_signature']
  return {
    channelId: row['channel_id'] as Hex,
    role: row['role'] as ChannelRole,
    config: parseChannelConfig(JSON.parse(row['config'] as string)),
    depositAtomic: BigInt(row['deposit_atomic'] as string),
    claimedAtomic: BigInt(row['claimed_atomic'] as string),
    owedPicoUsd: BigInt(row['owed_pico_usd'] as string),
    reservedPicoUsd: 0n,
    voucherAtomic: BigInt(row['voucher_atomic'] as string),
    voucherSignature: signature === null ? undefined : (signature as Hex),
    creditLimitPicoUsd: BigInt(row['credit_limit_pico_usd'] as string),
    status: row['status'] as ChannelStatus,
    openedAtMs: row['opened_at_ms'] as number,
  }
}
