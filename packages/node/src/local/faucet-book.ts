import { KoinonError } from '@koinon/base'

const intervalMs = 60_000
/** Addresses are free to make, so the sum is limited too. */
export const giftsPerMinute = 20

/** Who got test money when. An account may ask once a minute, and all together a few times. */
export class FaucetBook {
  readonly #givenAtMs = new Map<string, number>()

  /** Notes a gift. Throws `faucet/too-soon` or `faucet/busy`, and notes nothing. */
  admit(account: string, nowMs: number): void {
    // What is older than a minute hinders nobody; the oldest stands first.
    for (const [old, atMs] of this.#givenAtMs) {
      if (nowMs - atMs < intervalMs) break
      this.#givenAtMs.delete(old)
    }
    const lastMs = this.#givenAtMs.get(account)
    if (lastMs !== undefined) {
      throw new KoinonError({
        code: 'faucet/too-soon',
        message: 'The faucet gives to an account once a minute',
        hint: `Try again in ${Math.ceil((intervalMs - (nowMs - lastMs)) / 1000)} s.`,
        retry: 'later',
      })
    }
    if (this.#givenAtMs.size >= giftsPerMinute) {
      throw new KoinonError({
        code: 'faucet/busy',
        message: `The faucet gives to ${giftsPerMinute} accounts a minute`,
        hint: 'Try again in a minute.',
        retry: 'later',
      })
    }
    this.#givenAtMs.set(account, nowMs)
  }
}
