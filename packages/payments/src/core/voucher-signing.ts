import type { Address } from '@koinon/base'
import type { EscrowDomain } from '../rules/channel.ts'
import { type SignedVoucher, type Voucher, voucherDigest } from '../rules/voucher.ts'
import { type Secp256k1Engine, secp256k1Engine } from './native-secp256k1.ts'

/** Signs vouchers of the channels whose payerAuthorizer is `address`. */
export type VoucherSigner = {
  readonly address: Address
  sign(voucher: Voucher): SignedVoucher
}

/** A signer from a 32-byte secret key. Deterministic: the same voucher always gets the same signature. */
export function createVoucherSigner(
  secretKey: Uint8Array,
  domain: EscrowDomain,
  engine: Secp256k1Engine = secp256k1Engine,
): VoucherSigner {
  return {
    address: engine.addressOf(secretKey),
    sign: (voucher) => ({ ...voucher, signature: engine.sign(voucherDigest(voucher, domain), secretKey) }),
  }
}

/** True when `authorizer` signed the voucher. False on anything malformed; costs one recovery. */
export function verifyVoucher(
  voucher: SignedVoucher,
  authorizer: Address,
  domain: EscrowDomain,
  engine: Secp256k1Engine = secp256k1Engine,
): boolean {
  try {
    return engine.recover(voucherDigest(voucher, domain), voucher.signature) === authorizer
  } catch {
    return false
  }
}
