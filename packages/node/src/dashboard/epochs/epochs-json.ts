/** `GET /api/epochs` and `/api/epochs/{netuid}/{epoch}`: who was paid what and why, from the ledger and the validators' own logs. */
import { KoinonError } from '@koinon/base'
import { createLedgerReader, type NetworkFile } from '@koinon/ledger'
import type { ArgumentSum, IndexedEvent } from '@koinon/ledger/indexer'
import { createSubnetLedger, epochAt, epochPhase, epochWindow, unpackRow } from '@koinon/subnets'
import type { AuditJson, EpochDetailJson, EpochJson, EpochsJson, PayoutJson } from '@koinon/work/dashboard'
import type { IndexClient } from '../index-client.ts'
import { stateWithoutResult, submittedState } from './epoch-state.ts'
import { auditsByReceipt, shownChecks } from './log-checks.ts'
import { createRowOpeners } from './row-openers.ts'
import { createValidatorLogReader, type ValidatorLog } from './validator-logs.ts'

export type EpochsView = {
  list(netuid: number, limit: number): Promise<EpochsJson>
  /** Throws `ledger/no-subnet`, and `api/epoch-not-begun` of one to come. */
  detail(netuid: number, epoch: number): Promise<EpochDetailJson>
  /** What validators say they checked in the last epochs, by receipt id. */
  audits(netuid: number): Promise<ReadonlyMap<string, readonly AuditJson[]>>
}

const maximumListed = 100
/** Epochs whose logs are looked through for a receipt; older audits are found on their epoch's page. */
const auditedEpochs = 5
/** Of a validator's reasons for one payout. */
const longestWhy = 4_096

