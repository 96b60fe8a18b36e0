/** What a gateway sells by the call, in words and tables for people. */
import { dollarDecimals, formatUnits, picoUsdDecimals, picoUsdToAtomic } from '@koinon/base'
import type { PaywallEarnings } from '@koinon/node/paywall'
import { gasSavedWords, type PaymentDetailsJson, type PaymentsJson, paymentRefusalWords } from '@koinon/work/dashboard'
import { utcTime } from './format/time.ts'
import { facts, table } from './table.ts'

/** What a home sold by its own paywall and agents. */
export function earningsSentence({ calls, earnedAtomic, unclaimedAtomic }: PaywallEarnings): string {
  if (calls === 0) return 'nothing sold yet'
  const claimed =
    unclaimedAtomic === '0' ? 'all of it claimed' : `${dollars(unclaimedAtomic)} of it not yet claimed from channels`
  return `${calls} ${calls === 1 ? 'call' : 'calls'} sold for ${dollars(earnedAtomic)} dollars, ${claimed}`
}

/** Counts of `GET /api/payments`. */
export function paymentsText({ door, sold, channels, settlements, gas }: PaymentsJson): string {
  const head = facts([
    [
      'requests',
      `${door.demanded} asked for the price, ${door.held} paid, ${door.repeated} repeated, ${door.refused} refused, since ${utcTime(door.sinceMs / 1000)}`,
    ],
    [
      'sold in a day',
      `${sold.channelCalls} calls by channel, ${sold.exactCalls} by exact payment, ${sold.keyCalls} with keys, validators' own questions among them; ${formatUnits(BigInt(sold.amountPicoUsd), picoUsdDecimals)} dollars`,
    ],
    [
      'channels',
      `${channels.open} open, ${channels.withdrawing} being taken back, ${channels.closed} closed, of ${channels.payers} payers`,
    ],
    [
      'in them',
      `${dollars(channels.depositAtomic)} deposited, ${dollars(`${picoUsdToAtomic(BigInt(channels.owedPicoUsd))}`)} owed, ${dollars(channels.claimedAtomic)} of it claimed`,
    ],
    [
      'sent for payers',
      `${settlements.settled} settled, ${settlements.refused} refused, ${settlements.open} not known yet`,
    ],
    ['gas (estimate)', gasSavedWords(gas)],
  ])
  const refusals = door.refusals.map(({ code, count, lastAtMs }) => [
    String(count),
    `because ${paymentRefusalWords(code)}`,
    code,
    utcTime(lastAtMs / 1000),
  ])
  return refusals.length === 0 ? head : `${head}\n\n${table(['refused', 'why', 'code', 'last'], refusals)}`
}

/** Lists of `GET /api/payments/details`. */
export function paymentDetailsText({ channels, channelsLeftOut, settlements }: PaymentDetailsJson): string {
  const lines = channels.map((channel) => [
    channel.channelId.slice(0, 12),
    channel.payer.slice(0, 12),
    channel.kind === 'key' ? `key ${channel.label ?? ''}` : channel.kind,
    channel.state,
    channel.kind === 'exact' ? '' : dollars(channel.depositAtomic),
    dollars(`${picoUsdToAtomic(BigInt(channel.owedPicoUsd))}`),
    dollars(channel.claimedAtomic),
    String(channel.callsOfDay),
  ])
  const moves = settlements
    .slice(0, 10)
    .map((move) => [
      utcTime(move.atMs / 1000),
      move.kind,
      move.reason === undefined ? move.state : `${move.state}: ${move.reason}`,
      dollars(move.amountAtomic),
      (move.payer ?? move.channelId ?? '').slice(0, 12),
      (move.transactionHash ?? '').slice(0, 12),
    ])
  return [
    lines.length === 0
      ? 'Nobody has paid this gateway yet.'
      : table(['channel', 'payer', 'by', 'state', 'deposit', 'owed', 'claimed', 'calls today'], lines),
    ...(channelsLeftOut === 0 ? [] : [`and ${channelsLeftOut} older ones`]),
    ...(moves.length === 0 ? [] : ['', table(['when', 'what', 'state', 'dollars', 'of', 'transaction'], moves)]),
  ].join('\n')
}

function dollars(atomic: string): string {
  return formatUnits(BigInt(atomic), dollarDecimals)
}
