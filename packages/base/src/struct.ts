/**
 * Canonical encoding (specs/0001-encoding.md): a struct is its type hash followed by one 32-byte word a field, as in
 * EIP-712 but with SHA-256, so that the browser, Node's native hash and Solidity's precompile agree at little cost.
 */
import { type Address, type Hex, utf8ToBytes, writeLowerHex } from './bytes.ts'
import { KoinonError } from './errors.ts'
import { sha256, sha256Hex } from './hash.ts'

/** Field kinds. Numbers up to 53 bits are JS numbers, wider ones bigints; fixed bytes are hex; `string` is hashed. */
export type FieldKind =
  | 'bool'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint53'
  | 'uint64'
  | 'uint128'
  | 'uint256'
  | 'address'
  | 'bytes16'
  | 'bytes32'
  | 'string'

type ValueOf<kind extends FieldKind> = kind extends 'bool'
  ? boolean
  : kind extends 'uint8' | 'uint16' | 'uint32' | 'uint53'
    ? number
    : kind extends 'uint64' | 'uint128' | 'uint256'
      ? bigint
      : kind extends 'address'
        ? Address
        : kind extends 'bytes16' | 'bytes32'
          ? Hex
          : string

export type StructFields = Readonly<Record<string, FieldKind>>

/** The TypeScript value of a struct type. */
export type StructValue<fields extends StructFields> = { readonly [name in keyof fields]: ValueOf<fields[name]> }

/** The value as JSON: wide integers are decimal strings, all else as in memory. */
export type StructJson = Readonly<Record<string, string | number | boolean>>

export type StructType<fields extends StructFields> = {
  readonly name: string
  readonly fields: fields
  /** e.g. `Point(uint32 x,uint32 y)`; its SHA-256 is the first word of the encoding. */
  readonly signature: string
  /** Type hash and one word a field. Throws `base/bad-field` when a value does not fit its kind. */
  encode(value: StructValue<fields>): Uint8Array
  /** SHA-256 of the encoding. */
  hash(value: StructValue<fields>): Hex
  toJson(value: StructValue<fields>): StructJson
  /** Checks every field, refuses missing and unknown ones. The value is frozen, its hash remembered. Throws `base/bad-field`. */
  fromJson(json: unknown): StructValue<fields>
}

const bits: Partial<Record<FieldKind, number>> = {
  uint8: 8,
  uint16: 16,
  uint32: 32,
  uint53: 53,
  uint64: 64,
  uint128: 128,
  uint256: 256,
}
const fixedLength: Partial<Record<FieldKind, number>> = { address: 20, bytes16: 16, bytes32: 32 }

type Field = { readonly name: string; readonly kind: FieldKind; readonly path: string; readonly offset: number }
type JsonItem = string | number | boolean | bigint

/** Defines a struct type from its ordered fields. Names and order are part of the hash. */
export function defineStruct<const fields extends StructFields>(name: string, fields: fields): StructType<fields> {
  const ordered: readonly Field[] = Object.entries(fields).map(([field, kind], index) => ({
    name: field,
    kind,
    path: `${name}.${field}`,
    offset: 32 * (index + 1),
  }))
  const signature = `${name}(${ordered.map((field) => `${field.kind} ${field.name}`).join(',')})`
  const typeHash = sha256(utf8ToBytes(signature))
  // Hashing writes here instead of into fresh memory; nothing else runs between writing and hashing.
  const scratch = new Uint8Array(32 * (ordered.length + 1))
  const scratchView = new DataView(scratch.buffer)
  // Only values frozen by `fromJson` are in here, so a remembered hash cannot become wrong.
  const hashes = new WeakMap<object, Hex>()
  const encodeInto = (out: Uint8Array, view: DataView, value: object): void => {
    out.set(typeHash)
    for (const field of ordered) writeWord(out, view, field, (value as Record<string, unknown>)[field.name])
  }
  const hashFresh = (value: object): Hex => {
    scratch.fill(0)
    encodeInto(scratch, scratchView, value)
    return sha256Hex(scratch)
  }
  return {
    name,
    fields,
    signature,
    encode(value) {
      const out = new Uint8Array(scratch.length)
      encodeInto(out, new DataView(out.buffer), value)
      return out
    },
    hash: (value) => hashes.get(value) ?? hashFresh(value),
    toJson(value) {
      const json: Record<string, string | number | boolean> = {}
      for (const field of ordered) {
        const item = (value as Record<string, JsonItem>)[field.name] as JsonItem
        json[field.name] = typeof item === 'bigint' ? item.toString() : item
      }
      return json
    },
    fromJson(json) {
      if (typeof json !== 'object' || json === null || Array.isArray(json)) throw badField(name, 'is not an object')
      const record = json as Record<string, unknown>
      for (const key in record)
        if (!Object.hasOwn(fields, key)) throw badField(`${name}.${key}`, 'is not a known field')
      const value: Record<string, unknown> = {}
      for (const field of ordered) value[field.name] = fieldFromJson(field.kind, record[field.name], field.path)
      const hash = hashFresh(value)
      hashes.set(Object.freeze(value), hash)
      return value as StructValue<fields>
    },
  }
}

