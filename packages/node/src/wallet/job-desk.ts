/** What an owner does with a job from the page: one step, by the home's own account. */
import { type JobAccount, JobClient, type JobRecord } from '@koinon/agents/client'
import { type Clock, KoinonError, type Random, zeroHash } from '@koinon/base'

const steps: Readonly<Record<string, (client: JobClient, jobId: bigint) => Promise<JobRecord>>> = {
  accept: (client, jobId) => client.accept(jobId, zeroHash),
  reject: (client, jobId) => client.reject(jobId, zeroHash),
  refund: (client, jobId) => client.refund(jobId),
  dispute: async (client, jobId) => {
    await client.dispute(jobId)
    return client.read(jobId)
  },
}

export class JobDesk {
  readonly #client: JobClient

  constructor(account: JobAccount, clock: Clock, random: Random) {
    this.#client = new JobClient(account, clock, random)
  }

  /**
   * Takes a step that may be taken again after any failure: what became of an earlier one is looked for first. Throws
   * `wallet/bad-job-request`, `agents/no-job`, `agents/unknown-outcome`, and as the ledger does.
   */
  async act(jobId: string, step: string): Promise<{ readonly jobId: string; readonly state: string }> {
    const take = Object.hasOwn(steps, step) ? steps[step] : undefined
    if (take === undefined || !/^[1-9]\d{0,17}$/.test(jobId)) {
      throw new KoinonError({
        code: 'wallet/bad-job-request',
        message: `"${step.slice(0, 40)}" of job "${jobId.slice(0, 40)}" is not a step that can be taken`,
        hint: 'Steps: accept, reject, refund, dispute.',
      })
    }
    const { status } = await take(this.#client, BigInt(jobId))
    return { jobId, state: status }
  }
}
