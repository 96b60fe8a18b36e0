import type { ClientWire } from '../../client/client-wire.ts'
import { type PayingFetchOptions, payingFetch } from '../../client/paying-fetch.ts'
import { x402Wire } from './x402-wire.ts'

/** A drop-in `fetch` that pays by x402 v2, and by further wires where they are given. Throws as `payingFetch`. */
export function createPayingFetch(
  options: Omit<PayingFetchOptions, 'wires'> & { readonly wires?: readonly ClientWire[] },
): typeof globalThis.fetch {
  return payingFetch({ ...options, wires: [x402Wire, ...(options.wires ?? [])] })
}
