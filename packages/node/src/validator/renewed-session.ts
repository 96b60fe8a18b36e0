import { systemClock, systemRandom } from '@koinon/base'
import { type DelegatingAccount, openSession, type SigningSession } from '@koinon/payments/core'

const lifetimeSeconds = 24 * 3600
const renewalMs = (lifetimeSeconds * 1000) / 2

export type RenewedSessionOptions = {
  readonly account: DelegatingAccount
  readonly chainId: number
  readonly onError: (error: unknown) => void
}

/** A session key that is replaced long before it ends. */
export class RenewedSession {
  readonly #options: RenewedSessionOptions
  readonly #renewal: NodeJS.Timeout
  #session: SigningSession

  private constructor(options: RenewedSessionOptions, session: SigningSession) {
    this.#options = options
    this.#session = session
    this.#renewal = setInterval(() => {
      open(this.#options).then((fresh) => {
        this.#session = fresh
      }, this.#options.onError)
    }, renewalMs)
  }

  static async open(options: RenewedSessionOptions): Promise<RenewedSession> {
    return new RenewedSession(options, await open(options))
  }

  get current(): SigningSession {
    return this.#session
  }

  stop(): void {
    clearInterval(this.#renewal)
  }
}

function open({ account, chainId }: RenewedSessionOptions): Promise<SigningSession> {
  return openSession({ account, chainId, lifetimeSeconds, clock: systemClock, random: systemRandom })
}
