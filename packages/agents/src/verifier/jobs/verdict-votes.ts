import { type Address, bytesToHex, type Hex, recoverAddress } from '@koinon/base'
import type { JobAccount } from '../../client/jobs/job-ledger.ts'
import { type Verdict, verdictDigest } from '../../rules/job.ts'
import { parseVote, verdictUrl } from './verdict-book.ts'

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
