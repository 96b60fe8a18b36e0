import { KoinonError } from './errors.ts'
import { nodeBuffer } from './platform.ts'

/** `0x` and lower-case hexadecimal digits, two a byte. */
export type Hex = `0x${string}`

/** 20-byte account address as lower-case hex (no checksum case, so equality is string equality). */
export type Address = Hex

/** Value of each hexadecimal digit by character code; 255 for everything else. */
const digitValues = new Uint8Array(256).fill(255)
for (const [value, digit] of [...'0123456789abcdef'].entries()) {
  digitValues[digit.charCodeAt(0)] = value
  digitValues[digit.toUpperCase().charCodeAt(0)] = value
}

/** The same without capitals, for texts of which only one spelling is allowed. */
const lowerDigitValues = digitValues.slice().fill(255, 'A'.charCodeAt(0), 'F'.charCodeAt(0) + 1)

const hexDigits = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'))
const encoder = new TextEncoder()

/** Bytes to lower-case `0x` hex. */
export function bytesToHex(bytes: Uint8Array): Hex {
  if (nodeBuffer !== undefined) return `0x${viewOf(bytes, nodeBuffer).toString('hex')}`
  let hex = '0x'
  for (const byte of bytes) hex += hexDigits[byte]
  return hex as Hex
}

/** `0x` hex to bytes. Throws `base/bad-hex` on odd length or a wrong digit. */
export function hexToBytes(hex: string): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, hex.length - 2) >> 1)
  if (!hex.startsWith('0x') || hex.length % 2 !== 0 || !writeHex(bytes, 0, hex)) {
    throw new KoinonError({ code: 'base/bad-hex', message: `"${hex.slice(0, 40)}" is not 0x-prefixed hexadecimal` })
  }
  return bytes
}

/** Writes the digits after `0x` at an offset; false when one of them is no hexadecimal digit. On the path of every receipt. */
export function writeHex(target: Uint8Array, offset: number, hex: string): boolean {
  return writeDigits(target, offset, hex, digitValues)
}

/** Like `writeHex`, and false for capital digits too. */
export function writeLowerHex(target: Uint8Array, offset: number, hex: string): boolean {
  return writeDigits(target, offset, hex, lowerDigitValues)
}

function writeDigits(target: Uint8Array, offset: number, hex: string, values: Uint8Array): boolean {
  let bad = 0
  for (let i = 2, at = offset; i < hex.length; i += 2, at++) {
    const high = values[hex.charCodeAt(i)] ?? 255
    const low = values[hex.charCodeAt(i + 1)] ?? 255
    bad |= high | low
    target[at] = (high << 4) | low
  }
  return bad < 16
}

/** UTF-8 bytes of a string. */
export function utf8ToBytes(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Joins byte arrays in order. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

/** Equality whose time depends on the length alone, for secrets and signatures. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number)
  return difference === 0
}

/** Bytes to unpadded base64url (RFC 4648 section 5). */
export function bytesToBase64Url(bytes: Uint8Array): string {
  if (nodeBuffer !== undefined) return viewOf(bytes, nodeBuffer).toString('base64url')
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** Unpadded base64url to bytes. Throws `base/bad-base64url`. */
export function base64UrlToBytes(text: string): Uint8Array {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) {
    throw new KoinonError({ code: 'base/bad-base64url', message: 'The text is not unpadded base64url' })
  }
  if (nodeBuffer !== undefined) return new Uint8Array(nodeBuffer.from(text, 'base64url'))
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}

function viewOf(bytes: Uint8Array, buffer: NonNullable<typeof nodeBuffer>): Buffer {
  return buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** 32 zero bytes as hex: "none" wherever a hash may be absent. */
export const zeroHash: Hex = `0x${'00'.repeat(32)}`

/** The zero address. */
export const zeroAddress: Address = `0x${'00'.repeat(20)}`

/** Lower-cases and checks a 20-byte address. Throws `base/bad-address`. */
export function toAddress(text: string): Address {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) {
    throw new KoinonError({
      code: 'base/bad-address',
      message: `"${text.slice(0, 60)}" is not an account address`,
      hint: 'An address is 0x followed by 40 hexadecimal digits.',
    })
  }
  return text.toLowerCase() as Address
}
