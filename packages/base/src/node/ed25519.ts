import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { bytesToHex, type Hex, hexToBytes } from '../bytes.ts'
import type { SessionSigner, VerifySession } from '../ed25519.ts'

const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex')
const maximumCachedKeys = 1024

/** Native signer from a 32-byte seed; signatures equal those of the portable one. */
export function createNativeSessionSigner(seed: Uint8Array): SessionSigner {
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  const publicKey = bytesToHex(spki.subarray(spkiPrefix.length))
  return { publicKey, sign: (message) => `0x${sign(null, message, privateKey).toString('hex')}` as Hex }
}

const publicKeys = new Map<Hex, KeyObject>()

/** Native verification; false on anything malformed. Parsed keys are remembered, oldest out first. */
export const verifySessionNative: VerifySession = (publicKey, message, signature) => {
  try {
    let key = publicKeys.get(publicKey)
    if (key === undefined) {
      key = createPublicKey({ key: Buffer.concat([spkiPrefix, hexToBytes(publicKey)]), format: 'der', type: 'spki' })
      if (publicKeys.size >= maximumCachedKeys) publicKeys.delete(publicKeys.keys().next().value as Hex)
      publicKeys.set(publicKey, key)
    }
    const bytes = hexToBytes(signature)
    return bytes.length === 64 && verify(null, message, key, bytes)
  } catch {
    return false
  }
}
