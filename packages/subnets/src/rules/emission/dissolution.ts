/** What a subnet's pool pays when the subnet ends (specs/0013-emission.md section 9). */
import { apportion } from '../shares.ts'

/** Parts of `pot` in the order of `values` (token units, ascending by account): largest remainder, ties to the earlier; 0 values: all recycled. */
export function dissolve(
  pot: bigint,
  values: readonly bigint[],
): { readonly parts: readonly bigint[]; readonly recycled: bigint } {
  const parts = apportion(values, pot)
  return { parts, recycled: pot - parts.reduce((sum, part) => sum + part, 0n) }
}
