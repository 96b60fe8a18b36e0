/**
 * `GET /api/subnets/{netuid}/metagraph`: the last signed epoch of a subnet as its record tells it: who judged whom how, what they agreed
 * on, and who earned which share. A record counts only when its hash is the one that the quorum signed.
 */
import { bytesToHex } from '@koinon/base'
import { sha256Native } from '@koinon/base/node'
import { createLedgerReader, type NetworkFile } from '@koinon/ledger'
import {
  aggregatorWords,
  createSubnetLedger,
  type EpochRecord,
  meanAgreementPpm,
  parseEpochRecord,
  unpackRow,
} from '@koinon/subnets'
import type { IndexClient } from './index-client.ts'
import { createDocumentReader } from './validator-documents.ts'

const million = 1_000_000n
const wholeQ32 = 1n << 32n
/** Results that are looked at, newest first, until one's record is found. */
const triedResults = 3

export type MetagraphView = (netuid: number) => Promise<Record<string, unknown>>

export function createMetagraphView(sources: {
  readonly network: NetworkFile
  readonly index: IndexClient
}): MetagraphView {
  const { network, index } = sources
  const ledger = createSubnetLedger(createLedgerReader(network), network, 'all')
  const readRecord = createDocumentReader('records', (bytes) => ({ bytes, dataHash: bytesToHex(sha256Native(bytes)) }))
  return async (netuid) => {
    const nowSeconds = await ledger.nowSeconds()
    const [roots, endpoints, permitted] = await Promise.all([
      index.events({ contract: 'epochs', names: ['RootSubmitted'], netuid, order: 'newest', limit: triedResults }),
      ledger.endpoints(netuid),
      ledger.permittedAt(netuid, nowSeconds - 1),
    ])
    const uidOf = new Map(endpoints.map(({ hotkey, uid }) => [hotkey as string, uid]))
    const validators = endpoints.filter(({ hotkey }) => permitted.some((permit) => permit.hotkey === hotkey))
    for (const { epoch, args } of roots.result) {
      const { dataHash } = args['result'] as Readonly<Record<string, string>>
      for (const seat of validators) {
        const found = await readRecord(seat, netuid, epoch ?? -1)
        if (found === undefined || found.dataHash !== dataHash) continue
        return {
          asOfBlock: roots.asOfBlock,
          ...metagraphJson(parseEpochRecord(new TextDecoder().decode(found.bytes)), uidOf),
        }
      }
    }
    return { asOfBlock: roots.asOfBlock, netuid }
  }
}

/** Shares in millionths; `weights` are each validator's row over its sum, by uid. */
export function metagraphJson(record: EpochRecord, uidOf: ReadonlyMap<string, number>): Record<string, unknown> {
  const rows = record.validators.map(({ row }) => sharesOf(row))
  const judged = record.seats.map(({ uid }) => uid)
  const dense = rows.flatMap((row) => (row === undefined ? [] : [judged.map((uid) => row.get(uid) ?? 0)]))
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
      return {
        hotkey,
        ...(uidOf.has(hotkey) ? { uid: uidOf.get(hotkey) } : {}),
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
            }),
      }
    }),
  }
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
