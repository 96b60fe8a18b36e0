import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Address, Hex } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import type { Verdict } from '../../rules/job.ts'

/** Tables of a validator's verdicts about jobs, for its store. */
export const verdictSchema = `
create table if not exists job_verdicts (
  evaluator text not null, job_id text not null, round integer not null, deliverable text not null,
  accepted integer not null, reason text not null, signature text not null,
  primary key (evaluator, job_id, round)
) strict, without rowid;
`

/** A verdict with one signature; whose it is follows from it. */
export type VerdictVote = { readonly verdict: Verdict; readonly signature: Hex }

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

  /** `GET /v1/verdicts/EVALUATOR/JOB/ROUND`: this validator's vote, 404 where it has none. False for other paths. */
  serve(request: Pick<IncomingMessage, 'url'>, response: ServerResponse): boolean {
    const found = path.exec((request.url ?? '').split('?')[0] as string)
    if (found === null) return false
    const [, evaluator, jobId, round] = found as unknown as [string, string, string, string]
    const vote = this.#votes.get(keyOf(evaluator, BigInt(jobId), round === '0' ? 0 : 1))
    const body = JSON.stringify(vote === undefined ? { error: { code: 'agents/no-verdict' } } : voteToJson(vote))
    response.writeHead(vote === undefined ? 404 : 200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    response.end(body)
    return true
  }
}

/** Where a validator at `url` shows its vote. */
export function verdictUrl(url: string, evaluator: Address, jobId: bigint, round: 0 | 1): string {
  return `${url.replace(/\/$/, '')}/v1/verdicts/${evaluator}/${jobId}/${round}`
}

/** A stranger's vote about one job and round; undefined for anything else. Its signature is the caller's to check. */
export function parseVote(body: Uint8Array, jobId: bigint, round: 0 | 1): VerdictVote | undefined {
  try {
    const json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as Readonly<Record<string, unknown>>
    const { deliverable, accepted, reason, signature } = json
    const isWord = (value: unknown): value is Hex => typeof value === 'string' && /^0x[0-9a-f]{64}$/.test(value)
    const isSignature = typeof signature === 'string' && /^0x[0-9a-f]{130}$/.test(signature)
    const isOfJob = json['jobId'] === `${jobId}` && json['round'] === round
    if (!isOfJob || !isWord(deliverable) || !isWord(reason) || typeof accepted !== 'boolean' || !isSignature)
      return undefined
    return { verdict: { jobId, round, deliverable, accepted, reason }, signature: signature as Hex }
  } catch {
    return undefined
  }
}

function voteToJson({ verdict: { jobId, round, deliverable, accepted, reason }, signature }: VerdictVote) {
  return { v: 1, jobId: `${jobId}`, round, deliverable, accepted, reason, signature }
}

function keyOf(evaluator: string, jobId: bigint, round: 0 | 1): string {
  return `${evaluator} ${jobId} ${round}`
}
