import type { ServerResponse } from 'node:http'
import { KoinonError } from '@koinon/base'
import { ipNetworkOf } from '@koinon/base/node'

export type TurnBounds = {
  /** Documents that are read or sent at once: so many, each up to 16 MiB, lie in memory. */
  readonly atOnce: number
  /** Of one address, for IPv6 of its first 64 bits, while others wait. */
  readonly perNetwork: number
  /** Requests that wait, of one address and of all. */
  readonly waitingPerNetwork: number
  readonly waiting: number
  /** Time to fetch an answer, from its turn on. */
  readonly fetchMs: number
}

type Waiter = { readonly response: ServerResponse; begin(): void }

/**
 * Who is sent a document now. Long documents are few at once, whoever asks; those who wait are served in turns of their addresses, and
 * who does not fetch what was sent loses its connection, so that nobody holds the places.
 */
export class DocumentTurns {
  readonly #bounds: TurnBounds
  /** In the order of their turns. */
  readonly #waiting = new Map<string, Waiter[]>()
  readonly #served = new Map<string, number>()
  #waits = 0
  #serving = 0

  constructor(bounds: TurnBounds) {
    this.#bounds = bounds
  }

  /** Runs `send` when it is this address's turn; its place is free again when the answer has gone. Throws `subnets/validator-busy`. */
  async take(address: string | undefined, response: ServerResponse, send: () => Promise<void>): Promise<void> {
    const network = ipNetworkOf(address ?? 'unknown')
    if (!this.#mayBegin(network)) await this.#turn(network, response)
    if (response.destroyed) return
    this.#serving += 1
    this.#served.set(network, (this.#served.get(network) ?? 0) + 1)
    const cut = setTimeout(() => response.destroy(), this.#bounds.fetchMs)
    const gone = new Promise<void>((resolve) => response.once('close', resolve))
    try {
      await send()
      if (response.writableEnded) await gone
    } finally {
      clearTimeout(cut)
      this.#leave(network)
    }
  }

  #mayBegin(network: string): boolean {
    if (this.#serving >= this.#bounds.atOnce) return false
    return this.#waits === 0 || (this.#served.get(network) ?? 0) < this.#bounds.perNetwork
  }

  #turn(network: string, response: ServerResponse): Promise<void> {
    const own = this.#waiting.get(network) ?? []
    if (own.length >= this.#bounds.waitingPerNetwork || this.#waits >= this.#bounds.waiting) throw busy()
    this.#waiting.set(network, own)
    this.#waits += 1
    return new Promise((resolve) => {
      const waiter = { response, begin: resolve }
      own.push(waiter)
      // Who went away gives its place in the line to others.
      response.once('close', () => {
        if (this.#drop(network, waiter)) resolve()
      })
    })
  }

  #leave(network: string): void {
    this.#serving -= 1
    const served = (this.#served.get(network) ?? 1) - 1
    if (served === 0) this.#served.delete(network)
    else this.#served.set(network, served)
    const next = this.#next()
    if (next === undefined) return
    const [waiter] = this.#waiting.get(next) as [Waiter]
    this.#drop(next, waiter)
    // The address goes to the end.
    const rest = this.#waiting.get(next)
    this.#waiting.delete(next)
    if (rest !== undefined) this.#waiting.set(next, rest)
    waiter.begin()
  }

  /** The address whose turn it is: the first that has not its full share of the places, else the first. */
  #next(): string | undefined {
    if (this.#serving >= this.#bounds.atOnce) return undefined
    const networks = [...this.#waiting.keys()]
    return networks.find((network) => (this.#served.get(network) ?? 0) < this.#bounds.perNetwork) ?? networks[0]
  }

  #drop(network: string, waiter: Waiter): boolean {
    const own = this.#waiting.get(network) ?? []
    const place = own.indexOf(waiter)
    if (place < 0) return false
    own.splice(place, 1)
    if (own.length === 0) this.#waiting.delete(network)
    this.#waits -= 1
    return true
  }
}

function busy(): KoinonError {
  return new KoinonError({
    code: 'subnets/validator-busy',
    message: 'Too many documents are asked for at this moment',
    hint: 'Ask again in some seconds, one document after the other.',
    retry: 'later',
    details: { status: 503, retryAfterSeconds: 5 },
  })
}
