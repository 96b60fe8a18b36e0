/** What x402 v2 servers send a facilitator and hear from it (specs/0022-machine-payments.md section 9). Amounts are decimal text. */
import { type Address, type Hex, KoinonError, toAddress } from '@koinon/base'
import { type ChannelConfig, parseChannelConfig } from '../../rules/channel.ts'
import type { SignedDeposit, TransferAuthorization } from '../../rules/terms.ts'
import { parseVoucher, type SignedVoucher } from '../../rules/voucher.ts'

type Json = Readonly<Record<string, unknown>>

/** `PaymentRequirements`: one way to pay that a server offers. */
export type Requirements = {
  readonly scheme: string
  readonly network: string
  readonly asset: Address
  readonly amountAtomic: bigint
  readonly payTo: Address
  readonly maxTimeoutSeconds: number
  readonly extra: Json
}

export type FacilitatorRequest = {
  readonly requirements: Requirements
  /** As sent, for the catalogue. */
  readonly requirementsJson: Json
  readonly payload: Json
  readonly resource: Json | undefined
  readonly extensions: Json
}

export type VerifyAnswer = {
  readonly isValid: boolean
  readonly invalidReason?: string
  readonly invalidMessage?: string
  readonly payer?: Address
  readonly extra?: Json
}

export type SettleAnswer = {
  readonly success: boolean
  readonly errorReason?: string
  readonly errorMessage?: string
  readonly payer?: Address
  readonly transaction: string
  readonly network: string
  readonly amount?: string
  readonly extra?: Json
}

/** Word of the wire for an outcome that nobody knows yet; servers ask again when they hear it. */
export const pendingReason = 'settlement_pending'

export type DepositPayload = {
  readonly type: 'deposit'
  readonly config: ChannelConfig
  readonly voucher: SignedVoucher
  readonly deposit: SignedDeposit
}
export type VoucherPayload = {
  readonly type: 'voucher' | 'refund'
  readonly config: ChannelConfig
  readonly voucher: SignedVoucher
}
export type ClaimRow = {
  readonly config: ChannelConfig
  readonly maxClaimableAtomic: bigint
  readonly signature: Hex
  readonly totalClaimedAtomic: bigint
}
export type ClaimPayload = {
  readonly type: 'claim'
  readonly rows: readonly ClaimRow[]
  readonly authorizerSignature: Hex | undefined
}
export type SettlePayload = { readonly type: 'settle'; readonly receiver: Address; readonly token: Address }
export type RefundPayload = {
  readonly type: 'enriched-refund'
  readonly config: ChannelConfig
  readonly amountAtomic: bigint
  readonly nonce: bigint
  readonly rows: readonly ClaimRow[]
  readonly refundSignature: Hex | undefined
  readonly claimSignature: Hex | undefined
}

const maximumRows = 50
const maximumSignatureBytes = 8_192

/** Reads a body of /verify or /settle. Throws `payments/bad-x402-request` (400). */
export function parseFacilitatorRequest(body: Json): FacilitatorRequest {
  if (body['x402Version'] !== 2) throw bad('x402Version is not 2')
  const payment = object(body, 'paymentPayload')
  const requirementsJson = object(body, 'paymentRequirements')
  const accepted = object(payment, 'accepted')
  const requirements = parseRequirements(requirementsJson)
  const said = parseRequirements(accepted)
  for (const name of ['scheme', 'network', 'asset', 'amountAtomic', 'payTo'] as const) {
    // Of `upto` the requirements say what it came to when it is settled; the payer's signature holds the ceiling.
    if (name === 'amountAtomic' && said.scheme === 'upto') continue
    if (said[name] !== requirements[name]) throw bad(`the payer accepted another ${name} than the server asks for`)
  }
  return {
    requirements,
    requirementsJson,
    payload: object(payment, 'payload'),
    resource: isObject(payment['resource']) ? payment['resource'] : undefined,
    extensions: isObject(payment['extensions']) ? payment['extensions'] : {},
  }
}

/** EIP-3009 payload of scheme `exact`. Throws `payments/bad-x402-request`. */
export function parseExactPayload(payload: Json, token: Address): TransferAuthorization {
  const authorization = object(payload, 'authorization')
  return {
    token,
    from: address(authorization, 'from'),
    to: address(authorization, 'to'),
    valueAtomic: amount(authorization, 'value'),
    validAfter: amount(authorization, 'validAfter'),
    validBefore: amount(authorization, 'validBefore'),
    nonce: word(authorization, 'nonce'),
    signature: signature(payload, 'signature'),
  }
}

/** Payload of scheme `batch-settlement`, by its type. Throws `payments/bad-x402-request`, `payments/bad-channel`, `payments/bad-voucher`. */
export function parseChannelPayload(
  payload: Json,
): DepositPayload | VoucherPayload | ClaimPayload | SettlePayload | RefundPayload {
  switch (payload['type']) {
    case 'deposit': {
      const deposit = object(payload, 'deposit')
      const authorization = object(object(deposit, 'authorization'), 'erc3009Authorization')
      return {
        type: 'deposit',
        config: parseChannelConfig(payload['channelConfig']),
        voucher: parseVoucher(payload['voucher']),
        deposit: {
          amountAtomic: amount(deposit, 'amount'),
          validAfter: amount(authorization, 'validAfter'),
          validBefore: amount(authorization, 'validBefore'),
          salt: word(authorization, 'salt'),
          signature: signature(authorization, 'signature'),
        },
      }
    }
    case 'voucher':
      return voucherOf(payload, 'voucher')
    case 'refund':
      return payload['refundNonce'] === undefined ? voucherOf(payload, 'refund') : refundOf(payload)
    case 'claim':
      return {
        type: 'claim',
        rows: rows(payload),
        authorizerSignature: optionalSignature(payload, 'claimAuthorizerSignature'),
      }
    case 'settle':
      return { type: 'settle', receiver: address(payload, 'receiver'), token: address(payload, 'token') }
    default:
      throw bad('the payload is of no type that is known here')
  }
}

