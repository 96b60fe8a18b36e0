import { bytesToHex, type Hex, sha256, utf8ToBytes } from '@koinon/base'
import type { RememberedCall } from './remembered-terms.ts'

/** A request that can be sent any number of times. */
export class OutgoingCall implements RememberedCall {
  readonly request: Request
  /** Whole; undefined when there is none. */
  readonly body: Uint8Array<ArrayBuffer> | undefined
  readonly method: string
  /** Without fragment. */
  readonly url: string
  /** The caller's; undefined when it gave none, which saves what following a signal costs. */
  readonly signal: AbortSignal | undefined
  #hash: Hex | undefined

  /** `url` where the request goes in the end; its own unless given. */
  constructor(
    request: Request,
    body: Uint8Array<ArrayBuffer> | undefined,
    signal: AbortSignal | undefined,
    url = request.url,
  ) {
    this.request = request
    this.body = body
    this.signal = signal
    this.method = request.method.toUpperCase()
    this.url = url.split('#')[0] as string
  }

  /** The same call at the address that answered it. */
  at(url: string): OutgoingCall {
    return url === this.url ? this : new OutgoingCall(this.request, this.body, this.signal, url)
  }

  /** The same call, given up also when this signal says so. */
  within(signal: AbortSignal): OutgoingCall {
    const both = this.signal === undefined ? signal : AbortSignal.any([this.signal, signal])
    return new OutgoingCall(this.request, this.body, both, this.url)
  }

  requestHash(): Hex {
    this.#hash ??= hashOf(this.request.method, this.url, this.body)
    return this.#hash
  }

  /** For `fetch`, with headers beside its own. */
  init(extra: Readonly<Record<string, string>>, redirect: RequestRedirect): RequestInit {
    const { body, signal } = this
    const { method } = this.request
    const headers = new Headers(this.request.headers)
    for (const [name, value] of Object.entries(extra)) headers.set(name, value)
    return {
      method,
      headers,
      redirect,
      ...(signal === undefined ? {} : { signal }),
      ...(body === undefined ? {} : { body }),
    }
  }
}

function hashOf(method: string, url: string, body: Uint8Array | undefined): Hex {
  const head = utf8ToBytes(`${method}\n${url}\n`)
  const whole = new Uint8Array(head.length + (body?.length ?? 0))
  whole.set(head)
  if (body !== undefined) whole.set(body, head.length)
  return bytesToHex(sha256(whole))
}
