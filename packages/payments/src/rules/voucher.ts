/** Vouchers: cumulative promises of a channel's payer; the highest one replaces all others. */
import {
  base64UrlToBytes,
  bytes32Word,
  bytesToBase64Url,
  type Hex,
  integerWord,
  KoinonError,
  typedDigest,
  typeHash,
  utf8ToBytes,
} from '@koinon/base'
import { type EscrowDomain, escrowSeparator, maximumAtomic } from './channel.ts'

/** `maxClaimableAtomic` is everything the receiver may have claimed in the channel's life, not the price of one answer. */
export type Voucher = { readonly channelId: Hex; readonly maxClaimableAtomic: bigint }

export type SignedVoucher = Voucher & {
  /** 65-byte r, s, v signature of the channel's payerAuthorizer over `voucherDigest`. */
  readonly signature: Hex
}

/** Header that carries a voucher on a request to a provider. */
export const voucherHeader = 'x-koinon-voucher'

const voucherTypeHash = typeHash('Voucher(bytes32 channelId,uint128 maxClaimableAmount)')

/** EIP-712 digest that the payerAuthorizer signs. Throws `base/out-of-range` beyond 128 bits. */
export function voucherDigest(voucher: Voucher, domain: EscrowDomain): Uint8Array {
  return typedDigest(escrowSeparator(domain), voucherTypeHash, [
    bytes32Word(voucher.channelId),
    integerWord(voucher.maxClaimableAtomic, 128),
  ])
}

/** Wire form, with the field names of x402. */
export function voucherToJson(voucher: SignedVoucher): Readonly<Record<string, string>> {
  return {
    channelId: voucher.channelId,
    maxClaimableAmount: voucher.maxClaimableAtomic.toString(),
    signature: voucher.signature,
  }
}

/** Parses a voucher from outside. Throws `payments/bad-voucher`. */
export function parseVoucher(json: unknown): SignedVoucher {
  const value = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>
  const { channelId, maxClaimableAmount, signature } = value
  if (typeof channelId !== 'string' || !/^0x[0-9a-fA-F]{64}$/.test(channelId)) throw badVoucher('channelId')
  if (typeof maxClaimableAmount !== 'string' || !/^(0|[1-9][0-9]{0,38})$/.test(maxClaimableAmount)) {
    throw badVoucher('maxClaimableAmount')
  }
  if (typeof signature !== 'string' || !/^0x[0-9a-fA-F]{130}$/.test(signature)) throw badVoucher('signature')
  const maxClaimableAtomic = BigInt(maxClaimableAmount)
  if (maxClaimableAtomic > maximumAtomic) throw badVoucher('maxClaimableAmount')
  return {
    channelId: channelId.toLowerCase() as Hex,
    maxClaimableAtomic,
    signature: signature.toLowerCase() as Hex,
  }
}

/** Value of the voucher header: base64url of the voucher's JSON. */
export function encodeVoucherHeader(voucher: SignedVoucher): string {
  return bytesToBase64Url(utf8ToBytes(JSON.stringify(voucherToJson(voucher))))
}

/** Reads the voucher header. Throws `payments/bad-voucher`. */
export function decodeVoucherHeader(header: string): SignedVoucher {
  if (header.length > 1024) throw badVoucher('header')
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(base64UrlToBytes(header)))
  } catch {
    throw badVoucher('header')
  }
  return parseVoucher(json)
}

function badVoucher(field: string): KoinonError {
  return new KoinonError({
    code: 'payments/bad-voucher',
    message: `The voucher is malformed: ${field}`,
    details: { field },
  })
}