export function createEpochsView(sources: { readonly network: NetworkFile; readonly index: IndexClient }): EpochsView {
  const { network, index } = sources
  const reader = createLedgerReader(network)
  const ledger = createSubnetLedger(reader, network, 'all')
  const openersOf = createRowOpeners(reader)
  const readValidatorLog = createValidatorLogReader()

  const facts = async (netuid: number, epoch: number, found: Found): Promise<EpochJson> => {
    const [clock, nowSeconds] = await Promise.all([ledger.clock(netuid), ledger.nowSeconds()])
    const window = epochWindow(clock, epoch)
    const root = found.roots.find((event) => event.epoch === epoch)
    const verdicts = found.verdicts.filter(
      (event) => event.epoch === epoch && event.args['resultHash'] === root?.args['resultHash'],
    )
    const confirmed = verdicts.find(({ name }) => name === 'RootConfirmed')
    const isDisabled = verdicts.some(({ name }) => name !== 'RootConfirmed')
    const activatesAtSeconds = confirmed?.timestampSeconds ?? Number(root?.args['activatesAt'])
    const beacon = found.beacons.find((event) => event.epoch === epoch)
    const phase = epochPhase(window, nowSeconds)
    const state =
      root === undefined
        ? stateWithoutResult(window, nowSeconds)
        : submittedState({ activatesAtSeconds, isDisabled }, nowSeconds)
    return {
      netuid,
      epoch,
      phase,
      startsAtSeconds: window.startsAtSeconds,
      ...(beacon === undefined ? {} : { beacon: String(beacon.args['beacon']) }),
      ...(root === undefined ? {} : submitted(root.args)),
      state,
      minedAtomic: found.mined.get(epoch) ?? '0',
      dividendsAtomic: found.dividends.get(epoch) ?? '0',
      paidAtomic: `${BigInt(found.mined.get(epoch) ?? 0) + BigInt(found.dividends.get(epoch) ?? 0)}`,
    }
  }

  const find = async (
    netuid: number,
    epochs: readonly [number, number],
  ): Promise<Found & { readonly asOfBlock: number }> => {
    const only = epochs[0] === epochs[1] ? { epoch: epochs[0] } : {}
    const [roots, verdicts, beacons, mined, dividends] = await Promise.all([
      index.events({
        contract: 'epochs',
        names: ['RootSubmitted'],
        netuid,
        order: 'newest',
        limit: maximumListed,
        ...only,
      }),
      index.events({
        contract: 'epochs',
        names: ['RootConfirmed', 'RootDisabled', 'RootOverturned'],
        netuid,
        order: 'newest',
        limit: maximumListed,
        ...only,
      }),
      index.events({
        contract: 'work',
        names: ['BeaconDrawn'],
        netuid,
        order: 'newest',
        limit: maximumListed,
        ...only,
      }),
      index.sums({ contract: 'epochs', names: ['Claimed'], netuid, epochs, by: 'epoch', sum: 'mined' }),
      index.sums({ contract: 'epochs', names: ['Claimed'], netuid, epochs, by: 'epoch', sum: 'dividends' }),
    ])
    return {
      roots: roots.result,
      verdicts: verdicts.result,
      beacons: beacons.result,
      mined: byEpoch(mined.result),
      dividends: byEpoch(dividends.result),
      asOfBlock: roots.asOfBlock,
    }
  }

  return {
    async list(netuid, limit) {
      const [clock, nowSeconds] = await Promise.all([ledger.clock(netuid), ledger.nowSeconds()])
      const current = epochAt(clock, nowSeconds)
      const found = await find(netuid, [Math.max(0, current - maximumListed), current])
      const numbers = Array.from({ length: Math.min(limit, maximumListed, current + 1) }, (_, back) => current - back)
      return {
        asOfBlock: found.asOfBlock,
        epochs: await Promise.all(numbers.map((epoch) => facts(netuid, epoch, found))),
      }
    },
    async audits(netuid) {
      const [clock, nowSeconds, endpoints] = await Promise.all([
        ledger.clock(netuid),
        ledger.nowSeconds(),
        ledger.endpoints(netuid),
      ])
      const permitted = new Set((await ledger.permittedAt(netuid, nowSeconds - 1)).map(({ hotkey }) => hotkey))
      const validators = endpoints.filter(({ hotkey }) => permitted.has(hotkey))
      const last = epochAt(clock, nowSeconds) - 1
      const epochs = Array.from({ length: auditedEpochs }, (_, back) => last - back).filter((epoch) => epoch > 0)
      const read = await Promise.all(
        epochs.flatMap((epoch) =>
          validators.map(async (validator) => {
            const log = await readValidatorLog(validator, netuid, epoch)
            return log === undefined ? [] : [{ epoch, log }]
          }),
        ),
      )
      return auditsByReceipt(read.flat())
    },
    async detail(netuid, epoch) {
      const [clock, nowSeconds] = await Promise.all([ledger.clock(netuid), ledger.nowSeconds()])
      const current = epochAt(clock, nowSeconds)
      if (epoch > current)
        throw notBegun({ netuid, epoch, current }, epochWindow(clock, epoch).startsAtSeconds - nowSeconds)
      const [found, claims, reveals, endpoints] = await Promise.all([
        find(netuid, [epoch, epoch]),
        index.events({ contract: 'epochs', names: ['Claimed'], netuid, epoch, order: 'newest' }),
        index.events({ contract: 'weights', names: ['WeightsRevealed'], netuid, epoch }),
        ledger.endpoints(netuid),
      ])
      const uidOf = new Map(endpoints.map(({ hotkey, uid }) => [hotkey as string, uid]))
      const validators = endpoints.filter(({ hotkey }) => reveals.result.some(({ args }) => args['hotkey'] === hotkey))
      const [openers, ...logs] = await Promise.all([
        openersOf(reveals.result),
        ...validators.map((validator) => readValidatorLog(validator, netuid, epoch)),
      ])
      const { checks, leftOut } = shownChecks(logs.flatMap((log) => log ?? []))
      return {
        asOfBlock: found.asOfBlock,
        ...(await facts(netuid, epoch, found)),
        weights: reveals.result.map(({ args }, index) => ({
          validatorUid: uidOf.get(String(args['hotkey'])) ?? -1,
          ...(openers[index] === undefined ? {} : { openedBy: openers[index] }),
          row: unpackRow(args['row'] as `0x${string}`).map(({ uid, weight }) => [uid, weight]),
        })),
        payouts: claims.result.map(({ args }) => payout(args, uidOf, logs)),
        checks,
        checksLeftOut: leftOut,
      }
    },
  }
}

