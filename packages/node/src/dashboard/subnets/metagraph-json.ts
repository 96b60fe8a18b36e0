/**
 * `GET /api/subnets/{netuid}/metagraph`: every seat now, and the last signed epoch of a subnet as its record tells it: who judged whom
 * how, what they agreed on, and who earned which share. A record counts only when its hash is the one that the quorum signed.
 */
import { bytesToHex, type Clock } from '@koinon/base'
import { sha256Native } from '@koinon/base/node'
import { createLedgerReader, type NetworkFile } from '@koinon/ledger'
import {
  aggregatorWords,
  createSubnetLedger,
  type EpochRecord,
  meanAgreementPpm,
  nextResult,
  parseEpochRecord,
  spearmanPpm,
  unpackRow,
} from '@koinon/subnets'
import { readLastResultEpoch } from '@koinon/subnets/pools'
import type { MetagraphJson, SignedEpochJson } from '@koinon/work/dashboard'
import { createDocumentReader } from '../epochs/validator-documents.ts'
import type { IndexClient } from '../index-client.ts'
import { sparing } from '../sparing.ts'
import { neuronsJson, readSeatFacts } from './neurons-json.ts'

const million = 1_000_000n
const wholeQ32 = 1n << 32n
/** Results that are looked at, newest first, until one's record is found. */
const triedResults = 3

/** Throws `ledger/no-subnet`. */
export type MetagraphView = (netuid: number) => Promise<MetagraphJson>

export function createMetagraphView(sources: {
  readonly network: NetworkFile
  readonly index: IndexClient
  readonly clock: Clock
}): MetagraphView {
  const { network, index, clock } = sources
  const reader = createLedgerReader(network)
  const ledger = createSubnetLedger(reader, network, 'all')
  const readRecord = createDocumentReader('records', (bytes) => ({ bytes, dataHash: bytesToHex(sha256Native(bytes)) }))
  const answers = new Map<number, () => Promise<MetagraphJson>>()
  const look = async (netuid: number): Promise<MetagraphJson> => {
    const nowSeconds = await ledger.nowSeconds()
    const [roots, endpoints, permitted, subnetClock, signedEpoch] = await Promise.all([
      index.events({ contract: 'epochs', names: ['RootSubmitted'], netuid, order: 'newest', limit: triedResults }),
      ledger.endpoints(netuid),
      ledger.permittedAt(netuid, nowSeconds - 1),
      ledger.clock(netuid),
      readLastResultEpoch({ network, reader }, netuid),
    ])
    const seats = await readSeatFacts({ network, reader, index }, netuid, permitted)
    const uidOf = new Map(endpoints.map(({ hotkey, uid }) => [hotkey as string, uid]))
    const validators = endpoints.filter(({ hotkey }) => permitted.some((permit) => permit.hotkey === hotkey))
    const found = await findRecord(netuid, roots.result, validators)
    const record = found === undefined ? undefined : parseEpochRecord(found)
    const rows = record === undefined ? undefined : aggregatorWords(record.aggregator.name)?.rows
    return {
      asOfBlock: roots.asOfBlock,
      nowSeconds,
      ...(record === undefined ? {} : metagraphJson(record, uidOf)),
      netuid,
      neurons: neuronsJson(seats, record, rows),
      nextResult: nextResult(subnetClock, signedEpoch, nowSeconds),
      ...(signedEpoch === undefined ? {} : { signedEpoch }),
    }
  }

  return async (netuid) => {
    // Only of subnets that exist: strangers choose the number.
    await ledger.clock(netuid)
    const answer = answers.get(netuid) ?? sparing(() => look(netuid), clock)
    answers.set(netuid, answer)
    return answer()
  }

  async function findRecord(
    netuid: number,
    roots: readonly { readonly epoch: number | null; readonly args: Readonly<Record<string, unknown>> }[],
    validators: readonly { readonly uid: number; readonly hotkey: string; readonly endpoint: string }[],
  ): Promise<string | undefined> {
    for (const { epoch, args } of roots) {
      const { dataHash } = args['result'] as Readonly<Record<string, string>>
      for (const seat of validators) {
        const found = await readRecord(seat, netuid, epoch ?? -1)
        if (found !== undefined && found.dataHash === dataHash) return new TextDecoder().decode(found.bytes)
      }
    }
    return undefined
  }
}

