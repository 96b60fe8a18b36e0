/** Jobs that a session key pays for out of its owner's account (specs/0025-budgets.md section 2). */
import { type Address, bytesToHex, concatBytes, type Hex, KoinonError, keccak256, utf8ToBytes } from '@koinon/base'
import { budgetDelegateAbi } from '@koinon/ledger/abis'
import { type BudgetSigner, hasBudgetDelegate } from '@koinon/payments/client/budget'
import { quoteDigest } from '@koinon/work'
import { type JobTerms, jobsDomain } from '../../rules/job.ts'
import { type JobAccount, jobsOf } from './job-ledger.ts'
import type { JobPayer } from './job-payer.ts'

/** What a grant with a list of services calls the hiring for jobs. */
export const jobsService = 'jobs'

/**
 * `gas` sends the batches and pays their gas; it needs no right over the owner's money. The same quote is the same intent: after a crash it
 * is signed again as it was and charged once. Never needs a signature of the owner: a chain of grants with `propose`, whose hires need one, is
 * refused before anything is charged. `service` is what grants may list for jobs. Taking a quote throws `payments/budget-*`,
 * `agents/budget-proposes`, `agents/budget-not-on-chain`.
 */
export function budgetForJobs(
  signer: BudgetSigner,
  gas: Pick<JobAccount, 'network' | 'reader' | 'sender'>,
  service = jobsService,
): JobPayer {
  const target = jobsOf(gas.network)
  const domain = jobsDomain(gas.network.chainId, target)
  return {
    owner: signer.owner,
    async take(job, quote) {
      const { provider, priceAtomic, termsHash, deadlineSeconds, nonce, signature } = quote
      if (signer.grants.some(({ autonomy }) => autonomy === 'propose')) throw jobBudgetProposes()
      if (!(await hasBudgetDelegate(gas.reader, signer.owner, gas.network.contracts.channels)))
        throw notOnChain(signer.owner)
      const id = intentId(quoteDigest(domain, quote))
      const signed = await signer.sign({
        ...{ kind: 'hireJob', id, service, receiver: provider, amountAtomic: priceAtomic, termsHash, target },
        asset: 'terms' in job ? job.terms.token : gas.network.contracts.dollar,
        job: 'terms' in job ? newJob(job.terms) : { jobId: job.jobId },
        quote: { deadlineSeconds, nonce, signature },
      })
      if (signed.state !== 'signed' || signed.kind !== 'batch') throw new Error('no batch')
      try {
        await gas.sender.send({ to: signed.to, data: signed.data }, 'hiring out of a budget', budgetDelegateAbi)
      } finally {
        // Found out again at the next start where it cannot be now.
        await signer.conclude(id).catch(() => undefined)
      }
    },
  }
}

const intentName = utf8ToBytes('koinon job quote')

function intentId(digest: Uint8Array): Hex {
  return bytesToHex(keccak256(concatBytes(intentName, digest)))
}

function newJob({ evaluator, hook, expiredAtSeconds, description }: JobTerms) {
  return { evaluator, hook, expiredAtSeconds, description }
}

/** A batch sent to an account without our code succeeds and does nothing. */
function notOnChain(owner: Address): KoinonError {
  return new KoinonError({
    code: 'agents/budget-not-on-chain',
    message: `The account ${owner} does not run the code of budgets, so no key can pay for a job out of it`,
    hint: 'Its owner switches that on with koinon budget grant --jobs --on-chain. Nothing was paid.',
  })
}

/** The delegate answers `needs-owner` to every batch of such a key, whatever the owner approved here. */
export function jobBudgetProposes(): KoinonError {
  return new KoinonError({
    code: 'agents/budget-proposes',
    message: 'Under "propose" the account of the owner lets no session key pay for a job',
    hint: 'Its owner pays for the job with the account itself, or grants a budget for jobs: koinon budget grant --jobs --autonomy limited. Nothing was paid.',
  })
}
