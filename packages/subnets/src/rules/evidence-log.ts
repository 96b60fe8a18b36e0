/** A validator's published evidence and scores of an epoch, and how anybody recomputes them (specs/0007-epochs.md section 3). */
import { type Address, type Hex, KoinonError } from '@koinon/base'
import { type Check, checkThat, fail, notChecked, pass } from '@koinon/work'
import { z } from 'zod'
import { type MinerEvidence, type MinerScore, maximumScorePpm } from './evidence.ts'
import type { CombinePolicy, Subnet } from './subnet-definition.ts'
import { maximumMechanisms } from './subnet-file/mechanisms.ts'
import { weightRow } from './subnet-file/weight-policy.ts'
import { packRow } from './weight-row.ts'

/** `previousPpm` is the combined score of the validator's last epoch with this miner, if the subnet's policy needs it. */
export type LoggedScore = MinerScore & {
  readonly uid: number
  readonly hotkey: Address
  readonly previousPpm: number | undefined
  readonly combinedPpm: number
}

export type EvidenceLog = {
  readonly v: 1
  readonly netuid: number
  readonly epoch: number
  readonly validator: Address
  readonly specHash: Hex
  readonly beacon: Hex
  /** Of a subnet file: the beacon its questions came from and the SHA-256 of each question's text. */
  readonly tasks?: { readonly openingBeacon: Hex; readonly taskHashes: readonly Hex[] }
  readonly miners: readonly MinerEvidence[]
  readonly scores: readonly LoggedScore[]
  /** Packed weight row that follows from the scores. */
  readonly row: Hex
}

export type ScoredEpoch = { readonly scores: readonly LoggedScore[]; readonly row: Hex }

/** Scores every miner and packs the row. Pure. Throws `subnets/bad-score` when the subnet's score is not 0 to 1,000,000. */
export function scoreEpoch(
  subnet: Pick<Subnet, 'score' | 'combine' | 'name' | 'weights'>,
  context: { readonly netuid: number; readonly epoch: number },
  miners: readonly MinerEvidence[],
  previousPpm: ReadonlyMap<Address, number>,
): ScoredEpoch {
  const scores = [...miners]
    .sort((a, b) => a.uid - b.uid)
    .map((miner): LoggedScore => {
      const { scorePpm, reasons, parts } = subnet.score(miner, { ...context, peers: miners })
      if (!Number.isInteger(scorePpm) || scorePpm < 0 || scorePpm > maximumScorePpm) {
        throw new KoinonError({
          code: 'subnets/bad-score',
          message: `Subnet ${subnet.name} scored uid ${miner.uid} with ${scorePpm}, not a whole number of millionths`,
        })
      }
      const previous = subnet.combine === 'latest' ? undefined : previousPpm.get(miner.hotkey)
      const combinedPpm = combineScores(subnet.combine, previous, scorePpm)
      const { uid, hotkey } = miner
      return orderedScore({
        uid,
        hotkey,
        scorePpm,
        previousPpm: previous,
        combinedPpm,
        reasons,
        ...(parts && { parts }),
      })
    })
  const row = packRow(
    weightRow(
      subnet.weights,
      scores.map(({ uid, combinedPpm }) => ({ uid, scorePpm: combinedPpm })),
    ),
  )
  return { scores, row }
}

/** Millionths after an epoch, rounded down. Newcomers begin at 0, or a new hotkey would shed a bad record. */
export function combineScores(policy: CombinePolicy, previousPpm: number | undefined, scorePpm: number): number {
  if (policy === 'latest') return scorePpm
  const share = policy.movingAveragePpm
  return Math.floor(((previousPpm ?? 0) * (maximumScorePpm - share) + scorePpm * share) / maximumScorePpm)
}

/** Recomputes a log's scores and row from its evidence: `spec`, `scores`, `row`. */
export function checkEvidenceLog(subnet: Subnet, specHash: Hex, log: EvidenceLog): readonly Check[] {
  const previous = new Map(
    log.scores.flatMap(({ hotkey, previousPpm }) =>
      previousPpm === undefined ? [] : [[hotkey, previousPpm] as const],
    ),
  )
  const again = scoreEpoch(subnet, log, log.miners, previous)
  const differing = again.scores.find((score, index) => JSON.stringify(score) !== textOf(log.scores[index]))
  return [
    checkThat(
      'spec',
      log.specHash === specHash,
      `log is for spec ${log.specHash.slice(0, 12)}…, ours ${specHash.slice(0, 12)}…`,
    ),
    checkThat(
      'scores',
      differing === undefined && again.scores.length === log.scores.length,
      differing === undefined
        ? `${again.scores.length} scores recomputed`
        : `uid ${differing.uid} scores ${differing.scorePpm} here`,
    ),
    checkThat('row', again.row === log.row, `recomputed row ${again.row.slice(0, 34)}…`),
  ]
}

/**
 * Check `previous`: the scores that a log goes on from are those of the same validator's log of the epoch before. `whyMissing` says why
 * that one is not at hand. A miner that it does not have can only have an older score, which is then not checked.
 */
