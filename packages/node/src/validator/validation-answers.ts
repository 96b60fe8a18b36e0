/** A validator's answers to validation requests of agents (specs/0023-identity-and-reputation.md section 7). */
import { fetchDocument } from '@koinon/agents/client'
import { contentIdOf, isContentOf, maximumContentBytes } from '@koinon/agents/rules'
import { ValidationResponder } from '@koinon/agents/verifier'
import { errorToJson, isKoinonError, KoinonError, sleep } from '@koinon/base'
import { verifySessionNative } from '@koinon/base/node'
import type { InferenceEngine } from '@koinon/inference/provider/engine'
import { parseAnswerEvidence, verifyAnswer } from '@koinon/inference/verifier'
import { parseBundle, type Verdict } from '@koinon/work'
import type { Logger } from 'pino'
import { readDocument, saveDocument } from '../home/documents.ts'
import { isOneMachine } from '../home/one-machine.ts'
import type { RoleLedger } from '../roles/role-tools.ts'

export type ValidationAnswersOptions = {
  readonly role: RoleLedger
  readonly engine: InferenceEngine
  readonly log: Logger
}

const pollMs = 30_000
/** Anybody may ask, and a replay takes the engine from the subnet's work. */
const mostPerLook = 4

/** Answers where gas is free alone: nobody pays for an answer. */
export function openValidationAnswers(options: ValidationAnswersOptions) {
  const { role, log } = options
  const stopping = new AbortController()
  const responder = new ValidationResponder({
    account: role,
    judges: { receipt: (request) => judgeReceipt(options, request, stopping.signal) },
    fetch: (uri) => fetchRequest(role, uri),
    publish: (document) => saveDocument(role.home, document),
    mostPerLook,
  })
  let loop: Promise<void> = Promise.resolve()
  return {
    start: (): void => {
      if (role.network.chainKind !== 'embedded') return
      loop = (async () => {
        while (!stopping.signal.aborted) {
          const outcomes = await responder.look().catch((error: unknown) => {
            log.warn({ error: errorToJson(error) }, 'could not answer validation requests; trying again')
            return []
          })
          for (const outcome of outcomes) log.info(outcome, 'looked at a validation request')
          await sleep(pollMs, stopping.signal)
        }
      })()
    },
    stop: async (): Promise<void> => {
      stopping.abort()
      await loop
    },
  }
}

/** {bundle, evidence?}: all checks up to the bit-exact replay; without evidence, those of the receipts alone. */
async function judgeReceipt(
  { role, engine }: ValidationAnswersOptions,
  { bundle, evidence }: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<Verdict | undefined> {
  const { chainId } = role.network
  try {
    const receipt = {
      ...{ bundle: parseBundle(bundle), chainId, verifySession: verifySessionNative, engine, signal },
      evidence: evidence === undefined || evidence === null ? undefined : parseAnswerEvidence(evidence),
    }
    return { checks: await verifyAnswer(receipt, 'L2') }
  } catch (error) {
    if (isKoinonError(error) && error.retry !== 'later') return undefined
    throw error
  }
}

/** From this home where it is there, else from where the URI says. */
async function fetchRequest(role: RoleLedger, uri: string): Promise<Uint8Array> {
  const cid = contentIdOf(uri)
  const own = cid === undefined ? undefined : readDocument(role.home, cid)
  if (own !== undefined) return own
  const allowPrivate = isOneMachine(role.network)
  const answer = await fetchDocument(uri, { maximumBytes: maximumContentBytes, allowPrivate })
  if (answer.status === 200 && (cid === undefined || isContentOf(cid, answer.body) === true)) return answer.body
  throw new KoinonError({
    code: 'agents/unreachable',
    message: `The document answers ${answer.status}`,
    retry: 'later',
  })
}
