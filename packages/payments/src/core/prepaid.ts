import type { Hex } from '@koinon/base'
import type { SqlRow, SqlStatement } from '@koinon/base/node'
import { unlimitedCreditPicoUsd } from '../rules/admission.ts'
import { type ChannelConfig, parseChannelConfig } from '../rules/channel.ts'
import type { ChannelState } from './channel-state.ts'

/** An account without a deposit, to which exact payments are booked. */
export function prepaidState(
  channelId: Hex,
  config: ChannelConfig,
  openedAtMs: number,
  owedPicoUsd = 0n,
): ChannelState {
  return {
    channelId,
    config,
    role: 'prepaid',
    depositAtomic: 0n,
    claimedAtomic: 0n,
    owedPicoUsd,
    reservedPicoUsd: 0n,
    voucherAtomic: 0n,
    voucherSignature: undefined,
    creditLimitPicoUsd: unlimitedCreditPicoUsd,
    status: 'open',
    openedAtMs,
  }
}

/** Row of a new account; one that exists is left alone. */
export function prepaidInsert(state: ChannelState): SqlStatement {
  return {
    sql: `insert into payment_prepaid (channel_id, config, owed_pico_usd, opened_at_ms) values (?, ?, ?, ?)
      on conflict (channel_id) do nothing`,
    values: [state.channelId, JSON.stringify(state.config), state.owedPicoUsd.toString(), state.openedAtMs],
  }
}

/** What the payer has been charged in all. */
export function prepaidUpdate(channelId: Hex, owedPicoUsd: bigint): SqlStatement {
  return {
    sql: 'update payment_prepaid set owed_pico_usd = ? where channel_id = ?',
    values: [owedPicoUsd.toString(), channelId],
  }
}

/** The state a row stands for. */
export function prepaidFromRow(row: SqlRow): ChannelState {
  const config = parseChannelConfig(JSON.parse(row['config'] as string))
  return prepaidState(
    row['channel_id'] as Hex,
    config,
    row['opened_at_ms'] as number,
    BigInt(row['owed_pico_usd'] as string),
  )
}
