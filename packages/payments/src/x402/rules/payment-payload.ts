/** Reads what an x402 client sends: `PaymentPayload` of version 2, schemes `batch-settlement`, `exact` and `upto`. */
import { type ChannelConfig, maximumAtomic, parseChannelConfig } from '../../rules/channel.ts'
import type { Commitment, PaymentTerms, SignedDeposit, TransferAuthorization } from '../../rules/terms.ts'
import { parseVoucher, type SignedVoucher } from '../../rules/voucher.ts'
import { badPayment, field, type JsonRecord, requireAmount, requireHex, requireRecord } from './header.ts'
import { caip2NetworkOf } from './payment-required.ts'
import { parseUpTo } from './up-to-payload.ts'

/** A call's payment, or a payer's wish to have the rest of its channel back. */
export type X402Payment =
  | { readonly kind: 'call'; readonly commitment: Commitment; readonly paymentId: string | undefined }
  | {
      readonly kind: 'refund'
      readonly config: ChannelConfig
      readonly voucher: SignedVoucher
      /** Left out, all that is left. */
      readonly amountAtomic: bigint | undefined
    }

/** Signatures of contracts may be long; no wallet's is longer than this. */
const mostSignatureBytes = 4_096

/**
 * The payment in a decoded header or metadata field. Only what is signed counts afterwards; of `accepted` scheme and network are read, to
 * tell a payment for another network apart. Throws `payments/bad-payment`, `payments/bad-channel` or `payments/bad-voucher`.
 */
export function parsePayment(json: JsonRecord, terms: PaymentTerms): X402Payment {
  if (field(json, 'x402Version') !== 2) throw badPayment('its x402Version is not 2')
  const accepted = requireRecord(field(json, 'accepted'), 'accepted')
  const payload = requireRecord(field(json, 'payload'), 'payload')
  const scheme = field(accepted, 'scheme')
  if (field(accepted, 'network') !== caip2NetworkOf(terms.chainId))
    throw wrong('network', caip2NetworkOf(terms.chainId))
  const paymentId = paymentIdOf(json)
  if (scheme === 'exact') {
    return { kind: 'call', commitment: { backEnd: 'exact', authorization: parseExact(payload, terms) }, paymentId }
  }
  if (scheme === 'upto') {
    const extensions = field(json, 'extensions')
    const authorization = parseUpTo(payload, extensions === undefined ? {} : requireRecord(extensions, 'extensions'))
    return { kind: 'call', commitment: { backEnd: 'upTo', authorization }, paymentId }
  }
  if (scheme !== 'batch-settlement') throw wrong('scheme', 'batch-settlement, exact or upto')
  const config = parseChannelConfig(field(payload, 'channelConfig'))
  const voucher = parseVoucher(field(payload, 'voucher'))
  const type = field(payload, 'type')
  if (type === 'refund') {
    const amount = field(payload, 'amount')
    return { kind: 'refund', config, voucher, amountAtomic: amount === undefined ? undefined : amountOf(amount) }
  }
  if (type === 'voucher') return { kind: 'call', commitment: { backEnd: 'channel', config, voucher }, paymentId }
  if (type !== 'deposit') throw wrong('payload type', 'deposit, voucher or refund')
  const deposit = parseDeposit(requireRecord(field(payload, 'deposit'), 'deposit'))
  return { kind: 'call', commitment: { backEnd: 'channel', config, voucher, deposit }, paymentId }
}

/** The id of extension `payment-identifier`; undefined without one. */
function paymentIdOf(json: JsonRecord): string | undefined {
  const extension = own(own(json, 'extensions'), 'payment-identifier')
  const id = own(extension, 'info', 'id')
  if (id === undefined) return undefined
  if (typeof id !== 'string' || !/^[A-Za-z0-9_-]{16,128}$/.test(id))
    throw badPayment('its payment identifier is malformed')
  return id
}

function parseExact(payload: JsonRecord, terms: PaymentTerms): TransferAuthorization {
  const authorization = requireRecord(field(payload, 'authorization'), 'authorization')
  return {
    token: terms.asset.token,
    from: requireHex(field(authorization, 'from'), 'from', 20),
    to: requireHex(field(authorization, 'to'), 'to', 20),
    valueAtomic: requireAmount(field(authorization, 'value'), 'value'),
    validAfter: requireAmount(field(authorization, 'validAfter'), 'validAfter'),
    validBefore: timeOf(field(authorization, 'validBefore')),
    nonce: requireHex(field(authorization, 'nonce'), 'nonce', 32),
    signature: requireHex(field(payload, 'signature'), 'signature', 1, mostSignatureBytes),
  }
}

function parseDeposit(deposit: JsonRecord): SignedDeposit {
  const authorizations = requireRecord(field(deposit, 'authorization'), 'authorization')
  const authorization = requireRecord(field(authorizations, 'erc3009Authorization'), 'erc3009Authorization')
  return {
    amountAtomic: amountOf(field(deposit, 'amount')),
    validAfter: requireAmount(field(authorization, 'validAfter'), 'validAfter'),
    validBefore: timeOf(field(authorization, 'validBefore')),
    salt: requireHex(field(authorization, 'salt'), 'salt', 32),
    signature: requireHex(field(authorization, 'signature'), 'signature', 1, mostSignatureBytes),
  }
}

function amountOf(value: unknown): bigint {
  const amount = requireAmount(value, 'amount')
  if (amount === 0n || amount > maximumAtomic) throw badPayment('its amount is out of range')
  return amount
}

/** Far times are as good as none, and fit no integer column. */
function timeOf(value: unknown): bigint {
  const seconds = requireAmount(value, 'validBefore')
  if (seconds >= 1n << 53n) throw badPayment('its validBefore is out of range')
  return seconds
}

function own(value: unknown, ...names: readonly string[]): unknown {
  let found = value
  for (const name of names) {
    if (typeof found !== 'object' || found === null || Array.isArray(found)) return undefined
    found = field(found as JsonRecord, name)
  }
  return found
}

function wrong(name: string, wanted: string) {
  return badPayment(`its ${name} is not ${wanted}`)
}
