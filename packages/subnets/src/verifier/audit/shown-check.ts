/** Logs of one epoch against each other: what one validator calls withheld another may have judged (specs/0019-audit.md section 2). */
import type { Address, Hex } from '@koinon/base'
import type { Tally } from '@koinon/ledger/audit'
import type { EvidenceLog } from '../../rules/index.ts'
import { answerState, type UnjudgedAnswers, unjudgedAnswers, unjudgedWords } from '../../rules/subnet-file/unjudged.ts'

/** A validator's log of a subnet file, and of which answers it publishes texts that have their hashes. */
export type ShownLog = {
  readonly validator: Address
  readonly log: Pick<EvidenceLog, 'miners' | 'tasks'>
  readonly published: ReadonlySet<Hex>
}

/**
 * Answers that a log leaves without a verdict are open, whatever it says of them. Where it calls them withheld and another validator
 * judged them and publishes their texts, these validators contradict each other, or that one waited in vain, as its words tell; neither
 * is a difference, because any miner can bring it about by showing answers to some only.
 */
export function compareShown(
  tally: Tally,
  { netuid, epoch }: { readonly netuid: number; readonly epoch: number },
  logs: readonly ShownLog[],
): void {
  for (const { validator, log } of logs) {
    const subject = { netuid, epoch, account: validator }
    const others = logs.filter((other) => other.validator !== validator)
    for (const unjudged of unjudgedAnswers(log.miners, log.tasks?.taskHashes.length ?? 0)) {
      const what = `answers of uid ${unjudged.uid} that it did not judge`
      const words = unjudgedWords(unjudged)
      const against = others.filter((other) => hasJudged(other, unjudged))
      const names = against.map((other) => other.validator).join(', ')
      if (unjudged.withheld > 0 && against.length > 0) {
        const doubt = `in doubt are this validator and, if not all could reach it, uid ${unjudged.uid}`
        tally.disagreement(subject, what, `${words}; judged by ${names}, with the texts published; ${doubt}`, {
          kind: unjudged.isLate ? 'noAnswer' : 'contradiction',
          validators: against.map((other) => other.validator),
          uid: unjudged.uid,
          answers: unjudged.withheld,
          reason: unjudged.reason,
        })
      } else if (against.length > 0) {
        tally.open(subject, what, `${words}; judged by ${names}`)
      } else {
        const also =
          others.length === 0 ? 'no other log of the epoch is at hand' : `not judged in ${others.length} other logs`
        tally.open(subject, what, `only its word: ${words}; ${also}`)
      }
    }
  }
}

function hasJudged({ log, published }: ShownLog, { hotkey, hashes }: UnjudgedAnswers): boolean {
  const work = log.miners.find((miner) => miner.hotkey === hotkey)?.work ?? []
  return work.some(
    (item) =>
      answerState(item) === 'judged' &&
      published.has(item.receiptHash) &&
      (hashes === undefined || hashes.includes(item.receiptHash)),
  )
}
