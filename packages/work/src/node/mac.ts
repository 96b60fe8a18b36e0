import { hash } from 'node:crypto'

const blockBytes = 64
const digestBytes = 32
const roomForText = 4_096

/**
 * HMAC-SHA256 (RFC 2104) of texts under one 32-byte key, as base64url. Two one-shot hashes over prepared blocks take a fifth of the
 * time of `createHmac`, which matters because every request of a session needs one.
 */
export function createMac(key: Uint8Array): (text: string) => string {
  const inner = Buffer.alloc(blockBytes + roomForText, 0x36)
  const outer = Buffer.alloc(blockBytes + digestBytes, 0x5c)
  key.forEach((byte, index) => {
    inner[index] = byte ^ 0x36
    outer[index] = byte ^ 0x5c
  })
  return (text) => {
    // A UTF-16 unit takes at most three bytes.
    const isFitting = 3 * text.length <= roomForText
    const message = isFitting
      ? inner.subarray(0, blockBytes + inner.write(text, blockBytes, 'utf8'))
      : Buffer.concat([inner.subarray(0, blockBytes), Buffer.from(text, 'utf8')])
    outer.set(hash('sha256', message, 'buffer'), blockBytes)
    return hash('sha256', outer, 'base64url')
  }
}
