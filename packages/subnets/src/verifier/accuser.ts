import type { Address } from '@koinon/base'
import type { SignedResult, SubmittedRoot } from '../client/index.ts'
import { whyNot } from './accuse.ts'
import type { EpochStep } from './epoch-step.ts'
import { isRefusal } from './refusal.ts'
import type { SeenResult } from './validator-store.ts'

/** Epochs whose results are compared at every look; older ones once, at the first. */
const comparedEpochs = 4
/** Looks at what the others give out in each root phase, beside those of collecting signatures. */
const looksPerEpoch = 8

/**
 * Watches for who signs two results of one epoch and has it slashed: compares what each validator gave out (`Witness`) with what else it
 * gave out and with what it signed on the ledger. Whoever comes first is paid by the ledger; a second accusation costs nothing, because it
 * is refused before it is sent.
 */
export class Accuser {
  #isFirst = true
  #askedAtSeconds = Number.NEGATIVE_INFINITY
  #asking: Promise<unknown> | undefined
  /** `epoch/signer` that are punished, or cannot be. */
  readonly #settled = new Set<string>()

  async look<task, response, ports>(step: EpochStep<task, response, ports>): Promise<void> {
    const { options, epoch } = step
    const { netuid, ledger, store, writer, onEvent } = options
    await this.#askPeers(step)
    const seen = await store.signedResults(netuid, this.#isFirst ? 0 : Math.max(0, epoch - comparedEpochs))
    const roots = seen.length === 0 ? [] : await ledger.roots(netuid)
    for (const [key, results] of bySigner(seen)) {
      if (this.#settled.has(key) || results[0]?.signer === writer.hotkey) continue
      const pair = await this.#pairOf(step, results, roots)
      if (pair === undefined) continue
      const { signer, epoch: offence } = results[0] as SeenResult
      try {
        await writer.punishTwofold(...pair)
        onEvent?.({ kind: 'accused', epoch: offence, signer })
        this.#settled.add(key)
      } catch (error) {
        const why = whyNot(error)
        if (why !== undefined || isRefusal(error)) this.#settled.add(key)
        if (why === undefined) onEvent?.({ kind: 'problem', step: 'accuse', error })
      }
    }
    this.#isFirst = false
  }

  /** Ends after the answers under way. */
  async settle(): Promise<void> {
    await this.#asking
  }

  /** Two results that the ledger slashes for; undefined when all that stand are one. */
  async #pairOf<task, response, ports>(
    { options }: EpochStep<task, response, ports>,
    seen: readonly SeenResult[],
    roots: readonly SubmittedRoot[],
  ): Promise<readonly [SignedResult, SignedResult] | undefined> {
    const { ledger, netuid } = options
    const { epoch, signer } = seen[0] as SeenResult
    const root = roots.find((one) => one.epoch === epoch && one.signedBy.includes(signer))
    const isOnLedgerToo = root !== undefined && seen.some(({ resultHash }) => resultHash !== root.resultHash)
    if (seen.length < 2 && !isOnLedgerToo) return undefined
    const standing: SeenResult[] = []
    for (const one of seen) if (!(await ledger.isDisabled(one.resultHash))) standing.push(one)
    const [first, second] = standing
    if (first === undefined) return undefined
    if (second !== undefined) return [first, second]
    if (root === undefined || root.resultHash === first.resultHash) return undefined
    const signature = (await ledger.submittedSignatures(netuid, root.resultHash)).get(signer)
    return signature === undefined ? undefined : [first, { result: root.result, signature }]
  }

  /** What they give out now; the port keeps it. A root that stands ends collecting, not this. */
  async #askPeers<task, response, ports>({
    options,
    epoch,
    window,
    nowSeconds,
    signal,
  }: EpochStep<task, response, ports>): Promise<void> {
    const { ledger, netuid, attestations, writer } = options
    const pauseSeconds = (window.endsAtSeconds - window.startsAtSeconds) / looksPerEpoch
    if (this.#asking !== undefined || nowSeconds < window.revealEndsAtSeconds) return
    if (nowSeconds < this.#askedAtSeconds + pauseSeconds) return
    this.#askedAtSeconds = nowSeconds
    const permitted = new Set((await ledger.permittedAt(netuid, window.startsAtSeconds)).map(({ hotkey }) => hotkey))
    const peers = (await ledger.endpoints(netuid)).filter(
      ({ hotkey, endpoint }) => hotkey !== writer.hotkey && endpoint !== '' && permitted.has(hotkey),
    )
    // Where blocks settle late, results of the epoch before are signed now.
    const epochs = [epoch, epoch - 1].filter((one) => one >= 0)
    // Beside the loop: who does not answer holds up nobody's signature.
    this.#asking = Promise.allSettled(
      peers.flatMap((peer) => epochs.map((one) => attestations(peer, netuid, one, signal))),
    ).finally(() => {
      this.#asking = undefined
    })
  }
}

function bySigner(seen: readonly SeenResult[]): ReadonlyMap<string, readonly SeenResult[]> {
  const found = new Map<string, SeenResult[]>()
  for (const one of seen) {
    const key = `${one.epoch}/${one.signer satisfies Address}`
    found.set(key, [...(found.get(key) ?? []), one])
  }
  return found
}
