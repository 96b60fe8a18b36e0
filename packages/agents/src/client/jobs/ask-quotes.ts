import { type Address, type Clock, type Hex, sleep } from '@koinon/base'
import { chooseQuote, fittingQuotes, type SettlementDomain, type SignedQuote } from '@koinon/work'
import { type QuoteBus, type SignedQuoteRequest, signQuoteRequest, verifyQuoteRequest } from '@koinon/work/quotes'
import { hashTerms, type JobTerms } from '../../rules/job.ts'
import { termsToJson } from '../../rules/job-terms-json.ts'
import type { JobClient } from './job-client.ts'

export const jobKind = 'job'

/** A signed request for quotes for a job with these terms: who asks is this account, who pays the terms say. */
export function jobRequest(
  client: JobClient,
  terms: JobTerms,
  ceilingAtomic: bigint,
  deadlineSeconds: number,
): SignedQuoteRequest {
  const request = {
    kind: jobKind,
    settlement: client.domain,
    client: client.account.sender.address,
    termsHash: hashTerms(terms),
    terms: termsToJson(terms),
    ceilingAtomic,
    deadlineSeconds,
  }
  return signQuoteRequest(request, client.account.secretKey)
}

/**
 * The most that the client of a job would pay by its own signed requests for quotes that are open at `atSeconds`; undefined where it has none.
 * What others ask for the same terms says nothing of it. An auction's ceiling is in its rule. Throws as the bus does.
 */
export async function publishedCeiling(
  bus: Pick<QuoteBus, 'requestsFor'>,
  domain: SettlementDomain,
  { client, termsHash }: { readonly client: Address; readonly termsHash: Hex },
  atSeconds: number,
): Promise<bigint | undefined> {
  const [first, ...others] = (await bus.requestsFor(termsHash))
    .map((request) => ({ ...request, settlement: domain }))
    .filter((request) => request.client === client && request.termsHash === termsHash)
    .filter((request) => request.deadlineSeconds > atSeconds && verifyQuoteRequest(request))
    .map(({ ceilingAtomic }) => ceilingAtomic)
  return first === undefined ? undefined : others.reduce((most, one) => (one > most ? one : most), first)
}

/**
 * Asks for quotes and chooses the cheapest of those that came, once `enough` came that fit or `waitMs` passed; undefined when none fits.
 * Quotes for others that ask for the same terms are not counted where they are above this ceiling. Providers in `excluded` are taken only
 * when nobody else offers.
 */
export async function askForQuote(
  bus: QuoteBus,
  client: JobClient,
  terms: JobTerms,
  options: {
    readonly clock: Clock
    readonly ceilingAtomic: bigint
    readonly openSeconds: number
    readonly waitMs: number
    readonly enough: number
    readonly excluded?: ReadonlySet<Address>
    readonly signal?: AbortSignal
  },
): Promise<SignedQuote | undefined> {
  const { clock, ceilingAtomic, waitMs, enough, excluded, signal } = options
  const nowSeconds = () => Math.floor(clock.nowMs() / 1000)
  const request = jobRequest(client, terms, ceilingAtomic, nowSeconds() + options.openSeconds)
  await bus.post(request)
  const untilMs = performance.now() + waitMs
  for (;;) {
    const choice = { domain: client.domain, ceilingAtomic, atSeconds: nowSeconds() + 1 }
    const quotes = fittingQuotes(await bus.quotesFor(request.termsHash), choice)
    const wanted = quotes.filter(({ provider }) => excluded?.has(provider) !== true)
    const isOver = performance.now() >= untilMs || signal?.aborted === true
    if (wanted.length >= enough || isOver)
      return chooseQuote(wanted, choice) ?? (isOver ? chooseQuote(quotes, choice) : undefined)
    await sleep(Math.min(50, waitMs), signal)
  }
}
