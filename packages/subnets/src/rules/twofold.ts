/** Two results of one epoch with one hotkey's signature: an offence that anybody can show (specs/0015-disputes.md sections 5 and 8). */
import { type Address, bytesToHex, type Hex, KoinonError, recoverAddress } from '@koinon/base'
import { type EpochResult, type ResultDomain, resultDigest } from './result.ts'

export type TwofoldSignature = {
  readonly netuid: number
  readonly epoch: number
  readonly signer: Address
  readonly resultHashes: readonly [Hex, Hex]
}

type Signed = { readonly result: EpochResult; readonly signature: Hex }

/** Who signed both. Throws `subnets/not-two-results`, `subnets/two-signers`, and `subnets/bad-signature` where nobody did. */
export function twofoldSignature(domain: ResultDomain, first: Signed, second: Signed): TwofoldSignature {
  const digests = [resultDigest(domain, first.result), resultDigest(domain, second.result)] as const
  const resultHashes = [bytesToHex(digests[0]), bytesToHex(digests[1])] as const
  const { netuid, epoch } = first.result
  if (resultHashes[0] === resultHashes[1]) throw notTwo('Both are the same result')
  if (netuid !== second.result.netuid || epoch !== second.result.epoch)
    throw notTwo(
      `One is of epoch ${epoch} of subnet ${netuid}, the other of ${second.result.epoch} of ${second.result.netuid}`,
    )
  const signer = signerOf(digests[0], first.signature)
  const again = signerOf(digests[1], second.signature)
  if (signer === again) return { netuid, epoch, signer, resultHashes }
  throw new KoinonError({
    code: 'subnets/two-signers',
    message: `${signer} signed the one and ${again} the other`,
    hint: 'Both must bear the signature of one hotkey. Of another network or contract the same signature gives another signer.',
  })
}

/** As the ledger takes it: v is 27 or 28. */
export function ledgerSignature(signature: Hex): Hex {
  const v = signature.slice(-2)
  return v === '00'
    ? (`${signature.slice(0, -2)}1b` as Hex)
    : v === '01'
      ? (`${signature.slice(0, -2)}1c` as Hex)
      : signature
}

function signerOf(digest: Uint8Array, signature: Hex): Address {
  try {
    return recoverAddress(digest, signature)
  } catch (cause) {
    throw new KoinonError({
      code: 'subnets/bad-signature',
      message: 'A signature is none: 65 bytes r, s and v of a hotkey are asked for',
      hint: 'Give documents as validators serve them at /v1/attestations/NETUID/EPOCH.',
      cause,
    })
  }
}

function notTwo(message: string): KoinonError {
  return new KoinonError({
    code: 'subnets/not-two-results',
    message: `${message}: that is no offence`,
    hint: 'Give two different results of one epoch of one subnet.',
  })
}
