/** Whose carry it is (specs/0012-aggregators.md section 2): its first four bytes are those of the aggregator's spec hash. */
import type { Hex } from '@koinon/base'

const tagDigits = 8

/** Carry with its tag; `0x` stays `0x`. */
export function tagged(specHash: Hex, state: Hex): Hex {
  return state === '0x' ? '0x' : `0x${specHash.slice(2, 2 + tagDigits)}${state.slice(2)}`
}

/** The state behind the tag; `0x` for what another aggregator left: a subnet that changes its aggregator begins anew. */
export function untagged(specHash: Hex, carry: Hex): Hex {
  const isOwn = carry.slice(2, 2 + tagDigits) === specHash.slice(2, 2 + tagDigits)
  return isOwn ? `0x${carry.slice(2 + tagDigits)}` : '0x'
}