function voucherOf(payload: Json, type: 'voucher' | 'refund'): VoucherPayload {
  return { type, config: parseChannelConfig(payload['channelConfig']), voucher: parseVoucher(payload['voucher']) }
}

function refundOf(payload: Json): RefundPayload {
  return {
    type: 'enriched-refund',
    config: parseChannelConfig(payload['channelConfig']),
    amountAtomic: amount(payload, 'amount'),
    nonce: amount(payload, 'refundNonce'),
    rows: rows(payload),
    refundSignature: optionalSignature(payload, 'refundAuthorizerSignature'),
    claimSignature: optionalSignature(payload, 'claimAuthorizerSignature'),
  }
}

function rows(payload: Json): readonly ClaimRow[] {
  const claims = payload['claims']
  if (!Array.isArray(claims) || claims.length > maximumRows) throw bad(`claims is not a list of at most ${maximumRows}`)
  return claims.map((claim: unknown) => {
    if (!isObject(claim)) throw bad('a claim is not an object')
    const voucher = object(claim, 'voucher')
    return {
      config: parseChannelConfig(voucher['channel']),
      maxClaimableAtomic: amount(voucher, 'maxClaimableAmount'),
      signature: signature(claim, 'signature'),
      totalClaimedAtomic: amount(claim, 'totalClaimed'),
    }
  })
}

function parseRequirements(json: Json): Requirements {
  const { scheme, network, maxTimeoutSeconds, extra } = json
  if (typeof scheme !== 'string' || typeof network !== 'string') throw bad('scheme or network is not text')
  if (typeof maxTimeoutSeconds !== 'number' || !(maxTimeoutSeconds >= 0)) throw bad('maxTimeoutSeconds is not a number')
  return {
    scheme,
    network,
    asset: address(json, 'asset'),
    amountAtomic: amount(json, 'amount'),
    payTo: address(json, 'payTo'),
    maxTimeoutSeconds,
    extra: isObject(extra) ? extra : {},
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function object(json: Json, name: string): Json {
  const value = json[name]
  if (!isObject(value)) throw bad(`${name} is not an object`)
  return value
}

function address(json: Json, name: string): Address {
  const value = json[name]
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{40}$/.test(value)) throw bad(`${name} is not an address`)
  return toAddress(value)
}

function amount(json: Json, name: string): bigint {
  const value = json[name]
  if (typeof value !== 'string' || !/^(0|[1-9][0-9]{0,77})$/.test(value)) throw bad(`${name} is not a decimal number`)
  const integer = BigInt(value)
  if (integer >> 256n !== 0n) throw bad(`${name} is too large`)
  return integer
}

function word(json: Json, name: string): Hex {
  const value = json[name]
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{64}$/.test(value)) throw bad(`${name} is not 32 bytes of hex`)
  return value.toLowerCase() as Hex
}

function signature(json: Json, name: string): Hex {
  const value = optionalSignature(json, name)
  if (value === undefined) throw bad(`${name} is missing`)
  return value
}

function optionalSignature(json: Json, name: string): Hex | undefined {
  const value = json[name]
  if (value === undefined) return undefined
  const isHex = typeof value === 'string' && /^0x(?:[0-9a-fA-F]{2})+$/.test(value)
  if (!isHex || value.length > 2 + 2 * maximumSignatureBytes) throw bad(`${name} is not a signature`)
  return value.toLowerCase() as Hex
}

function bad(problem: string): KoinonError {
  return new KoinonError({
    code: 'payments/bad-x402-request',
    message: `The request is not one of x402 v2: ${problem}`,
    details: { status: 400 },
  })
}

/** Who a payment says has signed it, before anybody looked, and by which bytes. */
export type NamedSigner = { readonly account: string; readonly signature: string }

/**
 * Of a channel its payerAuthorizer, or the payer that signs for itself; undefined where a payment names none. Throws
 * `payments/bad-x402-request` where it names several: one could have signed, and another be counted.
 */
export function signerIn(body: unknown): NamedSigner | undefined {
  const payload = member(member(body, 'paymentPayload'), 'payload')
  const [authorization, permit, config] = ['authorization', 'permit2Authorization', 'channelConfig'].map((name) =>
    member(payload, name),
  )
  if ([authorization, permit, config].filter((given) => given !== undefined).length > 1)
    throw bad('the payload is of several types')
  const authorizer = member(config, 'payerAuthorizer')
  const isOwn = typeof authorizer === 'string' && /^0x0{40}$/.test(authorizer)
  const named = member(authorization ?? permit, 'from') ?? (isOwn ? member(config, 'payer') : authorizer)
  if (typeof named !== 'string' || !/^0x[0-9a-fA-F]{40}$/.test(named)) return undefined
  const signed = member(config === undefined ? payload : member(payload, 'voucher'), 'signature')
  return { account: named.toLowerCase(), signature: typeof signed === 'string' ? signed.toLowerCase() : '' }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Json)[name] : undefined
}
