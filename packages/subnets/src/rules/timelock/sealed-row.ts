/** A weight row that anybody can open once its round is out (specs/0018-timelock.md sections 3 and 4). */
import {
  type Address,
  bytesToHex,
  concatBytes,
  fixedBytes,
  type Hex,
  hexToBytes,
  KoinonError,
  type Random,
} from '@koinon/base'
import { unpackRow } from '../weight-row.ts'
import { decryptWithRound, encryptToRound } from './identity-encryption.ts'
import type { VerifiedRound } from './round.ts'
import { type RoundChain, roundChainHash } from './round-chain.ts'

/** Whose row of which epoch. */
export type RowOwner = { readonly hotkey: Address; readonly netuid: number; readonly epoch: number }

/** What `revealFor` needs. `salt` is 32 bytes. */
export type SealedWeights = RowOwner & { readonly packedRow: Hex; readonly salt: Hex }

const version = 1
const keyBytes = 32
const headerBytes = 1 + 8 + 96 + keyBytes + keyBytes
const ownerBytes = 20 + 4 + 8
const payloadBytes = ownerBytes + 32
const tagBytes = 16
/** Of the packed row: 256 seats. */
const maximumRowBytes = 1_024

/** Longest sealed row: 1,273 bytes. */
export const maximumSealedBytes = headerBytes + payloadBytes + maximumRowBytes + tagBytes

/** Seals a row to a round. Draws 64 bytes. Throws `subnets/bad-row` or `subnets/bad-timelock` on what no ledger would take. */
export async function sealRow(
  { chain, round }: { readonly chain: RoundChain; readonly round: number },
  weights: SealedWeights,
  random: Random,
): Promise<Hex> {
  unpackRow(weights.packedRow)
  const payload = concatBytes(ownerOf(weights), fixedBytes(weights.salt, 32), hexToBytes(weights.packedRow))
  if (payload.length > payloadBytes + maximumRowBytes) throw badSealed('its row is too long')
  const key = random(keyBytes)
  const { u, v, w } = encryptToRound(chain, round, key, random(keyBytes))
  const prefix = new DataView(new ArrayBuffer(9))
  prefix.setUint8(0, version)
  prefix.setBigUint64(1, BigInt(round))
  const header = concatBytes(new Uint8Array(prefix.buffer), u, v, w)
  const sealed = await crypto.subtle.encrypt(cipher(chain, header), await importKey(key, 'encrypt'), copyOf(payload))
  return bytesToHex(concatBytes(header, new Uint8Array(sealed)))
}

/** The round that a sealed row names. Throws `subnets/bad-timelock` when it is no sealed row. */
export function roundOfSealed(sealed: Hex): number {
  return Number(new DataView(sealedBytes(sealed).buffer).getBigUint64(1))
}

/**
 * Opens a sealed row found at `owner`'s commitment. Throws `subnets/bad-timelock` when it is malformed, damaged, of another round or
 * timekeeper, and `subnets/foreign-timelock` when it was made for another hotkey, subnet or epoch. Whether row and salt give the
 * commitment is for the caller to check: `weightsCommitment`.
 */
export async function openSealedRow(sealed: Hex, round: VerifiedRound, owner: RowOwner): Promise<SealedWeights> {
  const bytes = sealedBytes(sealed)
  if (roundOfSealed(sealed) !== round.round) throw badSealed(`it names another round than ${round.round}`)
  const header = bytes.subarray(0, headerBytes)
  const key = decryptWithRound(round, {
    u: header.subarray(9, 105),
    v: header.subarray(105, 137),
    w: header.subarray(137),
  })
  let payload: Uint8Array
  try {
    const opened = await crypto.subtle.decrypt(
      cipher(round.chain, header),
      await importKey(key, 'decrypt'),
      copyOf(bytes.subarray(headerBytes)),
    )
    payload = new Uint8Array(opened)
  } catch (cause) {
    throw badSealed('its text was altered', cause)
  }
  if (bytesToHex(payload.subarray(0, ownerBytes)) !== bytesToHex(ownerOf(owner))) throw foreignSealed(owner)
  const packedRow = bytesToHex(payload.subarray(payloadBytes))
  unpackRow(packedRow)
  return { ...owner, packedRow, salt: bytesToHex(payload.subarray(ownerBytes, payloadBytes)) }
}

function sealedBytes(sealed: Hex): Uint8Array {
  const bytes = sealed.length <= 2 + 2 * maximumSealedBytes ? hexToBytes(sealed) : new Uint8Array()
  const least = headerBytes + payloadBytes + tagBytes
  if (bytes.length < least) throw badSealed(`it has not ${least} to ${maximumSealedBytes} bytes`)
  if (bytes[0] !== version) throw badSealed(`version ${bytes[0]}`)
  return bytes
}

function ownerOf({ hotkey, netuid, epoch }: RowOwner): Uint8Array {
  const numbers = new DataView(new ArrayBuffer(12))
  numbers.setUint32(0, netuid)
  numbers.setBigUint64(4, BigInt(epoch))
  return concatBytes(fixedBytes(hotkey, 20), new Uint8Array(numbers.buffer))
}

/** The nonce is fixed because every key seals one row. */
function cipher(chain: RoundChain, header: Uint8Array): AesGcmParams {
  const additionalData = copyOf(concatBytes(hexToBytes(roundChainHash(chain)), header))
  return { name: 'AES-GCM', iv: new Uint8Array(12), additionalData, tagLength: 8 * tagBytes }
}

function importKey(key: Uint8Array, use: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', copyOf(key), 'AES-GCM', false, [use])
}

/** WebCrypto's types want bytes over a buffer that is not shared. */
function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

function foreignSealed({ hotkey, netuid, epoch }: RowOwner): KoinonError {
  return new KoinonError({
    code: 'subnets/foreign-timelock',
    message: `What is sealed was not made by ${hotkey} for epoch ${epoch} of subnet ${netuid}`,
  })
}

function badSealed(problem: string, cause?: unknown): KoinonError {
  return new KoinonError({
    code: 'subnets/bad-timelock',
    message: `The sealed row cannot be opened: ${problem}`,
    cause,
  })
}