type Found = Readonly<Record<'roots' | 'verdicts' | 'beacons', readonly IndexedEvent[]>> & {
  /** What was claimed of each epoch in all, decimal strings. */
  readonly mined: ReadonlyMap<number, string>
  readonly dividends: ReadonlyMap<number, string>
}

/** What the result says that was submitted. */
function submitted(
  args: IndexedEvent['args'],
): Required<Pick<EpochJson, 'root' | 'signedStakeAtomic' | 'minersTotalAtomic' | 'dividendsTotalAtomic'>> {
  const result = args['result'] as Readonly<Record<'root' | 'minersTotal' | 'dividendsTotal', string>>
  return {
    root: result.root,
    signedStakeAtomic: String(args['signedStake']),
    minersTotalAtomic: result.minersTotal,
    dividendsTotalAtomic: result.dividendsTotal,
  }
}

function byEpoch(sums: readonly ArgumentSum[]): ReadonlyMap<number, string> {
  return new Map(sums.map(({ key, sum }) => [Number(key), sum]))
}

function payout(
  args: Readonly<Record<string, unknown>>,
  uidOf: ReadonlyMap<string, number>,
  logs: readonly (ValidatorLog | undefined)[],
): PayoutJson {
  const account = String(args['account'])
  const uid = uidOf.get(account)
  const log = logs.find((candidate) => candidate !== undefined && uid !== undefined && candidate.reasons.has(uid))
  const reasons = uid === undefined ? undefined : log?.reasons.get(uid)
  // One that fell silent has no log of the epoch, and is paid for the row that stood in for its own.
  const isPaidAsValidator = args['mined'] === '0' && args['dividends'] !== '0'
  const isValidator = isPaidAsValidator || logs.some((candidate) => candidate?.validatorUid === uid)
  return {
    account,
    ...(uid === undefined ? {} : { uid }),
    minedAtomic: String(args['mined']),
    dividendsAtomic: String(args['dividends']),
    amountAtomic: `${BigInt(String(args['mined'])) + BigInt(String(args['dividends']))}`,
    cumulativeAtomic: `${BigInt(String(args['cumulativeMined'])) + BigInt(String(args['cumulativeDividends']))}`,
    why: isValidator
      ? 'Validator: paid for its weights, by what the aggregator of the subnet makes of them.'
      : (reasons?.join(' ').slice(0, longestWhy) ?? 'No validator log is reachable for this payout.'),
  }
}

/** An epoch to come. */
export function notBegun(
  { netuid, epoch, current }: { readonly netuid: number; readonly epoch: number; readonly current: number },
  inSeconds: number,
): KoinonError {
  const wait =
    inSeconds < 120
      ? `${inSeconds} s`
      : inSeconds < 7_200
        ? `about ${Math.round(inSeconds / 60)} minutes`
        : `about ${Math.round(inSeconds / 3_600)} hours`
  return new KoinonError({
    code: 'api/epoch-not-begun',
    message: `Epoch ${epoch} of subnet ${netuid} has not begun: it begins in ${wait}`,
    hint: `Epoch ${current} is the one that runs now: koinon epoch show ${current} --netuid ${netuid}`,
    details: { status: 404 },
  })
}

/** Numbers of a path like `/api/epochs/1/7`. Throws `api/bad-path`. */
export function epochPath(path: string): { readonly netuid: number; readonly epoch: number } {
  const match = /^\/api\/epochs\/(\d{1,6})\/(\d{1,9})$/.exec(path)
  if (match !== null) return { netuid: Number(match[1]), epoch: Number(match[2]) }
  throw new KoinonError({
    code: 'api/bad-path',
    message: 'The path must be /api/epochs/{netuid}/{epoch}',
    details: { status: 404 },
  })
}
