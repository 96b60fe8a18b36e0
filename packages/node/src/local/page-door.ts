/** How the owner's browser is told from other users of this machine: a code in the printed link, good once, exchanged for the token of this run. */
import { bytesToHex, KoinonError, type Random } from '@koinon/base'

const codeBytes = 16
const tokenBytes = 32
const loopbackHosts = new Set(['127.0.0.1', 'localhost', '::1'])
const everyAddress = new Set(['0.0.0.0', '::'])

export class PageDoor {
  readonly #pageUrl: string
  readonly #random: Random
  readonly #isLocal: boolean
  #code: string
  /** Lives as long as the supervisor: whoever takes the port after it learns nothing that opens the next one. */
  readonly token: string

  constructor(options: { readonly host: string; readonly port: number; readonly random: Random }) {
    const { host, port, random } = options
    this.#random = random
    this.#isLocal = loopbackHosts.has(host) || everyAddress.has(host)
    this.#pageUrl = `http://${everyAddress.has(host) ? '127.0.0.1' : host}:${port}/`
    this.token = bytesToHex(random(tokenBytes))
    this.#code = this.#newCode()
  }

  /** Address of the page with the code that holds now; the same until somebody uses it. Without a code where the page may not act. */
  link(): string {
    return this.#isLocal ? `${this.#pageUrl}#/open/${this.#code}` : this.#pageUrl
  }

  /** Uses a code up. Throws `local/bad-code`. */
  redeem(code: unknown): void {
    if (code !== this.#code || !this.#isLocal) {
      throw new KoinonError({
        code: 'local/bad-code',
        message: 'This link was used already, or belongs to an earlier start of the network',
        hint: 'Get a fresh one with "koinon status".',
        details: { status: 403 },
      })
    }
    this.#code = this.#newCode()
  }

  #newCode(): string {
    return bytesToHex(this.#random(codeBytes)).slice(2)
  }
}
