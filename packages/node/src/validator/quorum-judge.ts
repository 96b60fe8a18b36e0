/** What a validator's role does about jobs that name its subnet's quorum as evaluator (specs/0024-jobs.md section 4.1). */
import { fetchDocument, findAgentOf, type JobRecord, resolveAgent } from '@koinon/agents/client'
import { contentIdOfHash, jobCheckers, maximumContentBytes } from '@koinon/agents/rules'
import { JobJudge, VerdictBook } from '@koinon/agents/verifier'
import { bytesToHex, KoinonError, sha256, systemClock } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import type { SubnetLedger } from '@koinon/subnets'
import type { Logger } from 'pino'
import { readDocument } from '../home/documents.ts'
import { isOneMachine } from '../home/one-machine.ts'
import type { RoleLedger } from '../roles/role-tools.ts'

export type QuorumJudge = {
  /** Shows this validator's votes; false for other paths. */
  readonly serve: VerdictBook['serve']
  start(): void
  stop(): Promise<void>
}

export type QuorumJudgeOptions = {
  readonly role: RoleLedger
  readonly ledger: Pick<SubnetLedger, 'endpoints' | 'permittedAt' | 'nowSeconds'>
  readonly netuid: number
  /** Opened with `verdictSchema` among its tables. */
  readonly store: DurableStore
  readonly log: Logger
}

const voteBytes = 4_096
const voteTimeoutMs = 5_000
const mostPlaces = 4
/** For one deliverable in all, wherever it is looked for: strangers name the places. */
const findTimeoutMs = 10_000

/** Judges nothing on networks without jobs, nor where gas costs money: nobody pays validators for it (section 8). */
export async function openQuorumJudge(options: QuorumJudgeOptions): Promise<QuorumJudge> {
  const { role, ledger, netuid, store, log } = options
  const { network, key } = role
  const book = new VerdictBook(store)
  await book.start()
  const isOn = network.chainKind === 'embedded' && network.contracts.jobEvaluators !== undefined
  const bounds = { allowPrivate: isOneMachine(network) }
  const judge = new JobJudge({
    account: { ...role, secretKey: key.secretKey },
    ...{ netuid, book, checkers: jobCheckers, clock: systemClock },
    fetchDeliverable: (job) => findDeliverable(role, job, bounds),
    peers: async () => {
      const [endpoints, permitted] = await Promise.all([
        ledger.endpoints(netuid),
        ledger.permittedAt(netuid, (await ledger.nowSeconds()) - 1),
      ])
      const hotkeys = new Set(permitted.map(({ hotkey }) => hotkey))
      return endpoints
        .filter(({ hotkey, endpoint }) => hotkey !== key.address && hotkeys.has(hotkey) && endpoint !== '')
        .map(({ endpoint }) => endpoint)
    },
    fetchVote: async (url) => {
      const answer = await fetchDocument(url, { ...bounds, maximumBytes: voteBytes, timeoutMs: voteTimeoutMs })
      if (answer.status === 200) return answer.body
      throw new KoinonError({ code: 'agents/unreachable', message: `${url} answers ${answer.status}`, retry: 'later' })
    },
    onEvent: (event) => {
      const { kind, ...facts } = event
      const words = 'jobId' in facts ? { ...facts, jobId: `${facts.jobId}` } : facts
      if (kind === 'failed' || kind === 'contradicts') log.warn(words, `judging jobs: ${kind}`)
      else log.info(words, `judging jobs: ${kind}`)
    },
  })
  return {
    serve: (request, response) => book.serve(request, response),
    start: () => {
      if (isOn) judge.start()
    },
    stop: () => judge.stop(),
  }
}

/** From this home, or from where the provider's registration file says that it is: its documents have their SHA-256 as their name. */
async function findDeliverable(
  role: RoleLedger,
  { provider, deliverable }: JobRecord,
  { allowPrivate }: { readonly allowPrivate: boolean },
): Promise<Uint8Array> {
  const cid = contentIdOfHash(deliverable)
  const own = readDocument(role.home, cid)
  if (own !== undefined) return own
  const agentId = await findAgentOf(role, provider)
  const bounds = { allowPrivate, signal: AbortSignal.timeout(findTimeoutMs) }
  const resolved = agentId === undefined ? undefined : await resolveAgent(role, agentId, bounds)
  const places = [resolved?.record.uri ?? '', ...(resolved?.file?.services.map(({ endpoint }) => endpoint) ?? [])]
  const origins = new Set(
    places.filter((url) => /^https?:/.test(url) && URL.canParse(url)).map((url) => new URL(url).origin),
  )
  for (const origin of [...origins].slice(0, mostPlaces)) {
    for (const path of [`/ipfs/${cid}`, `/deliverables/${deliverable}`]) {
      const answer = await fetchDocument(`${origin}${path}`, { ...bounds, maximumBytes: maximumContentBytes }).catch(
        () => undefined,
      )
      if (answer?.status === 200 && bytesToHex(sha256(answer.body)) === deliverable) return answer.body
    }
  }
  throw new KoinonError({
    code: 'agents/deliverable-unreachable',
    message: `Nobody serves the deliverable ${deliverable}`,
    hint: 'The provider has to serve it under its content hash while it is judged.',
    retry: 'later',
  })
}
