import { isKoinonError } from '@koinon/base'
import type { SessionJson } from '@koinon/work/dashboard'
import { type Door, requestJson } from './api/request.ts'
import type { KeptStorage } from './receipts/receipt-shelf.ts'

const storageKey = 'koinon.owner.v1'

/** The address of the page: where the code of a printed link stands, once. */
export type CodeSource = {
  /** The code, taken out of the address, so that no reload or bookmark repeats it. */
  readonly takeCode: () => string | undefined
}

/** `link`: the link was used before or is of an earlier start. `ended`: this browser was in until the gateway was started anew. */
export type DoorRefusal = 'link' | 'ended'

/**
 * Lets the owner's browser in (specs/0008 section 2): a code from the printed link is exchanged for the token of the gateway
 * process. The token is kept by origin, port included, which cookies are not: another user's server on another port never sees it.
 */
export class OwnerDoor {
  readonly #door: Door
  readonly #storage: KeptStorage | undefined
  readonly #address: CodeSource
  #code: string | undefined
  #token: string | undefined
  #exchange: Promise<void> | undefined
  #isLinkRefused = false
  #refusal: DoorRefusal | undefined

  constructor(door: Door, storage: KeptStorage | undefined, address: CodeSource) {
    this.#door = door
    this.#storage = storage
    this.#address = address
    this.#token = readToken(storage)
  }

  /** The owner's session, or that nobody is signed in. Throws `web/unreachable`, and what a gateway says to pages that are not its own. */
  async session(): Promise<SessionJson> {
    this.#code = this.#address.takeCode() ?? this.#code
    if (this.#code !== undefined) {
      this.#exchange ??= this.#redeem(this.#code).finally(() => {
        this.#exchange = undefined
      })
    }
    await this.#exchange
    try {
      const session = await requestJson<SessionJson>(this.#door, '/api/session', { localToken: this.#token })
      if (session.isSignedIn) {
        this.#isLinkRefused = false
        this.#refusal = undefined
      } else this.#noteRefusal()
      return session
    } catch (error) {
      if (isRefusal(error)) this.#noteRefusal()
      throw error
    }
  }

  #noteRefusal(): void {
    this.#refusal = this.#isLinkRefused ? 'link' : this.#token === undefined ? undefined : 'ended'
  }

  /** Why the last session was refused, where this browser can know; undefined for one that was never let in and opened no link. */
  get refusal(): DoorRefusal | undefined {
    return this.#refusal
  }

  /** A code that is refused is forgotten, and what this browser had before holds on; one that could not be asked is tried again. */
  async #redeem(code: string): Promise<void> {
    try {
      const { localToken } = await requestJson<{ readonly localToken: string }>(this.#door, '/api/session', {
        method: 'POST',
        body: { code },
      })
      this.#keep(localToken)
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.#isLinkRefused = true
    }
    if (this.#code === code) this.#code = undefined
  }

  #keep(token: string): void {
    this.#token = token
    this.#isLinkRefused = false
    try {
      this.#storage?.setItem(storageKey, token)
    } catch {
      // Without storage the token lives as long as the page.
    }
  }
}

/** True when the gateway answered and said no: asking again changes nothing. */
export function isRefusal(error: unknown): boolean {
  const status = isKoinonError(error) ? error.details?.['status'] : undefined
  return typeof status === 'number' && status >= 400 && status < 500 && status !== 429
}

/** The code in a location hash such as `#/open/0123…`. */
export function codeIn(hash: string): string | undefined {
  return /^#\/open\/([0-9a-f]{32})$/.exec(hash)?.[1]
}

/** The address of this browser's tab. */
export const ownAddress: CodeSource = {
  takeCode: () => {
    const code = codeIn(location.hash)
    if (code !== undefined) history.replaceState(null, '', '#/')
    return code
  },
}

function readToken(storage: KeptStorage | undefined): string | undefined {
  try {
    return storage?.getItem(storageKey) ?? undefined
  } catch {
    return undefined
  }
}