/** Shares in millionths; `weights` are each validator's row over its sum, by uid. */
export function metagraphJson(
  record: EpochRecord,
  uidOf: ReadonlyMap<string, number>,
): SignedEpochJson & { readonly netuid: number } {
  const rows = record.validators.map(({ row }) => sharesOf(row))
  const judged = record.seats.map(({ uid }) => uid)
  const denseRows = rows.map((row) => (row === undefined ? undefined : judged.map((uid) => row.get(uid) ?? 0)))
  const dense = denseRows.flatMap((row) => (row === undefined ? [] : [row]))
  const paid = new Map(record.payouts.map((payout) => [payout.account as string, payout]))
  const agreement = meanAgreementPpm(dense)
  // Emission is divided by what each has of all, whatever that sums to (specs/0007-epochs.md section 5).
  const ranks = record.seats.reduce((sum, { incentive }) => sum + incentive, 0n)
  const allDividends = record.validators.reduce((sum, { dividends }) => sum + dividends, 0n)
  const explained = aggregatorWords(record.aggregator.name)
  return {
    netuid: record.netuid,
    epoch: record.epoch,
    aggregator: `${record.aggregator.name} ${record.aggregator.version}`,
    ...(explained === undefined ? {} : { explained }),
    emissionAtomic: `${record.emission.miners + record.emission.dividends}`,
    minersAtomic: `${record.emission.miners}`,
    dividendsAtomic: `${record.emission.dividends}`,
    ...(agreement === undefined ? {} : { agreementPpm: agreement }),
    seats: record.seats.map(({ uid, hotkey, consensus, incentive }) => ({
      uid,
      hotkey,
      consensusPpm: ppm(consensus),
      incentivePpm: ppm(incentive, ranks),
      asMinerAtomic: `${paid.get(hotkey)?.asMiner ?? 0n}`,
    })),
    validators: record.validators.map(({ hotkey, stake, dividends }, place) => {
      const row = rows[place]
      const alike = agreementOf(denseRows, place)
      const uid = uidOf.get(hotkey)
      return {
        hotkey,
        ...(uid === undefined ? {} : { uid }),
        stakeAtomic: `${stake}`,
        dividendsPpm: ppm(dividends, allDividends),
        asValidatorAtomic: `${paid.get(hotkey)?.asValidator ?? 0n}`,
        ...(row === undefined
          ? {}
          : {
              weights: [...row],
              keptPpm: record.seats.reduce(
                (sum, seat) => sum + Math.min(row.get(seat.uid) ?? 0, ppm(seat.consensus)),
                0,
              ),
              ...(alike === undefined ? {} : { agreementPpm: alike }),
            }),
      }
    }),
  }
}

/** Mean Spearman of one row with each of the others. */
function agreementOf(rows: readonly (readonly number[] | undefined)[], place: number): number | undefined {
  const own = rows[place]
  if (own === undefined) return undefined
  const all = rows.flatMap((row, other) => {
    const rho = row === undefined || other === place ? undefined : spearmanPpm(own, row)
    return rho === undefined ? [] : [rho]
  })
  return all.length === 0 ? undefined : Math.round(all.reduce((sum, rho) => sum + rho, 0) / all.length)
}

/** A row as millionths of its sum by uid; undefined when it was not revealed or is empty. */
function sharesOf(packed: EpochRecord['validators'][number]['row']): ReadonlyMap<number, number> | undefined {
  const row = packed === null ? [] : unpackRow(packed)
  const sum = row.reduce((total, { weight }) => total + weight, 0)
  if (sum === 0) return undefined
  return new Map(row.map(({ uid, weight }) => [uid, Math.floor((weight * 1_000_000) / sum)]))
}

/** Millionths that a share is of a whole, by default of 2^32. */
function ppm(share: bigint, whole = wholeQ32): number {
  return whole === 0n ? 0 : Number((share * million) / whole)
}
