/** What an aggregator remembers of seat holders between epochs, as one hex text (specs/0012-aggregators.md section 2). */
import { type Address, type Hex, KoinonError } from '@koinon/base'
import { tagged, untagged } from '../carry-tag.ts'

/** Signed 128-bit integers per hotkey, as many as the aggregator says. */
export type HolderState = ReadonlyMap<Address, readonly bigint[]>

const hotkeyDigits = 40
const fieldDigits = 32

/** The aggregator's tag, then per hotkey, ascending, 20 bytes and its integers, 16 bytes each, two's complement. */
export function packState(specHash: Hex, state: HolderState): Hex {
  const entries = [...state].sort(([a], [b]) => (a < b ? -1 : 1))
  const texts = entries.map(([hotkey, fields]) => hotkey.slice(2) + fields.map(fieldText).join(''))
  return tagged(specHash, `0x${texts.join('')}`)
}

/**
 * Reads packed state. What another aggregator left is no state: a subnet that changes its aggregator begins anew.
 * Throws `subnets/bad-carry` when it has this aggregator's tag and not its form.
 */
export function unpackState(specHash: Hex, carried: Hex, fields: number): HolderState {
  const text = untagged(specHash, carried).slice(2)
  const width = hotkeyDigits + fields * fieldDigits
  if (text.length % width !== 0 || !/^[0-9a-f]*$/.test(text)) throw badCarry()
  const state = new Map<Address, readonly bigint[]>()
  let before = ''
  for (let from = 0; from < text.length; from += width) {
    const hotkey = text.slice(from, from + hotkeyDigits)
    if (hotkey <= before) throw badCarry()
    before = hotkey
    const values = Array.from({ length: fields }, (_, field) => {
      const at = from + hotkeyDigits + field * fieldDigits
      return BigInt.asIntN(128, BigInt(`0x${text.slice(at, at + fieldDigits)}`))
    })
    state.set(`0x${hotkey}`, values)
  }
  return state
}

function fieldText(value: bigint): string {
  if (BigInt.asIntN(128, value) !== value) {
    throw new KoinonError({ code: 'subnets/out-of-range', message: 'What is carried of a seat has 128 bits at most' })
  }
  return BigInt.asUintN(128, value).toString(16).padStart(fieldDigits, '0')
}

function badCarry(): KoinonError {
  return new KoinonError({
    code: 'subnets/bad-carry',
    message: 'What was carried of seats from the epoch before is malformed',
  })
}
