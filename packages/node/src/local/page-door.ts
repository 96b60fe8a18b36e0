/** How the owner's browser is told from other users of this machine: a code in the printed link, good once, exchanged for the token of the gateway process. */
import { bytesToHex, KoinonError, type Random } from '@koinon/base'
import { isLoopbackHost } from '@koinon/base/node'

const codeBytes = 16

export class PageDoor {
  readonly #pageUrl: string
  readonly #random: Random
  readonly #isLocal: boolean
  #code: string
  #token = ''

  constructor(options: { readonly host: string; readonly port: number; readonly random: Random }) {
    const { host, port, random } = options
    this.#random = random
    this.#isLocal = isLoopbackHost(host)
    this.#pageUrl = `http://${host}:${port}/`
    this.#code = this.#newCode()
  }

  /** Address of the page with the code that holds now; the same until somebody uses it. Without a code where the page may not act. */
  link(): string {
    return this.#isLocal ? `${this.#pageUrl}#/open/${this.#code}` : this.#pageUrl
  }

  /**
   * A gateway process begins. The code of the one before is void, as its token is: whoever held the port between them, and was shown
   * either by a browser that took it for the gateway, has nothing that opens the next.
   */
  begin(localToken?: unknown): void {
    this.#code = this.#newCode()
    this.#token = typeof localToken === 'string' ? localToken : ''
  }

  /** What the gateway process that began last asks its owner for; empty where there is none. For programs with the home's control. */
  token(): string {
    return this.#isLocal ? this.#token : ''
  }

  /** Uses a code up. Throws `local/bad-code`. */
  redeem(code: unknown): void {
    if (code !== this.#code || !this.#isLocal) {
      throw new KoinonError({
        code: 'local/bad-code',
        message: 'This link was used already, or belongs to an earlier start of the gateway',
        hint: 'Open a new link: "koinon status" prints it.',
        details: { status: 403 },
      })
    }
    this.#code = this.#newCode()
  }

  #newCode(): string {
    return bytesToHex(this.#random(codeBytes)).slice(2)
  }
}
