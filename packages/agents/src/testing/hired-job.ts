import { type Address, bytesToHex, systemRandom } from '@koinon/base'
import { signQuote } from '@koinon/work'
import { JobClient } from '../client/jobs/job-client.ts'
import { hashTerms } from '../rules/job.ts'
import type { JobNetwork, TestAccount } from './job-network.ts'

export type HiredJob = {
  readonly client: TestAccount
  readonly provider: TestAccount
  readonly evaluator: Address
  readonly priceAtomic: bigint
  readonly description?: string
  /** Until its end. */
  readonly seconds?: number
}

const quoteSeconds = 20

/** A funded job, by a quote of its provider. Resolves with its number. */
export function hireTestJob(net: JobNetwork, job: HiredJob): Promise<bigint> {
  const { provider, evaluator, priceAtomic, description = 'work', seconds = 3_600 } = job
  const client = new JobClient(job.client, net.clock, systemRandom)
  const now = net.nowSeconds()
  const terms = client.draft({ evaluator, expiredAtSeconds: now + seconds, description })
  const nonce = BigInt(bytesToHex(systemRandom(16)))
  const quote = { termsHash: hashTerms(terms), provider: provider.address, priceAtomic, nonce }
  return client.hire(
    terms,
    signQuote(client.domain, { ...quote, deadlineSeconds: now + quoteSeconds }, provider.secretKey),
  )
}
