import { type Address, bytesToHex, type Clock, errorToJson, type Hex, type Random, sha256, sleep } from '@koinon/base'
import { jobsAbi } from '@koinon/ledger/abis'
import { signQuote } from '@koinon/work'
import type { QuoteBus } from '@koinon/work/quotes'
import { jobKind } from '../../client/jobs/ask-quotes.ts'
import { findOut } from '../../client/jobs/find-out.ts'
import { type JobAccount, type JobRecord, jobsOf, readJob } from '../../client/jobs/job-ledger.ts'
import { sendStep } from '../../client/jobs/refusal-words.ts'
import { type JobTerms, jobsDomain } from '../../rules/job.ts'
import { readOffer } from './job-offers.ts'

export type JobProviderEvent =
  | { readonly kind: 'quoted'; readonly termsHash: Hex; readonly priceAtomic: bigint }
  | { readonly kind: 'hired' | 'submitted'; readonly jobId: bigint }
  | { readonly kind: 'failed'; readonly what: string; readonly code: string; readonly message: string }

export type JobProviderOptions = {
  readonly account: JobAccount
  readonly bus: QuoteBus
  readonly clock: Clock
  readonly random: Random
  /** Base units of the terms' token, or undefined for a job that it does not want. The description is a stranger's text. */
  readonly price: (terms: JobTerms, ceilingAtomic: bigint) => bigint | undefined
  /** Does the work of a funded job. It may be called again for the same job after a crash. */
  readonly work: (job: JobRecord, signal: AbortSignal) => Promise<Uint8Array>
  /** Keeps what is delivered where clients fetch it by its hash; done before the hash is submitted. */
  readonly deliver: (deliverable: Hex, content: Uint8Array) => Promise<void>
  readonly trustedHooks?: readonly Address[]
  readonly onEvent?: (event: JobProviderEvent) => void
  readonly pollMs?: number
}

const quoteSeconds = 120
const leastSeconds = 60
const retryMs = 1_000
/** Blocks that are looked at again, for reorganisations. */
const lookBackBlocks = 20n

/**
 * Offers an account's work: quotes for open requests, does what it is hired for by a quote of its own, and submits the hash of what it
 * delivered. Jobs that others put it into without one are left alone. It keeps nothing: which jobs are its own, and how far they are, the
 * ledger says.
 */
export class JobProvider {
  readonly #options: JobProviderOptions
  readonly #stopping = new AbortController()
  readonly #working = new Map<bigint, Promise<void>>()
  readonly #over = new Set<bigint>()
  readonly #mine = new Set<bigint>()
  #cursor = 0
  #fromBlock: bigint
  #loops: Promise<unknown> = Promise.resolve()

  constructor(options: JobProviderOptions) {
    this.#options = options
    this.#fromBlock = BigInt(options.account.network.startBlock)
  }