function fieldFromJson(kind: FieldKind, item: unknown, path: string): unknown {
  if (kind === 'uint64' || kind === 'uint128' || kind === 'uint256') {
    if (typeof item !== 'string' || !/^(0|[1-9][0-9]{0,77})$/.test(item))
      throw badField(path, 'is not a decimal string')
    return BigInt(item)
  }
  return item
}

function writeWord(out: Uint8Array, view: DataView, { kind, path, offset }: Field, item: unknown): void {
  if (kind === 'bool') {
    if (typeof item !== 'boolean') throw badField(path, 'is not true or false')
    out[offset + 31] = item ? 1 : 0
    return
  }
  if (kind === 'string') {
    out.set(textWord(item, path), offset)
    return
  }
  const length = fixedLength[kind]
  if (length !== undefined) {
    // Addresses are right-aligned and fixed bytes left-aligned, as in the Ethereum ABI.
    const at = kind === 'address' ? offset + 12 : offset
    const isFitting = typeof item === 'string' && item.length === 2 + 2 * length && item.startsWith('0x')
    if (!isFitting || !writeLowerHex(out, at, item)) {
      throw badField(path, `is not ${length} bytes of lower-case hex`)
    }
    return
  }
  writeInteger(view, offset, bits[kind] as number, item, path)
}

const knownTexts = new Map<string, Uint8Array>()
const maximumKnownTexts = 256
const maximumKnownCharacters = 64

/** Words of short texts are remembered, because methods, paths, kinds and models repeat; strangers cannot fill the memory. */
function textWord(item: unknown, path: string): Uint8Array {
  if (typeof item !== 'string') throw badField(path, 'is not text')
  const known = knownTexts.get(item)
  if (known !== undefined) return known
  if (!item.isWellFormed()) throw badField(path, 'holds a lone surrogate')
  const word = sha256(utf8ToBytes(item))
  if (item.length <= maximumKnownCharacters) {
    if (knownTexts.size >= maximumKnownTexts) knownTexts.clear()
    knownTexts.set(item, word)
  }
  return word
}

function writeInteger(view: DataView, offset: number, width: number, item: unknown, path: string): void {
  if (width <= 53) {
    if (
      typeof item !== 'number' ||
      !Number.isInteger(item) ||
      item < 0 ||
      item > 2 ** width - 1 ||
      Object.is(item, -0)
    ) {
      throw badField(path, `is not an unsigned integer of ${width} bits`)
    }
    view.setUint32(offset + 24, Math.floor(item / 2 ** 32))
    view.setUint32(offset + 28, item % 2 ** 32)
    return
  }
  if (typeof item !== 'bigint' || item < 0n || item > (largest[width] as bigint)) {
    throw badField(path, `is not an unsigned integer of ${width} bits`)
  }
  // Each call stores the lowest 64 bits of what it gets.
  let rest = item
  for (let at = offset + 24; rest > 0n; at -= 8, rest >>= 64n) view.setBigUint64(at, rest)
}

const largest: Readonly<Record<number, bigint>> = { 64: 2n ** 64n - 1n, 128: 2n ** 128n - 1n, 256: 2n ** 256n - 1n }

function badField(path: string, problem: string): KoinonError {
  return new KoinonError({ code: 'base/bad-field', message: `${path} ${problem}`, details: { field: path } })
}
