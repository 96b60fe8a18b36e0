/** x402 v2 over HTTP, the client's half. */
import { utf8ToBytes } from '@koinon/base'
import type { Challenge, ClientWire, WireReceipt } from '../../client/client-wire.ts'
import {
  atomicOf,
  hexOf,
  object,
  readPaymentRequired,
  readStatedChannel,
  text,
  type X402Challenge,
} from './challenge.ts'
import { paymentPayload, takesPaymentId } from './payload.ts'
import { checkOffer } from './signed-offers.ts'

const mostHeaderCharacters = 64 << 10
const utf8 = new TextDecoder('utf-8', { fatal: true })
/** A receipt is three kilobytes of base64, which Node reads fifty times as fast as the portable way. */
const nodeBuffer = (globalThis as { readonly Buffer?: Pick<typeof Buffer, 'from'> }).Buffer

/** Reads the 402 from its header or, where there is none, from its body. */
export const x402Wire: ClientWire = {
  name: 'x402',
  read402(response, body) {
    const header = response.headers.get('payment-required')
    const json = header === null ? parseJson(body) : decodeBase64Json(header)
    if (header === null && object(json)?.['x402Version'] === undefined) return undefined
    return x402Challenge(json)
  },
  attach: (payment) => ({ 'payment-signature': encodeBase64Json(paymentPayload(payment)) }),
  // Nothing of a demand binds it to its request.
  reuse: () => ({ untilMs: Number.POSITIVE_INFINITY, isOfRequest: false }),
  receiptHeader: 'payment-response',
  readReceipt(response) {
    const header = response.headers.get('payment-response')
    return header === null ? undefined : readSettleResponse(decodeBase64Json(header))
  },
}

/** The challenge in a PaymentRequired, whatever carried it. Throws `payments/bad-challenge`, `payments/offer-mismatch`. */
export function x402Challenge(paymentRequired: unknown): Challenge {
  const challenge = readPaymentRequired(paymentRequired, '')
  for (const { wire } of challenge.options) checkOffer(challenge, wire as Readonly<Record<string, unknown>>)
  return {
    wire: x402Wire,
    options: challenge.options,
    takesPaymentId: takesPaymentId(challenge),
    ...(challenge.error === undefined ? {} : { error: challenge.error }),
    ...(isBusy(challenge) ? { problem: 'busy' as const } : {}),
    raw: challenge,
  }
}

/** A SettleResponse; undefined when it is none. */
export function readSettleResponse(json: unknown): WireReceipt | undefined {
  const value = object(json)
  if (value === undefined || typeof value['success'] !== 'boolean') return undefined
  const extra = object(value['extra']) ?? {}
  const charged = atomicOf(extra['chargedAmount'])
  const settled = atomicOf(value['amount'])
  const transaction = hexOf(value['transaction'], 64)
  const channel = readStatedChannel(extra)
  const error = text(value['errorReason']) ?? text(value['errorMessage'])
  return {
    isSuccess: value['success'],
    ...(charged === undefined ? {} : { chargedAtomic: charged }),
    ...(settled === undefined ? {} : { settledAtomic: settled }),
    ...(transaction === undefined ? {} : { transaction }),
    ...(channel === undefined ? {} : { channel }),
    ...(error === undefined ? {} : { error }),
    raw: value,
  }
}

/** JSON in base64, the form of all x402 headers. */
export function encodeBase64Json(json: unknown): string {
  const text = JSON.stringify(json)
  if (nodeBuffer !== undefined) return nodeBuffer.from(text, 'utf8').toString('base64')
  return btoa(String.fromCharCode(...utf8ToBytes(text)))
}

/** Undefined when it is not JSON in base64, or longer than 64 kB. */
export function decodeBase64Json(header: string): unknown {
  if (header.length > mostHeaderCharacters) return undefined
  try {
    return JSON.parse(utf8.decode(base64ToBytes(header)))
  } catch {
    return undefined
  }
}

function base64ToBytes(text: string): Uint8Array {
  if (nodeBuffer === undefined) return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new SyntaxError('not base64')
  return nodeBuffer.from(text, 'base64')
}

function isBusy({ error }: X402Challenge): boolean {
  return error !== undefined && /(channel_busy|commitment-busy)$/.test(error)
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
