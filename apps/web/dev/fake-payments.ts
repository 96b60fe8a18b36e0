/** Payments of the fake network: an invented day at the door of paid calls. */
import type {
  PaymentChannelJson,
  PaymentDetailsJson,
  PaymentEventJson,
  PaymentsJson,
  SettlementJson,
} from '@koinon/work/dashboard'
import type { FakeState } from './fake-state.ts'

const minuteMs = 60_000
const hex = (byte: string, bytes: number): string => `0x${byte.repeat(bytes)}`

/** `/api/payments`. */
export function fakePayments(state: FakeState): PaymentsJson {
  const asOfMs = state.nowMs()
  return {
    asOfMs,
    sinceMs: asOfMs - 1_440 * minuteMs,
    door: {
      sinceMs: asOfMs - 300 * minuteMs,
      demanded: 41,
      held: 246,
      repeated: 3,
      refused: 10,
      taken: [
        { wire: 'x402', backEnd: 'channel', held: 212, repeated: 3 },
        { wire: 'mpp', backEnd: 'exact', held: 34, repeated: 0 },
      ],
      refusals: [
        { code: 'payments/voucher-short', count: 7, lastAtMs: asOfMs - 4 * minuteMs },
        { code: 'payments/settlement-refused', count: 2, lastAtMs: asOfMs - 90 * minuteMs },
        { code: 'payments/some-new-reason', count: 1, lastAtMs: asOfMs - 200 * minuteMs },
      ],
    },
    sold: { keyCalls: 0, channelCalls: 212, exactCalls: 33, amountPicoUsd: '5480000000' },
    channels: {
      open: 2,
      withdrawing: 1,
      closed: 4,
      payers: 3,
      depositAtomic: '6500000',
      owedPicoUsd: '1250000000000',
      claimedAtomic: '1200000',
    },
    settlements: { settled: 36, refused: 1, open: 1 },
    gas: {
      charges: 212,
      deposits: 2,
      claims: 2,
      settlements: 2,
      asExactGas: 212 * 68_600,
      asChannelsGas: 459_000,
      isWhole: true,
    },
  }
}

/** `/api/payments/details`. */
export function fakePaymentDetails(state: FakeState): PaymentDetailsJson {
  const now = state.nowMs()
  const [payer, other] = [hex('5a', 20), hex('7b', 20)]
  const claimed = { owedPicoUsd: '820000000000', claimedAtomic: '800000', openedAtMs: now - 400 * minuteMs }
  const seen = { atMs: now - 4 * minuteMs, method: 'POST', path: '/v1/chat/completions', maximumAtomic: '180' }
  return {
    channels: [
      {
        ...{ channelId: hex('c1', 32), payer, kind: 'call', state: 'open', depositAtomic: '1000000', callsOfDay: 180 },
        ...claimed,
      },
      {
        ...{ channelId: hex('c2', 32), payer: other, kind: 'call', state: 'withdrawing', depositAtomic: '500000' },
        ...{ ...claimed, callsOfDay: 32 },
      },
      {
        ...{ channelId: hex('c3', 32), payer: other, kind: 'exact', state: 'open', depositAtomic: '0', callsOfDay: 33 },
        ...{ ...claimed, owedPicoUsd: '5940000000', claimedAtomic: '0' },
      },
      {
        ...{ channelId: hex('c4', 32), payer: state.account, kind: 'key', label: 'this browser', state: 'open' },
        ...{ ...claimed, depositAtomic: '5000000', callsOfDay: 0 },
      },
      ...older<PaymentChannelJson>(40, (place) => ({
        ...{ channelId: numbered('c', place), payer: numbered('5', place).slice(0, 42), kind: 'call', state: 'closed' },
        ...{ ...claimed, depositAtomic: '1000000', callsOfDay: 0, openedAtMs: now - (500 + place) * minuteMs },
      })),
    ],
    channelsLeftOut: 3,
    settlements: [
      {
        ...{ id: 'a', kind: 'payment', state: 'sending', payer: other, amountAtomic: '180', atMs: now - minuteMs },
        transactionHash: hex('d1', 32),
      },
      {
        ...{ id: 'b', kind: 'payment', state: 'refused', payer: other, amountAtomic: '180' },
        ...{ reason: 'insufficient-funds', atMs: now - 90 * minuteMs },
      },
      {
        ...{ id: 'c', kind: 'claim', state: 'settled', channelId: hex('c1', 32), amountAtomic: '800000' },
        ...{ atMs: now - 100 * minuteMs, transactionHash: hex('d3', 32) },
      },
      {
        ...{ id: 'd', kind: 'settlement', state: 'settled', amountAtomic: '800000', atMs: now - 100 * minuteMs },
        transactionHash: hex('d4', 32),
      },
      {
        ...{ id: 'e', kind: 'deposit', state: 'settled', payer, amountAtomic: '1000000', atMs: now - 400 * minuteMs },
        transactionHash: hex('d5', 32),
      },
      ...older<SettlementJson>(45, (place) => ({
        ...{ id: `old ${place}`, kind: 'payment', state: 'settled', payer: other, amountAtomic: '180' },
        ...{ atMs: now - (500 + place) * minuteMs, transactionHash: numbered('d', place) },
      })),
    ],
    events: [
      { id: 3, outcome: 'refused', wire: 'x402', code: 'payments/voucher-short', ...seen },
      { id: 2, outcome: 'repeated', wire: 'x402', backEnd: 'channel', payer, ...seen },
      { id: 1, outcome: 'held', wire: 'mpp', backEnd: 'exact', payer: other, ...seen },
      ...older<PaymentEventJson>(60, (place) => ({
        id: -place,
        outcome: 'held',
        wire: 'x402',
        backEnd: 'channel',
        payer,
        ...seen,
      })),
    ],
  }
}

/** What makes a list as long as on a busy gateway. */
function older<row>(count: number, row: (place: number) => row): readonly row[] {
  return Array.from({ length: count }, (_, place) => row(place))
}

const numbered = (digit: string, place: number): string => `0x${digit}${`${place}`.padStart(63, '0')}`
