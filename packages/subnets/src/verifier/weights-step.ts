/** Beacon, assessment, commit and reveal of one epoch. Every function looks at the ledger and the store first, so it may run twice. */
import { bytesToHex, hexToBytes } from '@koinon/base'
import { unlessDone } from '../client/index.ts'
import { evidenceLogToText, failedCheckNames, scoreEpoch, weightsCommitment } from '../rules/index.ts'
import { assessMiners } from './assess.ts'
import type { EpochStep } from './epoch-step.ts'
import type { ValidatorOptions } from './ports.ts'
import { sealOwnRow } from './seal-own-row.ts'
import type { Assessment } from './validator-store.ts'

/** Part of the time for assessing that reading answers must leave for judging them. */
const judgingShare = 2
/** Part of the commit phase that assessing must leave for the commitment itself. */
const commitReserve = 4
/** A miner that stalls three times costs less than half of the time there is, and only on its own place. */
const askShare = 8
const longestAskMs = 10_000
const shortestAskMs = 500
/** Timers of the runtime overflow at 2^31 ms; a day is more than any assessment takes. */
const longestTimerMs = 86_400_000

/** In the weight-commit phase: assesses once, stores row and salt, then commits to them. */
export async function commitStep<task, response, ports>(step: EpochStep<task, response, ports>): Promise<void> {
  const { options, epoch } = step
  const { ledger, writer, netuid, store, onEvent } = options
  const onLedger = await ledger.weights(netuid, epoch, writer.hotkey)
  const assessment = (await store.assessment(netuid, epoch)) ?? (await assess(step))
  if (assessment === undefined) return
  const commitment = commitmentOf(options, epoch, assessment)
  // A commitment that this disk does not know cannot be opened; while the phase lasts it may be replaced.
  if (onLedger.commitment === commitment) return
  const sealedRow = await sealOwnRow(step, assessment)
  const weights = { commitment, specHash: options.specHash, ...(sealedRow === undefined ? {} : { sealedRow }) }
  await writer.commitWeights(netuid, epoch, weights)
  onEvent?.({ kind: 'committed', epoch, sealedBytes: sealedRow === undefined ? 0 : hexToBytes(sealedRow).length })
}

/** In the reveal phase: opens the commitment if it is ours and not open. */
export async function revealStep<task, response, ports>(step: EpochStep<task, response, ports>): Promise<void> {
  const { options, epoch } = step
  const { ledger, writer, netuid, store, onEvent } = options
  const onLedger = await ledger.weights(netuid, epoch, writer.hotkey)
  if (onLedger.rowHash !== undefined || onLedger.commitment === undefined) return
  const assessment = await store.assessment(netuid, epoch)
  if (assessment === undefined || onLedger.commitment !== commitmentOf(options, epoch, assessment)) return
  const isRevealed = async (): Promise<boolean> =>
    (await ledger.weights(netuid, epoch, writer.hotkey)).rowHash !== undefined
  await unlessDone(() => writer.revealWeights(netuid, epoch, assessment.packedRow, assessment.salt), isRevealed)
  onEvent?.({ kind: 'revealed', epoch })
}

async function assess<task, response, ports>(step: EpochStep<task, response, ports>): Promise<Assessment | undefined> {
  const { options, timing, epoch, window, nowSeconds } = step
  const { ledger, netuid, subnet, store, writer, random, onEvent } = options
  const secondsLeft = window.weightCommitEndsAtSeconds - nowSeconds
  const reserve = (window.weightCommitEndsAtSeconds - window.workCommitEndsAtSeconds) / commitReserve
  const beacon = await drawBeacon(step)
  if (beacon === undefined) return undefined
  const [seats, endpoints, commitments, probes, memories] = await Promise.all([
    ledger.seatsAt(netuid, window.endsAtSeconds - 1),
    ledger.endpoints(netuid),
    ledger.workCommitments(netuid, epoch),
    store.probes(netuid, epoch),
    store.listMemories(netuid, epoch - 1),
  ])
  const timeLeftMs = Math.min(longestTimerMs, Math.max(0, Math.floor((secondsLeft - reserve) * 1000)))
  const endsAtMs = options.clock.nowMs() + timeLeftMs
  const readingMs = options.judge === undefined ? timeLeftMs : Math.floor(timeLeftMs / judgingShare)
  const deadline = AbortSignal.timeout(readingMs)
  const askTimeoutMs = Math.max(shortestAskMs, Math.min(longestAskMs, Math.floor(readingMs / askShare)))
  const assessed = await assessMiners(
    options,
    {
      epoch,
      window,
      beacon,
      seats: seats.filter(({ hotkey }) => hotkey !== writer.hotkey),
      endpoints,
      commitments,
      probes,
      memories,
    },
    { concurrency: timing.concurrency, askTimeoutMs, timeMs: readingMs },
    AbortSignal.any([step.signal, deadline]),
  )
  // Stopping is not a finding: nothing is kept, and the next start assesses anew.
  if (step.signal.aborted) return undefined
  const judged = await options.judge?.judge({
    netuid,
    epoch,
    openingBeacon: await ledger.beacon(netuid, epoch - 1),
    closingBeacon: beacon,
    miners: assessed.miners,
    // A clock that was set meanwhile gives no more than there was.
    timeMs: Math.min(timeLeftMs, Math.max(0, endsAtMs - options.clock.nowMs())),
  })
  const { miners } = judged ?? assessed
  const { scores, row } = scoreEpoch(subnet, { netuid, epoch }, miners, await store.previousScores(netuid, epoch))
  const log = {
    v: 1,
    netuid,
    epoch,
    validator: writer.hotkey,
    specHash: options.specHash,
    beacon,
    ...(judged?.tasks === undefined ? {} : { tasks: judged.tasks }),
    miners,
    scores,
    row,
  } as const
  const assessment = { logText: evidenceLogToText(log), packedRow: row, salt: bytesToHex(random(32)) }
  await store.saveAssessment(netuid, epoch, assessment, {
    scores,
    memories: assessed.memories,
    ...(judged === undefined ? {} : { answers: judged.answers }),
  })
  const failedMiners = miners.filter((miner) => failedCheckNames(miner).length > 0).length
  onEvent?.({ kind: 'assessed', epoch, failedMiners, seats: miners.length })
  return assessment
}

/** All validators try; one transaction wins, the others find the beacon drawn. */
async function drawBeacon<task, response, ports>(step: EpochStep<task, response, ports>) {
  const { options, epoch } = step
  const { ledger, writer, netuid, onEvent } = options
  const drawn = await ledger.beacon(netuid, epoch)
  if (drawn !== undefined) return drawn
  const isDrawn = async (): Promise<boolean> => (await ledger.beacon(netuid, epoch)) !== undefined
  if (await unlessDone(() => writer.drawBeacon(netuid, epoch), isDrawn)) onEvent?.({ kind: 'beacon', epoch })
  return ledger.beacon(netuid, epoch)
}

function commitmentOf<task, response, ports>(
  { ledger, netuid, writer }: ValidatorOptions<task, response, ports>,
  epoch: number,
  { packedRow, salt }: Assessment,
) {
  const { chainId, weightsContract } = ledger.domain
  return weightsCommitment({ chainId, weightsContract, netuid, epoch, hotkey: writer.hotkey, packedRow, salt })
}
