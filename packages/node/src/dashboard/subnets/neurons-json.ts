/** Every seat of a subnet now: what it holds and was paid, and how it came out of the last signed epoch. */
import type { Address } from '@koinon/base'
import { type LedgerView, readNeurons } from '@koinon/ledger'
import { type EpochRecord, unpackRow } from '@koinon/subnets'
import type { MetagraphNeuronJson } from '@koinon/work/dashboard'
import type { IndexClient } from '../index-client.ts'

const million = 1_000_000n
const wholeQ32 = 1n << 32n

/** What the ledger says of a seat now. Amounts are alpha, atomic units. */
export type SeatFacts = {
  readonly uid: number
  readonly hotkey: Address
  /** Weight of the hotkey in the subnet. */
  readonly stake: bigint
  readonly hasPermit: boolean
  readonly seeksPermit: boolean
  readonly registeredAtSeconds: number
  /** All claims of the account in the subnet ever, mined and as dividends. */
  readonly paid: bigint
}

export async function readSeatFacts(
  view: LedgerView & { readonly index: IndexClient },
  netuid: number,
  permitted: readonly { readonly hotkey: string }[],
): Promise<readonly SeatFacts[]> {
  const { network, reader, index } = view
  const claims = { contract: 'epochs', names: ['Claimed'], netuid, by: 'account' } as const
  const [neurons, weights, sought, mined, dividends] = await Promise.all([
    readNeurons(reader, network, netuid),
    index.newest({ contract: 'staking', names: ['WeightChanged'], netuid, by: 'hotkey' }),
    index.newest({ contract: 'permits', names: ['PermitSought'], netuid, by: 'hotkey' }),
    index.sums({ ...claims, sum: 'mined' }),
    index.sums({ ...claims, sum: 'dividends' }),
  ])
  const stakeOf = new Map(weights.result.map(({ key, args }) => [key, BigInt(String(args['weight']))]))
  const seeking = new Set(sought.result.filter(({ args }) => args['seeks'] === true).map(({ key }) => key))
  const permits = new Set(permitted.map(({ hotkey }) => hotkey))
  const paid = new Map<string, bigint>()
  for (const { key, sum } of [...mined.result, ...dividends.result]) paid.set(key, (paid.get(key) ?? 0n) + BigInt(sum))
  return neurons.map(({ uid, hotkey, registeredAtSeconds }) => ({
    uid,
    hotkey,
    stake: stakeOf.get(hotkey) ?? 0n,
    hasPermit: permits.has(hotkey),
    seeksPermit: seeking.has(hotkey),
    registeredAtSeconds,
    paid: paid.get(hotkey) ?? 0n,
  }))
}

/** `rows`: what the record's aggregator reads a row as; only shares have ranks. */
export function neuronsJson(
  seats: readonly SeatFacts[],
  record: EpochRecord | undefined,
  rows: string | undefined,
): readonly MetagraphNeuronJson[] {
  const figures = record === undefined ? new Map() : figuresOf(record, rows)
  return seats.map(({ stake, paid, ...seat }) => ({
    ...seat,
    stakeAtomic: `${stake}`,
    paidAtomic: `${paid}`,
    ...figures.get(seat.hotkey),
  }))
}

type EpochFigures = Pick<
  MetagraphNeuronJson,
  'incentivePpm' | 'dividendsPpm' | 'consensusPpm' | 'rankPpm' | 'earnedAtomic'
>

function figuresOf(record: EpochRecord, rows: string | undefined): ReadonlyMap<string, EpochFigures> {
  const incentives = record.seats.reduce((sum, { incentive }) => sum + incentive, 0n)
  const allDividends = record.validators.reduce((sum, { dividends }) => sum + dividends, 0n)
  const dividendsOf = new Map(record.validators.map(({ hotkey, dividends }) => [hotkey, dividends]))
  const payouts = new Map(record.payouts.map((payout) => [payout.account, payout]))
  const rankOf = rows === 'shares' ? ranksOf(record) : () => undefined
  return new Map(
    record.seats.map((seat) => {
      const payout = payouts.get(seat.hotkey)
      const rankPpm = rankOf(seat)
      return [
        seat.hotkey,
        {
          incentivePpm: ppm(seat.incentive, incentives),
          dividendsPpm: ppm(dividendsOf.get(seat.hotkey) ?? 0n, allDividends),
          consensusPpm: ppm(seat.consensus, wholeQ32),
          ...(rankPpm === undefined ? {} : { rankPpm }),
          earnedAtomic: `${(payout?.asMiner ?? 0n) + (payout?.asValidator ?? 0n)}`,
        },
      ]
    }),
  )
}

/** Of each seat the stake-weighted sum of its shares in the revealed rows, each cut to the consensus, over all stake that revealed. */
function ranksOf(record: EpochRecord): (seat: EpochRecord['seats'][number]) => number {
  const revealed = record.validators.flatMap(({ stake, row }) => {
    const entries = row === null ? [] : unpackRow(row)
    const total = entries.reduce((sum, { weight }) => sum + BigInt(weight), 0n)
    return total === 0n
      ? []
      : [{ stake, shareOf: new Map(entries.map(({ uid, weight }) => [uid, (BigInt(weight) * wholeQ32) / total])) }]
  })
  const votes = revealed.reduce((sum, { stake }) => sum + stake, 0n)
  return ({ uid, consensus }) => {
    const rank = revealed.reduce((sum, { stake, shareOf }) => {
      const share = shareOf.get(uid) ?? 0n
      return sum + stake * (share < consensus ? share : consensus)
    }, 0n)
    return ppm(rank, votes * wholeQ32)
  }
}

function ppm(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number((part * million) / whole)
}
