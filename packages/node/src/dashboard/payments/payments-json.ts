/** `GET /api/payments` and `/api/payments/details`: what the gateway sells by the call, from its books, its door and the index. */
import type { Address, Clock, Hex } from '@koinon/base'
import type { KeyRegistry } from '@koinon/inference/client'
import type { IndexedEvent } from '@koinon/ledger/indexer'
import type { ChannelBook, ChannelState, ReceiptArchive } from '@koinon/payments/core'
import type { SettlementBook } from '@koinon/payments/provider'
import type {
  GasEstimateJson,
  PaymentChannelJson,
  PaymentDetailsJson,
  PaymentsJson,
  SettlementJson,
} from '@koinon/work/dashboard'
import type { PaymentLog } from '../../gateway/payment-log.ts'
import type { IndexClient } from '../index-client.ts'

const dayMs = 86_400_000
const listedChannels = 100
const listedSettlements = 50
/** Of a day; a claim a minute is 1,440. */
const countedClaims = 3_000
/** Gas by `bench/settlement.ts`, as bench/README.md states it; a settlement with the transaction in which the claims travel. */
const gasOf = { exact: 68_600, deposit: 119_100, claim: 18_900, settle: 53_100 }

export type PaymentViewSources = {
  readonly account: Address
  readonly book: ChannelBook
  readonly archive: ReceiptArchive
  readonly keys: Pick<KeyRegistry, 'list'>
  readonly settlements: SettlementBook
  readonly log: PaymentLog
  readonly index: IndexClient
  readonly clock: Clock
}

const countOf = { key: 'keyCalls', call: 'channelCalls', exact: 'exactCalls' } as const

type Claims = { readonly claimed: readonly IndexedEvent[]; readonly settled: readonly IndexedEvent[] }

/** Counts alone. Throws what the index throws. */
export async function paymentsJson(sources: PaymentViewSources): Promise<PaymentsJson> {
  const { archive, book, keys, settlements, log, clock } = sources
  const asOfMs = clock.nowMs()
  const sinceMs = asOfMs - dayMs
  const [byChannel, totals, claims] = await Promise.all([
    archive.statsByChannel(sinceMs),
    settlements.totals(),
    readClaims(sources, countedClaims),
  ])
  const keyChannels = new Set(keys.list().map(({ channelId }) => channelId))
  const sold = { keyCalls: 0, channelCalls: 0, exactCalls: 0, amountPicoUsd: 0n }
  for (const [channelId, { count, amountPicoUsd }] of byChannel) {
    sold[countOf[kindOf(channelId, book.get(channelId), keyChannels)]] += count
    sold.amountPicoUsd += amountPicoUsd
  }
  const inbound = book.list().filter(({ role }) => role === 'inbound')
  const inState = (state: string): number => inbound.filter(({ status }) => status === state).length
  return {
    asOfMs,
    sinceMs,
    door: log.day(),
    sold: { ...sold, amountPicoUsd: `${sold.amountPicoUsd}` },
    channels: {
      open: inState('open'),
      withdrawing: inState('withdrawing'),
      closed: inState('closed'),
      payers: new Set(inbound.map(({ config }) => config.payer)).size,
      depositAtomic: `${sumOf(inbound, ({ depositAtomic }) => depositAtomic)}`,
      owedPicoUsd: `${sumOf(inbound, ({ owedPicoUsd }) => owedPicoUsd)}`,
      claimedAtomic: `${sumOf(inbound, ({ claimedAtomic }) => claimedAtomic)}`,
    },
    settlements: { settled: totals.settled, refused: totals.refused, open: totals.open },
    gas: gasEstimate(sold.keyCalls + sold.channelCalls, inbound, claims, sinceMs),
  }
}

