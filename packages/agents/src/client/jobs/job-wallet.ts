/** Jobs that an account pays for out of its own money. */
import { type Clock, type Random, zeroHash } from '@koinon/base'
import type { SignedQuote } from '@koinon/work'
import type { Allowances } from './allowances.ts'
import { authorizeDeposit, type Deposit } from './deposit.ts'
import { callJobs, type JobAccount, jobsOf, noParams } from './job-ledger.ts'
import type { JobPayer, QuotedJob } from './job-payer.ts'

/** An authorization outlives the quote that it pays for by this, for clocks that differ. */
const authorizationSeconds = 600

/** The network's dollar is paid by a signature for this quote alone, any other token by an allowance. */
export function walletForJobs(account: JobAccount, allowances: Allowances, clock: Clock, random: Random): JobPayer {
  const { network, sender } = account
  return {
    owner: sender.address,
    async take(job, quote) {
      const { termsHash, provider, priceAtomic: amountAtomic } = quote
      const { token } = 'terms' in job ? job.terms : job
      if (token !== network.contracts.dollar) {
        await allowances.spend(token, jobsOf(network), amountAtomic, () => fund(account, job, quote, byAllowance))
        return
      }
      const validBeforeSeconds = Math.floor(clock.nowMs() / 1000) + authorizationSeconds
      const money = { token, termsHash, provider, amountAtomic, validBeforeSeconds }
      await fund(account, job, quote, await authorizeDeposit(account, money, random))
    },
  }
}

const byAllowance: Deposit = { validAfter: 0n, validBefore: 0n, salt: zeroHash, signature: noParams }

function fund(account: JobAccount, job: QuotedJob, quote: SignedQuote, deposit: Deposit): Promise<unknown> {
  const paid = [quoteTuple(quote), quote.signature, deposit, noParams] as const
  if (!('terms' in job)) return callJobs(account, 'fundByQuote', [job.jobId, ...paid])
  const { client, evaluator, hook, token, expiredAtSeconds, description } = job.terms
  const terms = { client, evaluator, hook, token, expiredAt: BigInt(expiredAtSeconds), description }
  return callJobs(account, 'hire', [terms, ...paid])
}

function quoteTuple({ termsHash, provider, priceAtomic, deadlineSeconds, nonce }: SignedQuote) {
  return { termsHash, provider, price: priceAtomic, deadline: BigInt(deadlineSeconds), nonce }
}
