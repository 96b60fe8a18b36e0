/** Who acts first where every validator may (specs/0007-epochs.md section 6): the proposer rotates by epoch, the others follow in line. */
import type { Address } from '@koinon/base'

/**
 * Place of a hotkey in line, from 0: its place among the permitted hotkeys, ascending, counted from the one at `epoch` mod n. Who has no
 * permit is last, in place n.
 */
export function turnOf(permitted: readonly { readonly hotkey: Address }[], hotkey: Address, epoch: number): number {
  const count = permitted.length
  const place = permitted.findIndex((validator) => validator.hotkey === hotkey)
  return place < 0 ? count : (place - (epoch % count) + count) % count
}
