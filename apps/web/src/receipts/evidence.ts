import type { Hex } from '@koinon/base'
import { hashBytes } from './check-receipt.ts'
import { hashedResponseBytes } from './response-bytes.ts'

/** `GET /v1/receipts/{id}/evidence`: the bytes as the provider kept them. */
export type EvidenceJson = { readonly requestBase64?: string; readonly responseBase64?: string }

/** Hashes of the evidence's bytes; what is missing or malformed stays undefined and will read "not checked". */
export function hashEvidence(evidence: EvidenceJson): {
  readonly requestHash: Hex | undefined
  readonly responseHash: Hex | undefined
} {
  const request = decodeBase64(evidence.requestBase64)
  const response = decodeBase64(evidence.responseBase64)
  return {
    requestHash: request === undefined ? undefined : hashBytes(request),
    responseHash: response === undefined ? undefined : hashBytes(hashedResponseBytes(response)),
  }
}

function decodeBase64(text: string | undefined): Uint8Array | undefined {
  if (typeof text !== 'string') return undefined
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}
