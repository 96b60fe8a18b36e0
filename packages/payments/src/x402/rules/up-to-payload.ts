/** Reads payloads of x402's scheme `upto` (specs/0022-machine-payments.md section 6). */
import { type Address, toAddress } from '@koinon/base'
import type { AllowancePermit, UpToAuthorization } from '../../rules/terms.ts'
import { permit2Address, upToProxyAddress } from '../../rules/up-to.ts'
import { badPayment, field, type JsonRecord, requireAmount, requireHex, requireRecord } from './header.ts'

/** Extension by which a payer's EIP-2612 permit for Permit2 comes along. */
export const gasSponsoring = 'eip2612GasSponsoring'

/** Signatures of contracts may be long; no wallet's is longer than this. */
const mostSignatureBytes = 4_096

/** The authorization in a payload, with the permit in the payment's extensions. Throws `payments/bad-payment`. */
export function parseUpTo(payload: JsonRecord, extensions: JsonRecord): UpToAuthorization {
  const authorization = requireRecord(field(payload, 'permit2Authorization'), 'permit2Authorization')
  const permitted = requireRecord(field(authorization, 'permitted'), 'permitted')
  const witness = requireRecord(field(authorization, 'witness'), 'witness')
  if (addressOf(authorization, 'spender') !== upToProxyAddress)
    throw badPayment(`its spender is not ${upToProxyAddress}`)
  const maximumAtomic = requireAmount(field(permitted, 'amount'), 'amount')
  const unsigned = {
    token: addressOf(permitted, 'token'),
    from: addressOf(authorization, 'from'),
    to: addressOf(witness, 'to'),
    facilitator: addressOf(witness, 'facilitator'),
    maximumAtomic,
    valueAtomic: maximumAtomic,
    validAfter: requireAmount(field(witness, 'validAfter'), 'validAfter'),
    validBefore: secondsOf(field(authorization, 'deadline')),
    nonce: nonceOf(field(authorization, 'nonce')),
    signature: requireHex(field(payload, 'signature'), 'signature', 1, mostSignatureBytes),
  }
  const allowance = allowanceOf(extensions, unsigned)
  return allowance === undefined ? unsigned : { ...unsigned, allowance }
}

function allowanceOf(
  extensions: JsonRecord,
  { token, from, maximumAtomic }: Pick<UpToAuthorization, 'token' | 'from' | 'maximumAtomic'>,
): AllowancePermit | undefined {
  const extension = field(extensions, gasSponsoring)
  if (extension === undefined) return undefined
  const info = requireRecord(field(requireRecord(extension, gasSponsoring), 'info'), 'info')
  // A client that needs no permit echoes what the seller wrote.
  if (field(info, 'signature') === undefined) return undefined
  if (addressOf(info, 'from') !== from || addressOf(info, 'asset') !== token)
    throw badPayment('its EIP-2612 permit is of another account or token')
  if (addressOf(info, 'spender') !== permit2Address) throw badPayment('its EIP-2612 permit is not for Permit2')
  if (requireAmount(field(info, 'amount'), 'amount') !== maximumAtomic)
    throw badPayment('its EIP-2612 permit is not for exactly what the call may cost')
  return {
    nonce: requireAmount(field(info, 'nonce'), 'nonce'),
    deadline: requireAmount(field(info, 'deadline'), 'deadline'),
    signature: requireHex(field(info, 'signature'), 'signature', 65),
  }
}

function addressOf(json: JsonRecord, name: string): Address {
  return toAddress(requireHex(field(json, name), name, 20))
}

/** Packages write it in decimal, the specification shows hex. */
function nonceOf(value: unknown): UpToAuthorization['nonce'] {
  if (typeof value === 'string' && value.startsWith('0x')) return requireHex(value, 'nonce', 32)
  const nonce = requireAmount(value, 'nonce')
  if (nonce >> 256n !== 0n) throw badPayment('its nonce is out of range')
  return `0x${nonce.toString(16).padStart(64, '0')}`
}

/** Far times are as good as none, and fit no integer column. */
function secondsOf(value: unknown): bigint {
  const seconds = requireAmount(value, 'deadline')
  if (seconds >= 1n << 53n) throw badPayment('its deadline is out of range')
  return seconds
}
