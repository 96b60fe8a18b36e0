/** Looking at what others signed: shows wrong numbers to the ledger, and objects to what it cannot check. */
import { type Address, bytesToHex, type Hex, zeroHash } from '@koinon/base'
import { type SubmittedRoot, unlessDone } from '../client/index.ts'
import { columnRuleOf } from '../rules/column-rules.ts'
import {
  type EpochComputation,
  epochWindow,
  findDisputes,
  objectionDigest,
  resultDigest,
  totalsOf,
} from '../rules/index.ts'
import { stakeMedian } from '../rules/stake-median.ts'
import { wrongNumbers } from '../rules/wrong-numbers.ts'
import type { EpochHistory } from './epoch-history.ts'
import type { EpochStep } from './epoch-step.ts'
import type { ValidatorOptions } from './ports.ts'
import { punishSigners } from './punish.ts'
import { asSignature, collect, type Permitted, stakeOf, totalOf } from './result-step.ts'
import { nameOf, showWrong } from './show-wrong.ts'

/**
 * While a root is pending: compares it with our own computation. The first wrong number that the ledger accepts is disputed, by any
 * validator with or without a permit, and its signers are slashed; when it accepts none, those with a permit object. It may be of an epoch
 * in which another file was in force: then what every file leads to is checked, and shares too where this validator once ran that file. A
 * result that bears this validator's own signature is left to others to dispute: it objects and signs no more, because a fault of its own
 * led there.
 */
export async function disputeStep<task, response, ports>(
  step: EpochStep<task, response, ports>,
  history: EpochHistory,
): Promise<void> {
  const { options, nowSeconds } = step
  const { ledger, netuid, subnet } = options
  const roots = await ledger.roots(netuid)
  const pending = roots.at(-1)
  if (pending === undefined || pending.activatesAtSeconds <= nowSeconds || history.agreed.has(pending.resultHash))
    return
  const { writer, sourceHash, store, onEvent } = options
  const isOwnFile = pending.result.specHash === options.specHash
  const spec = isOwnFile ? subnet.specParts(sourceHash) : await store.spec(netuid, pending.result.specHash)
  const base = await history.baseOf(pending)
  const own = isOwnFile
    ? await compute(history, pending, base)
    : await computeForeign(history, pending, base, spec?.aggregator)
  if (bytesToHex(resultDigest(ledger.domain, own.result)) === pending.resultHash) {
    history.agreed.add(pending.resultHash)
    return
  }
  const posted = { posting: pending.posting, totals: totalsOf(pending.result) }
  const wrong = findDisputes(own, posted, spec?.aggregator ?? zeroHash)
  if (wrong.length === 0 && !isOwnFile) {
    // Whether the rest is right this file cannot say.
    history.agreed.add(pending.resultHash)
    return
  }
  if (pending.signedBy.includes(writer.hotkey)) {
    stopSigning(step, pending, wrong[0]?.kind ?? 'record or carry')
    return objectTo(step, pending)
  }
  // Where the file is unknown the numbers are those for which the ledger asks for none.
  const { shown, isOwn, refused } = await showWrong(options, pending, spec ?? subnet.specParts(sourceHash), wrong)
  const { epoch, resultHash } = pending
  if (shown === undefined || refused.length > 0) {
    const names = isOwnFile ? wrongNumbers(own, pending) : wrong.map(nameOf)
    onEvent?.({ kind: 'notShown', epoch, resultHash, wrong: names, refused, shown: shown?.kind ?? 'nothing' })
  }
  if (shown === undefined) return objectTo(step, pending)
  if (!isOwn) return
  onEvent?.({ kind: 'disputed', epoch, what: shown.kind })
  // A reader that is behind does not know of it yet: then it is left to `punishStep`.
  const offence = (await ledger.offences(netuid)).find((item) => item.resultHash === resultHash)
  if (offence !== undefined && (await punishSigners(options, offence))) onEvent?.({ kind: 'punished', epoch })
}

/**
 * Slashes those who signed what was shown to be wrong, when whoever showed it does not come to it: it has one activation delay to itself,
 * and is paid whoever calls. An offence that cannot be punished is reported and stops no other.
 */
