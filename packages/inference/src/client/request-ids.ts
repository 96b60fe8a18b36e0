import { timingSafeEqual } from 'node:crypto'
import { type Hex, hexToBytes, KoinonError, type Random } from '@koinon/base'
import { sha256Native } from '@koinon/base/node'

const keyBytes = 32
const nonceBytes = 8
const idBytes = 16

/**
 * Request ids that prove themselves (specs/0005-money.md section 4): 8 random bytes, then the first 8 bytes of SHA-256(secret | those |
 * request hash | provider). The secret survives restarts, so a gateway knows after a crash, without having written anything down,
 * whether a request that it is shown a receipt for is one it asked this provider. All inputs have fixed lengths and most of the hash
 * is cut away, so nothing can be appended.
 */
export class RequestIds {
  readonly #key: Uint8Array
  readonly #random: Random

  constructor(options: { readonly key: Uint8Array; readonly random: Random }) {
    if (options.key.length !== keyBytes) {
      throw new KoinonError({ code: 'gateway/bad-key', message: `The key of request ids must have ${keyBytes} bytes` })
    }
    this.#key = options.key
    this.#random = options.random
  }

  /** A fresh 16-byte id for asking the provider with this account the request with this SHA-256. */
  make(requestHash: Hex, provider: Hex): Hex {
    const nonce = Buffer.from(this.#random(nonceBytes))
    return `0x${nonce.toString('hex')}${this.#mark(nonce, requestHash, provider).toString('hex')}`
  }

  /** True when an id was made with this secret for this very request and provider. */
  isOurs(requestId: Hex, requestHash: Hex, provider: Hex): boolean {
    const bytes = hexToBytes(requestId)
    if (bytes.length !== idBytes) return false
    return timingSafeEqual(bytes.subarray(nonceBytes), this.#mark(bytes.subarray(0, nonceBytes), requestHash, provider))
  }

  #mark(nonce: Uint8Array, requestHash: Hex, provider: Hex): Buffer {
    const input = Buffer.concat([this.#key, nonce, hexToBytes(requestHash), hexToBytes(provider)])
    return Buffer.from(sha256Native(input)).subarray(0, idBytes - nonceBytes)
  }
}