  start(): void {
    this.#loops = Promise.all([
      this.#repeat('quoting', () => this.#quote()),
      this.#repeat('watching', () => this.#watch()),
    ])
  }

  /** Begins nothing more and waits for what is under way, whose signal is aborted. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loops
    await Promise.allSettled(this.#working.values())
  }

  /** Hands in what was made; safe to call again. */
  async submit(jobId: bigint, content: Uint8Array): Promise<JobRecord> {
    await this.#options.deliver(bytesToHex(sha256(content)), content)
    return submitWork(this.#options.account, jobId, content)
  }

  async #quote(): Promise<void> {
    const { account, bus, clock, price, random, trustedHooks } = this.#options
    const { next, requests } = await bus.open(jobKind, this.#cursor)
    const provider = account.sender.address
    const domain = jobsDomain(account.network.chainId, jobsOf(account.network))
    const nowSeconds = Math.floor(clock.nowMs() / 1000)
    const tokens = [account.network.contracts.dollar]
    for (const request of requests) {
      const rules = { domain, provider, tokens, trustedHooks: trustedHooks ?? [], leastSeconds }
      const terms = readOffer(request, rules, nowSeconds)
      const priceAtomic = terms === undefined ? undefined : price(terms, request.ceilingAtomic)
      if (terms === undefined || priceAtomic === undefined || priceAtomic <= 0n || priceAtomic > request.ceilingAtomic)
        continue
      const nonce = BigInt(bytesToHex(random(32)))
      // Hired at the last moment there must still be the least time to work in, or the work is had for nothing.
      const deadlineSeconds = Math.min(nowSeconds + quoteSeconds, terms.expiredAtSeconds - leastSeconds)
      const quote = { termsHash: request.termsHash, provider, priceAtomic, deadlineSeconds, nonce }
      await bus
        .quote(signQuote(domain, quote, account.secretKey))
        .then(() => this.#tell({ kind: 'quoted', termsHash: request.termsHash, priceAtomic }))
        .catch((error: unknown) => this.#fail('quoting', error))
    }
    this.#cursor = next
  }

  async #watch(): Promise<void> {
    const { account } = this.#options
    const { network, reader, sender } = account
    const toBlock = await reader.getBlockNumber({ cacheTime: 0 })
    const on = { address: jobsOf(network), abi: jobsAbi, fromBlock: this.#fromBlock, toBlock, strict: true } as const
    // Anybody can name a provider and fund a job on terms of his own: only a quote is this provider's word on price, token and evaluator.
    const taken = await reader.getContractEvents({ ...on, eventName: 'QuoteTaken', args: { provider: sender.address } })
    for (const { args: found } of taken) {
      if (!this.#over.has(found.jobId)) this.#mine.add(found.jobId)
    }
    const next = toBlock + 1n - lookBackBlocks
    if (next > this.#fromBlock) this.#fromBlock = next
    for (const jobId of this.#mine) {
      if (this.#working.has(jobId)) continue
      const job = await readJob(account, jobId)
      if (job.status === 'funded') this.#begin(job)
      else if (job.status !== 'open') this.#close(jobId)
    }
  }

  #begin(job: JobRecord): void {
    const { jobId } = job
    this.#tell({ kind: 'hired', jobId })
    const run = async (): Promise<void> => {
      try {
        const content = await this.#options.work(job, this.#stopping.signal)
        if (this.#stopping.signal.aborted) return
        await this.submit(jobId, content)
        this.#close(jobId)
        this.#tell({ kind: 'submitted', jobId })
      } catch (error) {
        this.#fail(`working on job ${jobId}`, error)
        await sleep(retryMs, this.#stopping.signal)
      } finally {
        this.#working.delete(jobId)
      }
    }
    this.#working.set(jobId, run())
  }

  #close(jobId: bigint): void {
    this.#mine.delete(jobId)
    this.#over.add(jobId)
  }

  async #repeat(what: string, work: () => Promise<void>): Promise<void> {
    const { pollMs = 500 } = this.#options
    while (!this.#stopping.signal.aborted) {
      let pauseMs = pollMs
      await work().catch((error: unknown) => {
        pauseMs = Math.max(pollMs, retryMs)
        this.#fail(what, error)
      })
      await sleep(pauseMs, this.#stopping.signal)
    }
  }

  #fail(what: string, error: unknown): void {
    const { code, message } = errorToJson(error)
    this.#tell({ kind: 'failed', what, code, message })
  }

  #tell(event: JobProviderEvent): void {
    this.#options.onEvent?.(event)
  }
}

/** Puts the SHA-256 of what was made on the ledger, as the job's provider; safe to call again. Throws what the contract refuses. */
export function submitWork(account: JobAccount, jobId: bigint, content: Uint8Array): Promise<JobRecord> {
  const deliverable = bytesToHex(sha256(content))
  const on = { address: jobsOf(account.network), abi: jobsAbi } as const
  return findOut(
    `submitting job ${jobId}`,
    () =>
      sendStep(account, 'submit', jobId, () =>
        account.sender.call({ ...on, functionName: 'submit', args: [jobId, deliverable, '0x'] }),
      ),
    async () => {
      const job = await readJob(account, jobId)
      return job.deliverable === deliverable ? job : undefined
    },
  )
}
