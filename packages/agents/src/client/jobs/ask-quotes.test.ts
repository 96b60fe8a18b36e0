import { secretKeyToAddress, sha256, systemClock, systemRandom, utf8ToBytes } from '@koinon/base'
import { type SignedQuote, signQuote } from '@koinon/work'
import { QuoteBook, type QuoteBus, type SignedQuoteRequest } from '@koinon/work/quotes'
import { expect, it } from 'vitest'
import { hashTerms, jobsDomain } from '../../rules/job.ts'
import { readJobRequest } from '../../rules/job-auction.ts'
import { askForQuote, jobRequest, publishedCeiling } from './ask-quotes.ts'
import { JobClient } from './job-client.ts'

const jobs = `0x${'81'.repeat(20)}` as const
const dollar = `0x${'82'.repeat(20)}` as const
const keyOf = (name: string): Uint8Array => sha256(utf8ToBytes(name))
const addressOf = (name: string) => secretKeyToAddress(keyOf(name))
const nowSeconds = (): number => Math.floor(systemClock.nowMs() / 1000)

/** Asks in its own name for what the owner pays; nothing of it reaches a ledger. */
function runner(name: string): JobClient {
  const network = { chainId: 7, contracts: { jobs, dollar } }
  const account = { network, sender: { address: addressOf(name) }, secretKey: keyOf(name) }
  const payer = { owner: addressOf('owner') }
  return new JobClient(account as never, systemClock, systemRandom, payer as never)
}

function busOf(book: QuoteBook): QuoteBus {
  return {
    post: async (request) => book.post(request, ['here']),
    quotesFor: async (termsHash) => book.quotesFor(termsHash),
    requestsFor: async (termsHash) => book.requestsFor(termsHash),
  } as QuoteBus
}

it('waits for a quote within its own ceiling, whatever a stranger with a higher one was offered for the same terms', async () => {
  const client = runner('runner')
  const terms = client.draft({ evaluator: addressOf('eva'), expiredAtSeconds: nowSeconds() + 3_600, description: 'x' })
  const offer = (provider: string, priceAtomic: bigint): SignedQuote => {
    const quote = { termsHash: hashTerms(terms), provider: addressOf(provider), priceAtomic, nonce: 0n }
    return signQuote(jobsDomain(7, jobs), { ...quote, deadlineSeconds: nowSeconds() + 60 }, keyOf(provider))
  }
  const book = new QuoteBook({ chainId: 7, contracts: [jobs], readTerms: readJobRequest }, systemClock)
  book.post(jobRequest(runner('eve'), terms, 1_000_000n, nowSeconds() + 60), ['there'])
  book.quote(offer('dear', 999_999n), ['there'])
  const asked = { clock: systemClock, ceilingAtomic: 100n, openSeconds: 60, enough: 1 }
  expect(await askForQuote(busOf(book), client, terms, { ...asked, waitMs: 60 })).toBeUndefined()
  const answer = askForQuote(busOf(book), client, terms, { ...asked, waitMs: 20_000 })
  setTimeout(() => book.quote(offer('fair', 80n), ['here']), 120)
  expect(await answer).toMatchObject({ provider: addressOf('fair'), priceAtomic: 80n })
})

it('takes for the ceiling of a job what its client asks now, not what strangers do or it did before', async () => {
  const owner = runner('owner')
  const terms = owner.draft({ evaluator: addressOf('eva'), expiredAtSeconds: nowSeconds() + 3_600, description: 'y' })
  const job = { client: addressOf('owner'), termsHash: hashTerms(terms) }
  const atSeconds = nowSeconds()
  const ceilingOf = (...requests: readonly SignedQuoteRequest[]) =>
    publishedCeiling({ requestsFor: async () => requests }, owner.domain, job, atSeconds)
  const asked = (name: string, ceilingAtomic: bigint, deadlineSeconds = atSeconds + 60) =>
    jobRequest(runner(name), terms, ceilingAtomic, deadlineSeconds)
  expect(await ceilingOf(asked('eve', 1n))).toBeUndefined()
  expect(await ceilingOf(asked('owner', 1n, atSeconds))).toBeUndefined()
  expect(await ceilingOf({ ...asked('eve', 1n), client: job.client })).toBeUndefined()
  const replayed = asked('owner', 2n, atSeconds - 1)
  expect(await ceilingOf(replayed, asked('eve', 1n), asked('owner', 50n), asked('eve', 900n))).toBe(50n)
})
