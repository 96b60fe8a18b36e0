import { sha256 as nobleSha256 } from '@noble/hashes/sha2'
import { bytesToHex, type Hex, utf8ToBytes } from './bytes.ts'
import { nodeCrypto } from './platform.ts'

/** SHA-256 in JavaScript, the same on every platform. */
export function sha256Portable(bytes: Uint8Array): Uint8Array {
  return nobleSha256(bytes)
}

/** SHA-256: native in Node, portable elsewhere. */
export const sha256: (bytes: Uint8Array) => Uint8Array =
  nodeCrypto === undefined ? sha256Portable : withNode(nodeCrypto)

/** SHA-256 of bytes or of a text's UTF-8 bytes, as hex. */
export const sha256Hex: (data: Uint8Array | string) => Hex =
  nodeCrypto === undefined
    ? (data) => bytesToHex(sha256(typeof data === 'string' ? utf8ToBytes(data) : data))
    : withNodeHex(nodeCrypto)

/** Half the time of a digest as bytes and then as hex. */
function withNodeHex({ hash }: NonNullable<typeof nodeCrypto>): typeof sha256Hex {
  return (data) => `0x${hash('sha256', data, 'hex')}`
}

function withNode({ hash }: NonNullable<typeof nodeCrypto>): typeof sha256 {
  return (bytes) => {
    const { buffer, byteOffset, byteLength } = hash('sha256', bytes, 'buffer')
    return new Uint8Array(buffer, byteOffset, byteLength)
  }
}
