/** A facilitator of somebody else sends a seller's exact payments; the ledger, never the facilitator, says what became of them. */
import { boundedText, KoinonError } from '@koinon/base'
import type { PaymentAuthorization, SettlementCheck, SettlementOutcome, Settler } from '../../provider/settler.ts'
import type { Asset, TransferAuthorization } from '../../rules/terms.ts'
import { isUpTo } from '../../rules/up-to.ts'
import { caip2NetworkOf } from '../rules/payment-required.ts'

export type FacilitatorSettlerOptions = {
  /** Of an x402 v2 facilitator; HTTPS, or plain HTTP on loopback. */
  readonly url: string
  /** Looks at authorizations and finds out what became of them, by reads alone (`LedgerSettler`). */
  readonly ledger: Pick<Settler, 'check' | 'findOut'>
  readonly asset: Asset
  readonly chainId: number
  readonly fetch?: typeof globalThis.fetch
}

type Json = Readonly<Record<string, unknown>>

const maximumTimeoutSeconds = 60
const maximumAnswerBytes = 65_536
const tooLong = () => new Error('the facilitator answers at too great length')

/** Settles `exact` payments through a facilitator over HTTP (specs/0022 section 9). Deposits are their payers' to send. */
export class FacilitatorSettler implements Settler {
  readonly #options: FacilitatorSettlerOptions
  readonly #base: string

  /** Throws `payments/insecure-origin`. */
  constructor(options: FacilitatorSettlerOptions) {
    const { protocol, hostname, href } = new URL(options.url)
    if (protocol !== 'https:' && !/^(127\.0\.0\.1|localhost|\[::1\])$/.test(hostname)) {
      throw new KoinonError({
        code: 'payments/insecure-origin',
        message: `The facilitator at ${hostname} is not HTTPS: anybody on the way could answer for it`,
        hint: 'Use HTTPS, or a facilitator on this machine.',
      })
    }
    this.#options = options
    this.#base = href.replace(/\/+$/, '')
  }

  check(authorization: PaymentAuthorization): Promise<SettlementCheck> {
    return this.#options.ledger.check(authorization)
  }

  findOut(authorization: PaymentAuthorization): Promise<SettlementOutcome> {
    return this.#options.ledger.findOut(authorization)
  }

  /** A facilitator that refuses still holds the signature: as long as it is valid and unused, the outcome is unknown. */
  async settle(authorization: PaymentAuthorization, timeoutMs: number): Promise<SettlementOutcome> {
    if (isUpTo(authorization))
      return { state: 'refused', reason: 'unsupported', detail: 'this seller takes no payments up to a ceiling' }
    const said = await this.#ask(authorization, timeoutMs).catch((error: unknown) => String(error))
    const found = await this.findOut(authorization)
    return found.state === 'unknown' ? { state: 'unknown', detail: said.slice(0, 200) } : found
  }

  async deposit(): Promise<SettlementOutcome> {
    return { state: 'refused', reason: 'unsupported', detail: 'this seller sends no deposits; send yours yourself' }
  }

  /** Facilitators may want to verify before they settle. What they say, in words for whoever reads the outcome. */
  async #ask(authorization: TransferAuthorization, timeoutMs: number): Promise<string> {
    const signal = AbortSignal.timeout(timeoutMs)
    const body = JSON.stringify(this.#request(authorization))
    const verified = await this.#post('verify', body, signal)
    if (verified['isValid'] !== true) return `the facilitator does not take it: ${String(verified['invalidReason'])}`
    const settled = await this.#post('settle', body, signal)
    if (settled['success'] === true) return 'the facilitator says that it settled, and the ledger does not show it'
    return `the facilitator did not settle: ${String(settled['errorReason'])}`
  }

  async #post(verb: 'verify' | 'settle', body: string, signal: AbortSignal): Promise<Json> {
    const headers = { 'content-type': 'application/json' }
    const { fetch = globalThis.fetch } = this.#options
    const response = await fetch(`${this.#base}/${verb}`, { method: 'POST', headers, body, signal, redirect: 'error' })
    const json: unknown = JSON.parse(await boundedText(response, maximumAnswerBytes, tooLong))
    return typeof json === 'object' && json !== null ? (json as Json) : {}
  }

  #request({ signature, ...authorization }: TransferAuthorization): Json {
    const { asset, chainId } = this.#options
    const { from, to, valueAtomic, validAfter, validBefore, nonce } = authorization
    const requirements = {
      scheme: 'exact',
      network: caip2NetworkOf(chainId),
      asset: asset.token,
      amount: valueAtomic.toString(),
      payTo: to,
      maxTimeoutSeconds: maximumTimeoutSeconds,
      extra: { name: asset.name, version: asset.version },
    }
    const [value, after, before] = [valueAtomic, validAfter, validBefore].map(String)
    const payload = { signature, authorization: { from, to, value, validAfter: after, validBefore: before, nonce } }
    return {
      x402Version: 2,
      paymentPayload: { x402Version: 2, accepted: requirements, payload },
      paymentRequirements: requirements,
    }
  }
}
