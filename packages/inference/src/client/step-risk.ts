import type { Hex } from '@koinon/base'

/** A provider and what an answer by it may cost the gateway at most, pico-dollars. */
export type StepExposure = { readonly provider: Hex; readonly worstPicoUsd: bigint }

/** What a gateway may lose by one provider in a day: half a dollar. */
const mostLostPicoUsd = 500_000_000_000n
const dayMs = 86_400_000

type Account = { underWayPicoUsd: bigint; lostPicoUsd: bigint; dayEndsAtMs: number }

/**
 * What a gateway risks by selling by the step: a provider that puts many tokens into an event, and a payer that goes no further, make it owe more
 * than it is paid. Counted by provider, those under way with their worst case; in memory.
 */
export class StepRisk {
  readonly #accounts = new Map<Hex, Account>()

  /** Holds the worst case of one answer by any of these providers until it is called; undefined where one of them has no room for it. */
  hold(exposures: readonly StepExposure[], nowMs: number): (() => void) | undefined {
    const held = exposures.map(({ provider, worstPicoUsd }) => ({
      account: this.#account(provider, nowMs),
      worstPicoUsd,
    }))
    const fits = held.every(
      ({ account, worstPicoUsd }) => account.lostPicoUsd + account.underWayPicoUsd + worstPicoUsd <= mostLostPicoUsd,
    )
    if (!fits) return undefined
    for (const { account, worstPicoUsd } of held) account.underWayPicoUsd += worstPicoUsd
    let isHeld = true
    return () => {
      if (isHeld) for (const { account, worstPicoUsd } of held) account.underWayPicoUsd -= worstPicoUsd
      isHeld = false
    }
  }

  /** An answer cost the gateway more than it was paid. */
  lose(provider: Hex, picoUsd: bigint, nowMs: number): void {
    if (picoUsd > 0n) this.#account(provider, nowMs).lostPicoUsd += picoUsd
  }

  #account(provider: Hex, nowMs: number): Account {
    const known = this.#accounts.get(provider) ?? { underWayPicoUsd: 0n, lostPicoUsd: 0n, dayEndsAtMs: nowMs + dayMs }
    if (nowMs >= known.dayEndsAtMs) {
      known.lostPicoUsd = 0n
      known.dayEndsAtMs = nowMs + dayMs
    }
    this.#accounts.set(provider, known)
    return known
  }
}
