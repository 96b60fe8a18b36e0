/** A paying client that is told what to buy, and does not rest until it knows what became of each call. */
import { type Hex, isKoinonError, sha256Hex, utf8ToBytes } from '@koinon/base'
import { readDollarDomain } from '@koinon/ledger'
import { localPaymentSigner, Payer, payerLedger } from '@koinon/payments/client'
import { createPayingFetch, x402Refund } from '@koinon/payments/x402'
import { party } from '../../../packages/payments/src/testing/fixtures.ts'
import { sleep } from '../wait.ts'
import type { KillWorld } from './world.ts'

/** `stream` pays from a channel and reads events. */
export type BuyerKind = 'channel' | 'stream' | 'exact'
export type Outcome = 'answered' | 'lost' | `failed: ${string}`

/** What each buyer begins with, 1e-6 dollars. */
export const buyerDollarAtomic = 20_000_000n
/** No call may be without an outcome for longer. */
const concludeMs = 120_000
const pauseMs = 100

/** An account with one payer in memory; its store is tried by the kills of clients (`payments/testing/kill-trials.ts`). */
export class Buyer {
  readonly kind: BuyerKind
  readonly payer: Payer
  readonly outcomes = new Map<number, Outcome>()
  /** Calls that were sent with their payment and had no word of their outcome, once at least. */
  readonly unknown = new Set<number>()
  readonly #world: KillWorld
  readonly #pay: typeof fetch

  private constructor(world: KillWorld, kind: BuyerKind, payer: Payer) {
    this.#world = world
    this.kind = kind
    this.payer = payer
    this.#pay = createPayingFetch({ payer, fetch: (input, init) => this.#fetch(input, init) })
  }

  /** An account of its own by the name, with money. */
  static async open(world: KillWorld, kind: BuyerKind, name: string): Promise<Buyer> {
    const { secretKey, address } = party(name)
    await world.fund(address, buyerDollarAtomic)
    const { contracts, chainId } = world.treasury.network
    const domain = await readDollarDomain(world.reader, contracts.dollar)
    const payer = new Payer({
      signer: localPaymentSigner(secretKey),
      ledger: payerLedger(world.reader),
      prefer: kind === 'exact' ? 'exact' : 'channel',
      policy: {
        assets: [
          {
            ...domain,
            chainId,
            token: contracts.dollar,
            decimals: 6,
            escrow: contracts.channels,
            collector: contracts.depositCollector,
          },
        ],
        maximumPerCallAtomic: 100_000n,
        maximumInChannelsAtomic: 10_000_000n,
        maximumTimeoutSeconds: 300,
        maximumWithdrawDelaySeconds: 86_400,
      },
    })
    return new Buyer(world, kind, payer)
  }

  /** Buys call `index` once, under its own payment id, however often it has to ask. */
  async call(index: number, trial: number): Promise<void> {
    const untilMs = Date.now() + concludeMs
    let last = ''
    while (Date.now() < untilMs) {
      try {
        const response = await this.#pay(this.#world.url, this.#request(index))
        const text = await response.text()
        if (this.#isAnswer(response.status, text, index)) return this.#end(index, 'answered')
        last = `${response.status} ${text.slice(0, 200)}`
      } catch (error) {
        if (isKoinonError(error) && error.code === 'payments/answer-lost') return this.#end(index, 'lost')
        last = isKoinonError(error) ? `${error.code} ${error.message}` : String(error)
      }
      await sleep(pauseMs)
    }
    this.#end(index, `failed: call ${index} of trial ${trial}: ${last}`)
  }

  /** Asks for the rest of every channel until the ledger shows nothing in it that is not owed. How many came back. */
  async refund(): Promise<number> {
    const untilMs = Date.now() + concludeMs
    const left = new Set(this.payer.channels().map(({ channelId }) => channelId))
    const refund = x402Refund({ url: this.#world.url })
    let returned = 0
    while (left.size > 0 && Date.now() < untilMs) {
      for (const channelId of left) {
        const isDone = await this.payer.takeBack(channelId, { refund }).catch(() => false)
        if (!isDone && !(await this.#isReturned(channelId))) continue
        left.delete(channelId)
        returned++
      }
      if (left.size > 0) await sleep(pauseMs)
    }
    return returned
  }

  async #isReturned(channelId: Hex): Promise<boolean> {
    const { contracts, chainId } = this.#world.treasury.network
    const ledger = payerLedger(this.#world.reader)
    const deposit = await ledger.depositOf({ chainId, escrow: contracts.channels }, channelId).catch(() => undefined)
    const owed = this.payer.channels().find((channel) => channel.channelId === channelId)?.owedAtomic
    return deposit !== undefined && deposit === owed
  }

  /** What the gateway's receipts call the request of a call: SHA-256 of its body. */
  requestHash(index: number): Hex {
    return sha256Hex(utf8ToBytes(this.#body(index)))
  }

  #end(index: number, outcome: Outcome): void {
    this.outcomes.set(index, outcome)
  }

  #request(index: number): RequestInit {
    return {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': paymentIdOf(index) },
      body: this.#body(index),
    }
  }

  #body(index: number): string {
    return JSON.stringify({
      model: this.#world.model,
      messages: [{ role: 'user', content: wordsOf(index) }],
      max_tokens: 16,
      stream: this.kind === 'stream',
    })
  }

  #isAnswer(status: number, text: string, index: number): boolean {
    if (status !== 200 || !text.includes(`did ${wordsOf(index)}`)) return false
    return this.kind !== 'stream' || text.endsWith('data: [DONE]\n\n')
  }

  /** Notes what was sent with a payment and came back without an outcome. */
  async #fetch(input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> {
    const headers = new Headers(init?.headers)
    const index = Number(/^call-0*(\d+)-$/.exec(headers.get('idempotency-key') ?? '')?.[1] ?? 'none')
    const isPaid = headers.has('payment-signature')
    try {
      const response = await fetch(input, init)
      if (isPaid && response.status >= 500) this.unknown.add(index)
      return response
    } catch (error) {
      if (isPaid) this.unknown.add(index)
      throw error
    }
  }
}

/** What call `index` asks; no two ask the same. */
function wordsOf(index: number): string {
  return `call number ${index} of them`
}

function paymentIdOf(index: number): string {
  return `call-${String(index).padStart(16, '0')}-`
}
