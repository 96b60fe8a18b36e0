/** `Payment-Receipt`: what a paid answer says about its payment. */
import { bytesToBase64Url, type Hex, utf8ToBytes } from '@koinon/base'
import type { Charge } from '../../rules/terms.ts'
import { asObject, decodeWireObject } from './canonical-json.ts'
import type { PaymentChallenge } from './challenge.ts'

/** Amounts are decimal strings of atomic units. */
export type MppReceipt = {
  readonly method: string
  readonly intent?: string
  readonly status: 'success'
  /** RFC 3339. */
  readonly timestamp: string
  /** Of a charge the transaction, of a session the channel. */
  readonly reference: string
  readonly challengeId?: string
  readonly chainId?: number
  readonly channelId?: Hex
  /** Highest voucher that counts. */
  readonly acceptedCumulative?: string
  /** Everything that was charged in the channel's life. */
  readonly spent?: string
  /** Of a closed session: the transaction that gave the rest back. */
  readonly txHash?: Hex
}

/** The receipt of a charge. `acceptedAtomic` is the voucher that it was charged on, for sessions. */
export function mppReceiptOf(
  charge: Charge,
  challenge: PaymentChallenge,
  chainId: number,
  nowMs: number,
  acceptedAtomic?: bigint,
): MppReceipt {
  const common = {
    method: challenge.method,
    intent: challenge.intent,
    status: 'success',
    timestamp: new Date(nowMs).toISOString(),
    challengeId: challenge.id,
    chainId,
  } as const
  const { channel } = charge
  if (channel === undefined) return { ...common, reference: charge.transaction ?? challenge.id }
  return {
    ...common,
    reference: channel.channelId,
    channelId: channel.channelId,
    acceptedCumulative: (acceptedAtomic ?? channel.owedAtomic).toString(),
    spent: channel.owedAtomic.toString(),
  }
}

/** The header's value. */
export function formatReceipt(receipt: MppReceipt): string {
  return bytesToBase64Url(utf8ToBytes(JSON.stringify(receipt)))
}

/** Reads the header; undefined when it is no receipt of a success. Members beyond the scheme's own are not looked at. */
export function parseReceipt(headerValue: string): MppReceipt | undefined {
  return receiptFrom(decodeWireObject(headerValue.replace(/=+$/, ''), 16_384))
}

/** The same of the JSON that other carriers bring. */
export function receiptFrom(value: unknown): MppReceipt | undefined {
  const json = asObject(value)
  if (json?.['status'] !== 'success') return undefined
  const { method, timestamp, reference } = json
  const isText = [method, timestamp, reference].every((part) => typeof part === 'string')
  return isText ? (json as MppReceipt) : undefined
}
