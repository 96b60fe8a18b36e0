import { isKoinonError, KoinonError, sleep } from '@koinon/base'

const patienceMs = 30_000
const pauseMs = 250

/**
 * Does something once. `look` says whether it is done and is asked first, after a refusal (an earlier copy may have been mined), and after
 * an unknown outcome until it is known: nothing is sent a second time. Throws what was refused,
 * `agents/unknown-outcome`, and `agents/no-effect` for what was mined and changed nothing.
 */
export async function findOut<value>(
  what: string,
  send: () => Promise<unknown>,
  look: () => Promise<value | undefined>,
): Promise<value> {
  const before = await look()
  if (before !== undefined) return before
  try {
    await send()
  } catch (error) {
    const isUnknown = !isKoinonError(error) || error.retry === 'unknown'
    const found = await lookAgain(look, isUnknown ? patienceMs : 0)
    if (found !== undefined) return found
    throw isUnknown ? unknownOutcome(what, error) : error
  }
  const after = await lookAgain(look, patienceMs)
  if (after !== undefined) return after
  throw noEffect(what)
}

async function lookAgain<value>(look: () => Promise<value | undefined>, forMs: number): Promise<value | undefined> {
  const untilMs = performance.now() + forMs
  for (;;) {
    const found = await look().catch(() => undefined)
    if (found !== undefined || performance.now() >= untilMs) return found
    await sleep(pauseMs)
  }
}

function unknownOutcome(what: string, cause: unknown): KoinonError {
  return new KoinonError({
    code: 'agents/unknown-outcome',
    message: `The ledger did not say what became of this: ${what}`,
    hint: 'Look again later with koinon job list; doing the same again finds out first and sends nothing twice.',
    retry: 'unknown',
    cause,
  })
}

function noEffect(what: string): KoinonError {
  return new KoinonError({
    code: 'agents/no-effect',
    message: `The transaction was mined and changed nothing: ${what}`,
    hint: 'Nothing answered at the address it went to, or the node that is asked is behind. Look again with koinon job list; doing the same again finds out first and sends nothing twice.',
    retry: 'unknown',
  })
}
