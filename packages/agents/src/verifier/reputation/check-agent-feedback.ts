import { isKoinonError, type VerifySession } from '@koinon/base'
import type { LedgerView } from '@koinon/ledger'
import { readAgent } from '../../client/identity/agent-registry.ts'
import { fetchDocument } from '../../client/identity/fetch-document.ts'
import type { ResolveOptions } from '../../client/identity/resolve-agent.ts'
import { type LedgerFeedback, readFeedback } from '../../client/reputation/read-feedback.ts'
import { readSettledMoney } from '../../client/reputation/settled-money.ts'
import { contentIdOf } from '../../rules/identity/content-uri.ts'
import { maximumFeedbackBytes } from '../../rules/reputation/feedback-file.ts'
import { type CheckedFeedback, checkFeedback } from './check-feedback.ts'

export type CheckedAgentFeedback = CheckedFeedback & { readonly feedback: LedgerFeedback }

/** Feedback whose files are fetched at once. */
const filesPerTurn = 16

/** Fetches the file of each feedback about an agent and checks it. Throws `agents/no-agent`; a file that nobody gives is notChecked. */
export async function checkAgentFeedback(
  view: LedgerView,
  agentId: bigint,
  options: ResolveOptions & { readonly verifySession: VerifySession },
): Promise<readonly CheckedAgentFeedback[]> {
  const [agent, all] = await Promise.all([readAgent(view, agentId), readFeedback(view, agentId)])
  const { owner, wallet } = agent
  const money = await readSettledMoney(view, wallet === undefined ? [] : [{ agentId: `${agentId}`, owner, wallet }])
  const checked: CheckedAgentFeedback[] = []
  for (let first = 0; first < all.length; first += filesPerTurn) {
    const turn = all.slice(first, first + filesPerTurn).map(async (feedback) => {
      const file = await fetchFile(feedback.uri, options)
      return { feedback, ...checkFeedback({ feedback, agent, file, money, verifySession: options.verifySession }) }
    })
    checked.push(...(await Promise.all(turn)))
  }
  return checked
}

/** The file's bytes; the hash on the ledger says whether they are right, whoever gave them. */
async function fetchFile(uri: string, options: ResolveOptions): Promise<Uint8Array | undefined> {
  const cid = contentIdOf(uri)
  const urls = cid === undefined ? [uri] : (options.contentGateways ?? []).map((gateway) => `${gateway}/ipfs/${cid}`)
  for (const url of urls) {
    try {
      const { status, body } = await fetchDocument(url, { ...options, maximumBytes: maximumFeedbackBytes })
      if (status === 200) return body
    } catch (error) {
      if (!isKoinonError(error)) throw error
    }
  }
  return undefined
}
