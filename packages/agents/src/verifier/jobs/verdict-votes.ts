import { type Address, bytesToHex, type Hex, recoverAddress } from '@koinon/base'
import type { JobAccount } from '../../client/jobs/job-ledger.ts'
import { type Verdict, verdictDigest } from '../../rules/job.ts'

/** A verdict with one signature; whose it is follows from it. */
export type VerdictVote = { readonly verdict: Verdict; readonly signature: Hex }

/** A vote of another validator; whether its signer has any stake is not looked at. */
export type GatheredVote = {
  readonly signer: Address
  readonly signature: Hex
  /** Whether it says the same as the own one. */
  readonly isSame: boolean
}

export type VoteSource = {
  readonly account: Pick<JobAccount, 'network'>
  /** Where the other validators of the subnet are. */
  readonly peers: () => Promise<readonly string[]>
  /** A GET of at most 4 kB within some seconds; throws otherwise. */
  readonly fetchVote: (url: string) => Promise<Uint8Array>
}

const mostPeers = 64

/** Asks the other validators of the subnet what they signed for the job and round of a verdict. Who does not answer, or not soundly, is left out. */
export async function gatherVotes(
  { account, peers, fetchVote }: VoteSource,
  verdict: Verdict,
  evaluator: Address,
): Promise<readonly GatheredVote[]> {
  const { chainId } = account.network
  const own = bytesToHex(verdictDigest(chainId, evaluator, verdict))
  const voteAt = async (url: string): Promise<readonly GatheredVote[]> => {
    const body = await fetchVote(verdictUrl(url, evaluator, verdict.jobId, verdict.round)).catch(() => undefined)
    const vote = body === undefined ? undefined : parseVote(body, verdict.jobId, verdict.round)
    if (vote === undefined) return []
    try {
      const digest = verdictDigest(chainId, evaluator, vote.verdict)
      const signer = recoverAddress(digest, vote.signature)
      return [{ signer, signature: vote.signature, isSame: bytesToHex(digest) === own }]
    } catch {
      return []
    }
  }
  return (await Promise.all((await peers()).slice(0, mostPeers).map(voteAt))).flat()
}

/** Where a validator at `url` shows its vote. */
export function verdictUrl(url: string, evaluator: Address, jobId: bigint, round: 0 | 1): string {
  return `${url.replace(/\/$/, '')}/v1/verdicts/${evaluator}/${jobId}/${round}`
}

/** A stranger's vote about one job and round; undefined for anything else. Its signature is the caller's to check. */
export function parseVote(body: Uint8Array, jobId: bigint, round: 0 | 1): VerdictVote | undefined {
  try {
    const json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as Readonly<Record<string, unknown>>
    const { v, deliverable, accepted, reason, signature } = json
    const isWord = (value: unknown): value is Hex => typeof value === 'string' && /^0x[0-9a-f]{64}$/.test(value)
    const isSignature = typeof signature === 'string' && /^0x[0-9a-f]{130}$/.test(signature)
    const isOfJob = v === 1 && json['jobId'] === `${jobId}` && json['round'] === round
    if (!isOfJob || !isWord(deliverable) || !isWord(reason) || typeof accepted !== 'boolean' || !isSignature)
      return undefined
    return { verdict: { jobId, round, deliverable, accepted, reason }, signature: signature as Hex }
  } catch {
    return undefined
  }
}

/** As it travels; `parseVote` reads it. */
export function voteToJson({ verdict: { jobId, round, deliverable, accepted, reason }, signature }: VerdictVote) {
  return { v: 1, jobId: `${jobId}`, round, deliverable, accepted, reason, signature }
}