/** Who paid what. Throws what the index throws. */
export async function paymentDetailsJson(sources: PaymentViewSources): Promise<PaymentDetailsJson> {
  const { archive, book, keys, settlements, log, clock } = sources
  const [byChannel, sent, claims] = await Promise.all([
    archive.statsByChannel(clock.nowMs() - dayMs),
    settlements.recent(listedSettlements),
    readClaims(sources, listedSettlements),
  ])
  const labels = new Map(keys.list().map(({ channelId, label }) => [channelId, label] as const))
  const keyChannels = new Set(labels.keys())
  const channels = book
    .list()
    .filter(({ role }) => role !== 'outbound')
    .toSorted((a, b) => b.openedAtMs - a.openedAtMs)
    .map((state): PaymentChannelJson => {
      const label = labels.get(state.channelId)
      return {
        channelId: state.channelId,
        payer: state.config.payer,
        kind: kindOf(state.channelId, state, keyChannels),
        ...(label === undefined ? {} : { label }),
        state: state.status,
        depositAtomic: `${state.depositAtomic}`,
        owedPicoUsd: `${state.owedPicoUsd}`,
        claimedAtomic: `${state.claimedAtomic}`,
        callsOfDay: byChannel.get(state.channelId)?.count ?? 0,
        openedAtMs: state.openedAtMs,
      }
    })
  const moves: readonly SettlementJson[] = [
    ...sent.map((move) => ({
      id: move.key,
      kind: move.kind === 'transfer' ? ('payment' as const) : ('deposit' as const),
      state: move.state,
      payer: move.payer,
      amountAtomic: `${move.valueAtomic}`,
      atMs: move.begunAtMs,
      ...(move.reason === undefined ? {} : { reason: move.reason }),
      ...(move.transaction === undefined ? {} : { transactionHash: move.transaction }),
    })),
    ...claims.claimed.map((event) => moveOf(event, 'claim')),
    ...claims.settled.map((event) => moveOf(event, 'settlement')),
  ]
  return {
    channels: channels.slice(0, listedChannels),
    channelsLeftOut: Math.max(0, channels.length - listedChannels),
    settlements: moves.toSorted((a, b) => b.atMs - a.atMs).slice(0, listedSettlements),
    events: log.recent(),
  }
}

function kindOf(
  channelId: Hex,
  state: ChannelState | undefined,
  keyChannels: ReadonlySet<Hex>,
): PaymentChannelJson['kind'] {
  if (keyChannels.has(channelId)) return 'key'
  return state?.role === 'prepaid' ? 'exact' : 'call'
}

function moveOf(event: IndexedEvent, kind: 'claim' | 'settlement'): SettlementJson {
  const { channelId, claimAmount, amount } = event.args
  return {
    id: `${event.transactionHash}-${kind}-${String(channelId ?? '')}`,
    kind,
    state: 'settled',
    ...(typeof channelId === 'string' ? { channelId } : {}),
    amountAtomic: String(claimAmount ?? amount ?? 0),
    atMs: event.timestampSeconds * 1000,
    transactionHash: event.transactionHash,
  }
}

/** The newest of the gateway's own claims and of what was sent to it, by the index. */
async function readClaims({ index, account }: PaymentViewSources, limit: number): Promise<Claims> {
  const newest = { contract: 'channels', order: 'newest', limit } as const
  const [claimed, settled] = await Promise.all([
    index.events({ ...newest, names: ['Claimed'], where: { sender: account } }),
    index.events({ ...newest, names: ['Settled'], where: { receiver: account } }),
  ])
  return { claimed: claimed.result, settled: settled.result }
}

function gasEstimate(
  charges: number,
  inbound: readonly ChannelState[],
  { claimed, settled }: Claims,
  sinceMs: number,
): GasEstimateJson {
  const ofDay = (events: readonly IndexedEvent[]): number =>
    events.filter(({ timestampSeconds }) => timestampSeconds * 1000 >= sinceMs).length
  const deposits = inbound.filter(({ openedAtMs }) => openedAtMs >= sinceMs).length
  const [claims, settlements] = [ofDay(claimed), ofDay(settled)]
  return {
    charges,
    deposits,
    claims,
    settlements,
    asExactGas: charges * gasOf.exact,
    asChannelsGas: deposits * gasOf.deposit + claims * gasOf.claim + settlements * gasOf.settle,
    isWhole: claims < countedClaims && settlements < countedClaims,
  }
}

function sumOf(states: readonly ChannelState[], part: (state: ChannelState) => bigint): bigint {
  return states.reduce((sum, state) => sum + part(state), 0n)
}
