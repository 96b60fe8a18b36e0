/** Showing the ledger that a result is wrong. */
import { isKoinonError, type KoinonError } from '@koinon/base'
import { type SubmittedRoot, type SubnetLedger, type SubnetLedgerWriter, unlessDone } from '../client/index.ts'
import type { Disputable, SpecParts } from '../rules/index.ts'
import { isRefusal } from './refusal.ts'

/** Where the server of the ledger answers nothing, the next look asks it again. */
const mostUnanswered = 8

type Discloser = {
  readonly ledger: Pick<SubnetLedger, 'isDisabled'>
  readonly writer: Pick<SubnetLedgerWriter, 'dispute'>
}

/**
 * `shown`: the number that the ledger took, undefined when none; `isOwn`: this account's transaction showed it, nobody else's before it.
 * `refused`: in words, what the ledger said to those that were tried before.
 */
export type Shown = {
  readonly shown: Disputable | undefined
  readonly isOwn: boolean
  readonly refused: readonly string[]
}

/**
 * Disputes the first of these numbers that the ledger accepts. Each is simulated before anything is sent, so what it refuses costs nothing;
 * whoever made up the result cannot hide a number behind another one that is refused. Throws what is no refusal.
 */
export async function showWrong(
  { ledger, writer }: Discloser,
  root: SubmittedRoot,
  spec: SpecParts,
  wrong: readonly Disputable[],
): Promise<Shown> {
  const refused: string[] = []
  const isOverturned = (): Promise<boolean> => ledger.isDisabled(root.resultHash)
  let unanswered = 0
  for (const shown of wrong) {
    try {
      const isOwn = await unlessDone(() => writer.dispute(root, spec, shown.dispute()), isOverturned)
      return { shown, isOwn, refused }
    } catch (error) {
      if (!isRefusal(error)) throw error
      refused.push(`${nameOf(shown)}: ${reasonOf(error)}`)
      if (isKoinonError(error) && error.code === 'ledger/rpc-failed' && ++unanswered === mostUnanswered) break
    }
  }
  return { shown: undefined, isOwn: false, refused }
}

export function nameOf({ kind, place }: Disputable): string {
  return kind === 'total' ? kind : `${kind} ${place}`
}

function reasonOf(error: unknown): string {
  const { details, message } = error as KoinonError
  return typeof details?.['reason'] === 'string' ? details['reason'] : message
}