export async function punishStep<task, response, ports>({
  options,
  nowSeconds,
}: EpochStep<task, response, ports>): Promise<void> {
  const { ledger, netuid, onEvent } = options
  const { activationDelaySeconds } = await ledger.clock(netuid)
  for (const offence of await ledger.offences(netuid)) {
    if (nowSeconds < offence.overturnedAtSeconds + activationDelaySeconds) continue
    try {
      if (await punishSigners(options, offence)) onEvent?.({ kind: 'punished', epoch: offence.epoch })
    } catch (error) {
      onEvent?.({ kind: 'problem', step: 'punish', error })
    }
  }
}

function compute(
  history: EpochHistory,
  pending: SubmittedRoot,
  before: SubmittedRoot | undefined,
): Promise<EpochComputation> {
  const previous = before === undefined ? Promise.resolve(undefined) : history.resultBehind(before)
  return previous.then((result) => history.compute(pending.epoch, result))
}

/**
 * Of an epoch of another file, as the aggregator divides that it names, if the ledger can check that one: what it looks at does not follow
 * from the carry, which only those who run the file have. Else as `stakeMedian` does: stakes, ages and amounts follow from inputs and
 * posted shares whatever divided them.
 */
function computeForeign(
  history: EpochHistory,
  { epoch }: SubmittedRoot,
  before: SubmittedRoot | undefined,
  aggregatorSpecHash: Hex = zeroHash,
): Promise<EpochComputation> {
  const previous =
    before === undefined
      ? undefined
      : {
          epoch: before.epoch,
          resultHash: before.resultHash,
          words: before.posting,
          totals: totalsOf(before.result),
          carry: '0x' as const,
        }
  return history.compute(epoch, previous, columnRuleOf(aggregatorSpecHash)?.aggregator ?? stakeMedian)
}

function stopSigning<task, response, ports>(
  { options, epoch }: EpochStep<task, response, ports>,
  { epoch: signedEpoch, resultHash }: SubmittedRoot,
  what: string,
): void {
  const { signingStop, netuid, onEvent } = options
  if (signingStop.read() !== undefined) return
  const why = { netuid, epoch: signedEpoch, resultHash, what }
  signingStop.stop(why)
  onEvent?.({ kind: 'signingStopped', epoch, why, path: signingStop.path })
}

async function objectTo<task, response, ports>(
  step: EpochStep<task, response, ports>,
  pending: SubmittedRoot,
): Promise<void> {
  const { options } = step
  const { ledger, netuid, account, store, writer, onEvent } = options
  const permitted = await permittedOf(options, pending.epoch)
  if (!permitted.some(({ hotkey }) => hotkey === account.address)) return
  const digest = objectionDigest(ledger.domain, netuid, pending.epoch, pending.resultHash)
  const signature = await account.signDigest(digest)
  await store.saveObjection(netuid, pending.epoch, { resultHash: pending.resultHash, signature })
  const read = (json: unknown): Hex | undefined => readObjection(json, pending.resultHash)
  const own: { readonly hotkey: Address; readonly signature: Hex } = { hotkey: account.address, signature }
  const signatures = await collect({ ...step, epoch: pending.epoch }, permitted, digest, own, read)
  if (stakeOf(permitted, signatures) * 3n <= totalOf(permitted)) return
  const isDisabled = (): Promise<boolean> => ledger.isDisabled(pending.resultHash)
  const object = () =>
    writer.objectRoot(
      netuid,
      pending.epoch,
      pending.resultHash,
      signatures.map((item) => item.signature),
    )
  if (await unlessDone(object, isDisabled)) onEvent?.({ kind: 'objected', epoch: pending.epoch })
}

async function permittedOf<task, response, ports>(
  { ledger, netuid }: ValidatorOptions<task, response, ports>,
  epoch: number,
): Promise<Permitted> {
  return ledger.permittedAt(netuid, epochWindow(await ledger.clock(netuid), epoch).startsAtSeconds)
}

function readObjection(json: unknown, resultHash: Hex): Hex | undefined {
  const { objections } = (json ?? {}) as { objections?: unknown }
  if (!Array.isArray(objections)) return undefined
  const found = objections.find((item: { resultHash?: unknown } | null) => item?.resultHash === resultHash)
  return asSignature((found as { signature?: unknown } | undefined)?.signature)
}
