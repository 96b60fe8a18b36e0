import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Address, type Hex, KoinonError } from '@koinon/base'
import { type DurableStore, sendError, sendJson } from '@koinon/base/node'
import type { Verdict } from '../../rules/job.ts'
import { type VerdictVote, voteToJson } from './verdict-votes.ts'

/** Tables of a validator's verdicts about jobs, for its store. */
export const verdictSchema = `
create table if not exists job_verdicts (
  evaluator text not null, job_id text not null, round integer not null, deliverable text not null,
  accepted integer not null, reason text not null, signature text not null,
  primary key (evaluator, job_id, round)
) strict, without rowid;
`

/** An answer is another as soon as there is a vote. */
const unkept = { 'cache-control': 'no-store' }
const path = /^\/v1\/verdicts\/(0x[0-9a-f]{40})\/([1-9]\d{0,30})\/([01])$/

/**
 * What this validator signed about jobs. One verdict a job and round, on disk before anybody sees it: neither a crash nor a provider that
 * serves something else the second time makes it sign two.
 */
export class VerdictBook {
  readonly #store: DurableStore
  readonly #votes = new Map<string, VerdictVote>()

  constructor(store: DurableStore) {
    this.#store = store
  }

  /** Reads what was signed before; once, before anything else. */
  async start(): Promise<void> {
    for (const row of await this.#store.read('select * from job_verdicts', [])) {
      const jobId = BigInt(String(row['job_id']))
      const round = Number(row['round']) === 0 ? 0 : 1
      const verdict: Verdict = {
        ...{ jobId, round, deliverable: String(row['deliverable']) as Hex, reason: String(row['reason']) as Hex },
        accepted: Number(row['accepted']) === 1,
      }
      const signature = String(row['signature']) as Hex
      this.#votes.set(keyOf(String(row['evaluator']), jobId, round), { verdict, signature })
    }
  }

  find(evaluator: Address, jobId: bigint, round: 0 | 1): VerdictVote | undefined {
    return this.#votes.get(keyOf(evaluator, jobId, round))
  }

  /** The vote that counts from now on: this one, or the one that was there. */
  async keep(evaluator: Address, { verdict, signature }: VerdictVote): Promise<VerdictVote> {
    const { jobId, round, deliverable, accepted, reason } = verdict
    const known = this.find(evaluator, jobId, round)
    if (known !== undefined) return known
    const values = [evaluator, `${jobId}`, round, deliverable, accepted ? 1 : 0, reason, signature]
    await this.#store.write([{ sql: 'insert into job_verdicts values (?, ?, ?, ?, ?, ?, ?)', values }])
    this.#votes.set(keyOf(evaluator, jobId, round), { verdict, signature })
    return { verdict, signature }
  }

  /** `GET /v1/verdicts/EVALUATOR/JOB/ROUND`: this validator's vote, 404 where it has none, 405 to other methods. False for other paths. */
  serve(request: Pick<IncomingMessage, 'url' | 'method'>, response: ServerResponse): boolean {
    const found = path.exec((request.url ?? '').split('?')[0] as string)
    if (found === null) return false
    const [, evaluator, jobId, round] = found as unknown as [string, string, string, string]
    const vote = this.#votes.get(keyOf(evaluator, BigInt(jobId), round === '0' ? 0 : 1))
    if (request.method !== 'GET') sendError(response, notGet(request.method))
    else if (vote === undefined) sendError(response, noVerdict(jobId), 404, unkept)
    else sendJson(response, 200, voteToJson(vote), unkept)
    return true
  }
}

function keyOf(evaluator: string, jobId: bigint, round: 0 | 1): string {
  return `${evaluator} ${jobId} ${round}`
}

function noVerdict(jobId: string): KoinonError {
  const message = `This validator has signed no verdict about job ${jobId} in that round`
  return new KoinonError({ code: 'agents/no-verdict', message, details: { status: 404 } })
}

function notGet(method: string | undefined): KoinonError {
  const message = `Verdicts are read with GET, not ${method}`
  return new KoinonError({ code: 'http/method-not-allowed', message, details: { status: 405 } })
}
