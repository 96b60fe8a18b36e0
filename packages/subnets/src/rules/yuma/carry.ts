/**
 * Bonds between two epochs as one hex text (specs/0011-yuma.md section 8). They belong to hotkeys, not to numbers: who takes over a seat
 * begins without the bonds of the one before.
 */
import { type Address, bytesToHex, fixedBytes, type Hex, hexToBytes, KoinonError } from '@koinon/base'

export type StoredBonds = {
  /** Ascending; those without any bond are left out. */
  readonly validators: readonly Address[]
  readonly seats: readonly Address[]
  /** Column after column, `seat * validators + validator`, 0 to 65535. */
  readonly bonds: Uint16Array
}

const headerBytes = 4
const addressBytes = 20

/** Packs bonds given in any order. `0x` when there are none. */
export function packBonds({ validators, seats, bonds }: StoredBonds): Hex {
  const bondOf = (validator: number, seat: number): number => bonds[seat * validators.length + validator] as number
  const rows = ascending(validators, (row) => seats.some((_, column) => bondOf(row, column) > 0))
  const columns = ascending(seats, (column) => validators.some((_, row) => bondOf(row, column) > 0))
  if (rows.length === 0) return '0x'
  const listed = addressBytes * (rows.length + columns.length)
  const bytes = new Uint8Array(headerBytes + listed + 2 * rows.length * columns.length)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, rows.length)
  view.setUint16(2, columns.length)
  const hotkeys = [...rows.map((row) => validators[row]), ...columns.map((column) => seats[column])]
  hotkeys.forEach((hotkey, index) => {
    bytes.set(fixedBytes(hotkey as Address, addressBytes), headerBytes + addressBytes * index)
  })
  columns.forEach((column, at) => {
    rows.forEach((row, place) => {
      view.setUint16(headerBytes + listed + 2 * (at * rows.length + place), bondOf(row, column))
    })
  })
  return bytesToHex(bytes)
}

/** Reads packed bonds. Throws `subnets/bad-carry` on everything that `packBonds` does not write: bonds have one spelling. */
export function unpackBonds(carried: Hex): StoredBonds {
  const bytes = hexToBytes(carried)
  if (bytes.length === 0) return { validators: [], seats: [], bonds: new Uint16Array(0) }
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const rows = bytes.length < headerBytes ? 0 : view.getUint16(0)
  const columns = bytes.length < headerBytes ? 0 : view.getUint16(2)
  const start = headerBytes + addressBytes * (rows + columns)
  if (bytes.length !== start + 2 * rows * columns) throw badCarry('its length does not fit its counts')
  const hotkeyAt = (index: number): Address => {
    const from = headerBytes + addressBytes * index
    return bytesToHex(bytes.subarray(from, from + addressBytes))
  }
  const stored = {
    validators: Array.from({ length: rows }, (_, row) => hotkeyAt(row)),
    seats: Array.from({ length: columns }, (_, column) => hotkeyAt(rows + column)),
    bonds: Uint16Array.from({ length: rows * columns }, (_, at) => view.getUint16(start + 2 * at)),
  }
  const isDistinct = (list: readonly Address[]): boolean => new Set(list).size === list.length
  if (!isDistinct(stored.validators) || !isDistinct(stored.seats)) throw badCarry('it names a hotkey twice')
  if (packBonds(stored) !== bytesToHex(bytes)) throw badCarry('it is not in the one order that bonds have')
  return stored
}

/** The bonds of these validators to these seats, column after column; 0 where nothing was carried. */
export function bondsBetween(
  stored: StoredBonds,
  validators: readonly Address[],
  seats: readonly Address[],
): Uint16Array {
  const rowOf = new Map(stored.validators.map((hotkey, row) => [hotkey, row]))
  const columnOf = new Map(stored.seats.map((hotkey, column) => [hotkey, column]))
  const rows = validators.map((hotkey) => rowOf.get(hotkey))
  const bonds = new Uint16Array(validators.length * seats.length)
  seats.forEach((seat, column) => {
    const from = columnOf.get(seat)
    if (from === undefined) return
    rows.forEach((row, place) => {
      if (row === undefined) return
      bonds[column * validators.length + place] = stored.bonds[from * stored.validators.length + row] as number
    })
  })
  return bonds
}

function ascending(hotkeys: readonly Address[], isKept: (index: number) => boolean): readonly number[] {
  const order = (a: number, b: number): number => ((hotkeys[a] as Address) < (hotkeys[b] as Address) ? -1 : 1)
  return [...hotkeys.keys()].filter(isKept).sort(order)
}

function badCarry(problem: string): KoinonError {
  return new KoinonError({
    code: 'subnets/bad-carry',
    message: `The bonds carried from the epoch before are malformed: ${problem}`,
    hint: 'Fetch the record of that epoch from another validator.',
  })
}
