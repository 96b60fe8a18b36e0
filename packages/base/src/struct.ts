/**
 * Canonical encoding (specs/0001-encoding.md): a struct is its type hash followed by one 32-byte word a field, as in
 * EIP-712 but with SHA-256, so that the browser, Node's native hash and Solidity's precompile agree at little cost.
 */
import { type Address, bytesToHex, type Hex, utf8ToBytes, writeHex } from './bytes.ts'
import { KoinonError } from './errors.ts'
import { sha256 } from './hash.ts'

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
  /** Checks every field, refuses missing and unknown ones. Throws `base/bad-field`. */
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

/** Defines a struct type from its ordered fields. Names and order are part of the hash. */
export function defineStruct<const fields extends StructFields>(name: string, fields: fields): StructType<fields> {
  const entries = Object.entries(fields)
  const signature = `${name}(${entries.map(([field, kind]) => `${kind} ${field}`).join(',')})`
  const typeHash = sha256(utf8ToBytes(signature))
  const type: StructType<fields> = {
    name,
    fields,
    signature,
    encode(value) {
      const out = new Uint8Array(32 * (entries.length + 1))
      out.set(typeHash)
      entries.forEach(([field, kind], index) => {
        writeWord(out, 32 * (index + 1), kind, (value as Record<string, unknown>)[field], `${name}.${field}`)
      })
      return out
    },
    hash(value) {
      return bytesToHex(sha256(type.encode(value)))
    },
    toJson(value) {
      return Object.fromEntries(
        entries.map(([field]) => {
          const item = (value as Record<string, string | number | boolean | bigint>)[field]
          return [field, typeof item === 'bigint' ? item.toString() : (item as string | number | boolean)]
        }),
      )
    },
    fromJson(json) {
      if (typeof json !== 'object' || json === null || Array.isArray(json)) throw badField(name, 'is not an object')
      const record = json as Record<string, unknown>
      for (const key of Object.keys(record))
        if (!(key in fields)) throw badField(`${name}.${key}`, 'is not a known field')
      const value = Object.fromEntries(
        entries.map(([field, kind]) => [field, fieldFromJson(kind, record[field], `${name}.${field}`)]),
      ) as StructValue<fields>
      type.encode(value)
      return value
    },
  }
  return type
}

function fieldFromJson(kind: FieldKind, item: unknown, path: string): unknown {
  if (kind === 'uint64' || kind === 'uint128' || kind === 'uint256') {
    if (typeof item !== 'string' || !/^(0|[1-9][0-9]{0,77})$/.test(item))
      throw badField(path, 'is not a decimal string')
    return BigInt(item)
  }
  return item
}

function writeWord(out: Uint8Array, offset: number, kind: FieldKind, item: unknown, path: string): void {
  if (kind === 'bool') {
    if (typeof item !== 'boolean') throw badField(path, 'is not true or false')
    out[offset + 31] = item ? 1 : 0
    return
  }
  if (kind === 'string') {
    if (typeof item !== 'string') throw badField(path, 'is not text')
    if (!item.isWellFormed()) throw badField(path, 'holds a lone surrogate')
    out.set(sha256(utf8ToBytes(item)), offset)
    return
  }
  const length = fixedLength[kind]
  if (length !== undefined) {
    // Addresses are right-aligned and fixed bytes left-aligned, as in the Ethereum ABI.
    const at = kind === 'address' ? offset + 12 : offset
    const isFitting = typeof item === 'string' && item.length === 2 + 2 * length && item.startsWith('0x')
    if (!isFitting || /[A-F]/.test(item) || !writeHex(out, at, item)) {
      throw badField(path, `is not ${length} bytes of lower-case hex`)
    }
    return
  }
  writeInteger(out, offset, bits[kind] as number, item, path)
}

function writeInteger(out: Uint8Array, offset: number, width: number, item: unknown, path: string): void {
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
    let rest = item
    for (let i = 31; rest > 0; i--) {
      out[offset + i] = rest % 256
      rest = Math.floor(rest / 256)
    }
    return
  }
  if (typeof item !== 'bigint' || item < 0n || item >> BigInt(width) !== 0n) {
    throw badField(path, `is not an unsigned integer of ${width} bits`)
  }
  let rest = item
  for (let i = 31; rest > 0n; i--) {
    out[offset + i] = Number(rest & 0xffn)
    rest >>= 8n
  }
}

function badField(path: string, problem: string): KoinonError {
  return new KoinonError({ code: 'base/bad-field', message: `${path} ${problem}`, details: { field: path } })
}
