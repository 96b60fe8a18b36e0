import type { Hex } from '@koinon/base'
import type { AttachedPayment, Challenge } from './client-wire.ts'

/** What identifies a call that terms may be remembered for. */
export type RememberedCall = {
  readonly method: string
  /** Absolute; its query is not looked at where the wire binds no request. */
  readonly url: string
  /** SHA-256 of method, URL and body. */
  requestHash(): Hex
}

type Entry = { readonly challenge: Challenge; readonly untilMs: number }

const mostEntries = 1_024
const keptMs = 600_000

/**
 * Terms of calls that were answered and charged to a channel, by method, origin and path, so that the next call need not ask (specs/0022 section
 * 8). In memory: whoever starts anew asks anew.
 */
export class RememberedTerms {
  readonly #entries = new Map<string, Entry>()

  /** Terms for a call that was not sent yet; undefined where its seller should be asked. */
  find(call: RememberedCall, nowMs: number): Challenge | undefined {
    if (this.#entries.size === 0) return undefined
    return this.#live(pathKey(call), nowMs) ?? this.#live(call.requestHash(), nowMs)
  }

  /** Keeps the terms of a payment that was charged. Those of an exact one are not kept: what refuses it cannot take it back. */
  keep(call: RememberedCall, { challenge, option }: AttachedPayment, nowMs: number): void {
    const reuse = option.backEnd === 'channel' ? challenge.wire.reuse?.(option) : undefined
    if (reuse === undefined || reuse.untilMs <= nowMs) return
    const key = reuse.isOfRequest ? call.requestHash() : pathKey(call)
    // Terms that paid once more were not heard once more.
    if (this.#entries.get(key)?.challenge.raw === challenge.raw) return
    const { stated: _, ...bare } = option
    const { wire, takesPaymentId, raw } = challenge
    this.#entries.delete(key)
    const oldest = this.#entries.size >= mostEntries ? this.#entries.keys().next().value : undefined
    if (oldest !== undefined) this.#entries.delete(oldest)
    this.#entries.set(key, {
      challenge: { wire, options: [bare], takesPaymentId, raw },
      untilMs: Math.min(reuse.untilMs, nowMs + keptMs),
    })
  }

  /** The seller may have changed its mind: the next call asks. */
  forget(call: RememberedCall): void {
    this.#entries.delete(pathKey(call))
    this.#entries.delete(call.requestHash())
  }

  #live(key: string, nowMs: number): Challenge | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.untilMs > nowMs) return entry?.challenge
    this.#entries.delete(key)
    return undefined
  }
}

function pathKey({ method, url }: RememberedCall): string {
  const query = url.indexOf('?')
  return `${method} ${query < 0 ? url : url.slice(0, query)}`
}