export function checkPreviousScores(
  { combine }: Pick<Subnet, 'combine'>,
  log: EvidenceLog,
  before: EvidenceLog | undefined,
  whyMissing: string,
): Check {
  const name = 'previous'
  if (combine === 'latest') return pass(name, 'every epoch counts for itself')
  const stated = log.scores.filter(({ previousPpm }) => previousPpm !== undefined)
  if (log.epoch === 0) return checkThat(name, stated.length === 0, 'nothing comes before epoch 0')
  const place = ({ netuid, epoch, validator }: EvidenceLog) => `${netuid}/${epoch}/${validator}`
  if (before === undefined) {
    return notChecked(
      name,
      `${stated.length} scores go on from earlier ones; the log of epoch ${log.epoch - 1}: ${whyMissing}`,
    )
  }
  if (place(before) !== place({ ...log, epoch: log.epoch - 1 })) {
    return fail(name, `the log of the epoch before is that of ${place(before)}`)
  }
  const earlier = new Map(before.scores.map(({ hotkey, combinedPpm }) => [hotkey, combinedPpm]))
  for (const { uid, hotkey, previousPpm } of log.scores) {
    const own = earlier.get(hotkey)
    if (own === undefined || own === previousPpm) continue
    return fail(
      name,
      `uid ${uid} goes on from ${previousPpm ?? 'nothing'}, its log of epoch ${before.epoch} says ${own}`,
    )
  }
  const older = stated.filter(({ hotkey }) => !earlier.has(hotkey))
  if (older.length === 0) return pass(name, `${stated.length} scores go on from those of epoch ${before.epoch}`)
  const uids = older.map(({ uid }) => uid).join(', ')
  return notChecked(name, `uid ${uids} had no score in epoch ${before.epoch}, and goes on from one all the same`)
}

/** Wire form, one JSON text. */
export function evidenceLogToText(log: EvidenceLog): string {
  return JSON.stringify(log)
}

const hex = (bytes: number) =>
  z.custom<Hex>((value) => typeof value === 'string' && value.length === 2 + 2 * bytes && /^0x[0-9a-f]*$/.test(value))
const uid = z.int().min(0).max(0xffff)
const count = z.int().min(0)
const ppm = z.int().min(0).max(maximumScorePpm)
/** Seats of a subnet, the most that a ledger allows. */
const mostSeats = 256

/** A list that is read up to the first item that is wrong: what a stranger wrote has room for millions, each with a report of its own. */
function listOf<item>(item: z.ZodType<item>, most: number) {
  const list = z.custom<readonly unknown[]>((value) => Array.isArray(value) && value.length <= most)
  return list.transform((all, context): item[] => {
    const found: item[] = []
    for (const [index, one] of all.entries()) {
      const { data, error } = item.safeParse(one)
      if (error !== undefined) {
        context.addIssue({ code: 'custom', path: [index, ...(error.issues[0]?.path ?? [])] })
        return z.NEVER
      }
      found.push(data)
    }
    return found
  })
}

/** Integers by name. */
const facts = z.custom<Readonly<Record<string, number>>>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.entries(value).every(([name, fact]) => name.length <= 64 && Number.isSafeInteger(fact)),
)
const check = z.object({
  name: z.string().max(64),
  state: z.enum(['pass', 'fail', 'notChecked']),
  detail: z.string().max(4096),
})
const workEvidence = z.object({
  source: z.enum(['sample', 'probe']),
  requestId: hex(16),
  receiptHash: hex(32),
  checks: listOf(check, 256),
  facts,
})
const logSchema = z.object({
  v: z.literal(1),
  netuid: count,
  epoch: count,
  validator: hex(20),
  specHash: hex(32),
  beacon: hex(32),
  tasks: z.object({ openingBeacon: hex(32), taskHashes: listOf(hex(32), 64) }).optional(),
  miners: listOf(
    z.object({
      uid,
      hotkey: hex(20),
      committedCount: count.optional(),
      checks: listOf(check, 16),
      work: listOf(workEvidence, 4_096),
      probesAsked: count,
      probesAnswered: count,
      facts: facts.optional(),
    }),
    mostSeats,
  ),
  scores: listOf(
    z.object({
      uid,
      hotkey: hex(20),
      scorePpm: ppm,
      previousPpm: ppm.optional(),
      combinedPpm: ppm,
      reasons: listOf(z.string().max(1_024), 64),
      parts: listOf(
        z.object({ mechanism: z.string().max(32), scorePpm: ppm, partPpm: ppm }),
        maximumMechanisms,
      ).optional(),
    }),
    mostSeats,
  ),
  row: z.custom<Hex>((value) => typeof value === 'string' && /^0x([0-9a-f]{8})*$/.test(value)),
})

/** Parses a log from outside. Throws `subnets/bad-evidence-log` naming the field. */
export function parseEvidenceLog(text: string): EvidenceLog {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw badLog('it is not JSON')
  }
  const parsed = logSchema.safeParse(json)
  if (!parsed.success) throw badLog(`"${parsed.error.issues[0]?.path.join('.')}"`)
  const { tasks, ...log } = parsed.data
  return {
    ...log,
    ...(tasks === undefined ? {} : { tasks }),
    miners: log.miners.map(({ facts, ...miner }) => ({
      ...miner,
      committedCount: miner.committedCount,
      ...(facts === undefined ? {} : { facts }),
    })),
    scores: log.scores.map(({ parts, ...score }) => ({
      ...score,
      previousPpm: score.previousPpm,
      ...(parts === undefined ? {} : { parts }),
    })),
  }
}

function textOf(score: LoggedScore | undefined): string | undefined {
  return score && JSON.stringify(orderedScore(score))
}

function orderedScore({ uid, hotkey, scorePpm, previousPpm, combinedPpm, reasons, parts }: LoggedScore): LoggedScore {
  const ordered = parts?.map(({ mechanism, scorePpm: own, partPpm }) => ({ mechanism, scorePpm: own, partPpm }))
  return { uid, hotkey, scorePpm, previousPpm, combinedPpm, reasons, ...(ordered && { parts: ordered }) }
}

function badLog(problem: string): KoinonError {
  return new KoinonError({ code: 'subnets/bad-evidence-log', message: `The evidence log is malformed: ${problem}` })
}
