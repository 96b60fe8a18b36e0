/** Documents named by what they contain: `ipfs://` with a CIDv1 of one raw SHA-256 block, so that nobody has to be believed. */
import { bytesToHex, equalBytes, type Hex, hexToBytes, KoinonError, sha256 } from '@koinon/base'

/** Larger files are several blocks on IPFS, whose CID is not the hash of the file. */
export const maximumContentBytes: number = 256 * 1024

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
/** CIDv1, raw codec, SHA-256, 32 bytes. */
const prefix = Uint8Array.of(0x01, 0x55, 0x12, 0x20)

/** `ipfs://bafkrei...` of the bytes. Throws `agents/bad-content-uri` above {@link maximumContentBytes}. */
export function contentUri(bytes: Uint8Array): string {
  if (bytes.length > maximumContentBytes) throw badUri(`The content has ${bytes.length} bytes`)
  return `ipfs://b${base32(Uint8Array.of(...prefix, ...sha256(bytes)))}`
}

/** The CID of an `ipfs://` URI, without what may follow it; undefined for other URIs. */
export function contentIdOf(uri: string): string | undefined {
  return /^ipfs:\/\/([A-Za-z0-9]{1,128})(?:[/?#]|$)/.exec(uri)?.[1]
}

/** The CID of bytes with this SHA-256, as {@link contentUri} names them. */
export function contentIdOfHash(hash: Hex): string {
  return `b${base32(Uint8Array.of(...prefix, ...hexToBytes(hash)))}`
}

/** SHA-256 that a CID commits to; undefined where it does not name the hash of the bytes themselves (several blocks, another hash). */
export function contentHashOf(cid: string): Hex | undefined {
  if (!/^b[a-z2-7]{58}$/.test(cid)) return undefined
  const bytes = fromBase32(cid.slice(1))
  return bytes !== undefined && equalBytes(bytes.subarray(0, 4), prefix) ? bytesToHex(bytes.subarray(4)) : undefined
}

/** Whether the bytes are what the CID names; undefined when it does not say. */
export function isContentOf(cid: string, bytes: Uint8Array): boolean | undefined {
  const hash = contentHashOf(cid)
  return hash === undefined ? undefined : equalBytes(hexToBytes(hash), sha256(bytes))
}

function base32(bytes: Uint8Array): string {
  let [text, held, bits] = ['', 0, 0]
  for (const byte of bytes) {
    held = (held << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet[(held >> (bits - 5)) & 31]
    held &= 31
  }
  return bits === 0 ? text : text + alphabet[(held << (5 - bits)) & 31]
}

/** Undefined when the bits that fill the last letter are not zero: each content has one name. */
function fromBase32(text: string): Uint8Array | undefined {
  const bytes: number[] = []
  let [held, bits] = [0, 0]
  for (const letter of text) {
    held = ((held << 5) | alphabet.indexOf(letter)) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push((held >> bits) & 0xff)
  }
  return (held & ((1 << bits) - 1)) === 0 ? Uint8Array.from(bytes) : undefined
}

function badUri(problem: string): KoinonError {
  return new KoinonError({ code: 'agents/bad-content-uri', message: `${problem}, at most ${maximumContentBytes}` })
}
