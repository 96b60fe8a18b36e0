import { crc32 } from 'node:zlib'
import { bytesToHex, type Hex, hexToBytes, KoinonError } from '@koinon/base'
import type { ChainGenesis } from './genesis.ts'

/** First eight bytes of a journal file: seven letters and the format version. */
export const journalMagic = Uint8Array.from([...'KOINONJ'].map((letter) => letter.charCodeAt(0)).concat(1))

/** Bytes before the payload of a frame: length u32, kind u8, three zero bytes, payload CRC-32, CRC-32 of those twelve bytes. */
export const frameHeaderBytes = 16

/** A record may not be longer than this; a larger length in a frame is damage. */
export const maximumPayloadBytes = 256 * 1024 * 1024

const kinds = { header: 0, block: 1, seal: 2, void: 3 } as const

/** What the journal is bound to. Written once, as the first record. */
export type JournalHeader = {
  readonly engineName: string
  readonly engineVersion: string
  readonly hardfork: string
  /** {@link genesisHash} of the genesis below. */
  readonly genesisHash: Hex
  readonly genesis: ChainGenesis
}

/** A block about to be mined. Durable before it is mined, and so before anything in it is acknowledged or can be read. */
export type BlockRecord = {
  readonly kind: 'block'
  readonly number: number
  readonly timestampSeconds: number
  readonly prevRandao: Hex
  readonly transactions: readonly Hex[]
}

/** The result of mining the block record before it. */
export type SealRecord = {
  readonly kind: 'seal'
  readonly number: number
  readonly blockHash: Hex
  readonly receiptsRoot: Hex
}

/** The engine refused the block record before it: nothing of it was mined or acknowledged, the number is free again. */
export type VoidRecord = { readonly kind: 'void'; readonly number: number }

export type JournalRecord = BlockRecord | SealRecord | VoidRecord

/** A record as it lies in the file: length, kind, checksums, payload (spec 0002). */
export function encodeRecord(record: JournalRecord): Uint8Array {
  switch (record.kind) {
    case 'block':
      return encodeFrame(kinds.block, encodeBlock(record))
    case 'seal': {
      const payload = Buffer.alloc(72)
      payload.writeBigUInt64LE(BigInt(record.number), 0)
      payload.set(hexToBytes(record.blockHash), 8)
      payload.set(hexToBytes(record.receiptsRoot), 40)
      return encodeFrame(kinds.seal, payload)
    }
    case 'void': {
      const payload = Buffer.alloc(8)
      payload.writeBigUInt64LE(BigInt(record.number), 0)
      return encodeFrame(kinds.void, payload)
    }
  }
}

/** The header record as it lies in the file: a frame of kind 0 with UTF-8 JSON, balances as decimal strings. */
export function encodeHeader(header: JournalHeader): Uint8Array {
  const json = {
    engineName: header.engineName,
    engineVersion: header.engineVersion,
    hardfork: header.hardfork,
    chainId: header.genesis.chainId,
    genesisTimestampSeconds: header.genesis.timestampSeconds,
    genesisHash: header.genesisHash,
    accounts: header.genesis.accounts.map((a) => ({ address: a.address, balanceWei: a.balanceWei.toString() })),
    predeploys: header.genesis.predeploys.map((p) => ({ address: p.address, runtimeBytecode: p.runtimeBytecode })),
  }
  return encodeFrame(kinds.header, Buffer.from(JSON.stringify(json)))
}

/** Reads the payload of a header record. Throws `chain/journal-damaged`. */
export function decodeHeader(payload: Uint8Array): JournalHeader {
  try {
    const json = JSON.parse(Buffer.from(payload).toString()) as ReturnType<typeof JSON.parse>
    return {
      engineName: String(json.engineName),
      engineVersion: String(json.engineVersion),
      hardfork: String(json.hardfork),
      genesisHash: json.genesisHash as Hex,
      genesis: {
        chainId: Number(json.chainId),
        timestampSeconds: Number(json.genesisTimestampSeconds),
        accounts: json.accounts.map((a: { address: Hex; balanceWei: string }) => ({
          address: a.address,
          balanceWei: BigInt(a.balanceWei),
        })),
        predeploys: json.predeploys.map((p: { address: Hex; runtimeBytecode: Hex }) => ({
          address: p.address,
          runtimeBytecode: p.runtimeBytecode,
        })),
      },
    }
  } catch (cause) {
    throw new KoinonError({
      code: 'chain/journal-damaged',
      message: 'The header of the chain journal cannot be read',
      hint: 'Restore the file from a copy.',
      cause,
    })
  }
}

/** Reads a payload of a block, seal or void frame. Undefined when the kind is unknown or the payload is not of that shape. */
export function decodeRecord(kind: number, bytes: Uint8Array): JournalRecord | undefined {
  const payload = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (kind === kinds.block) return decodeBlock(payload)
  if (kind === kinds.seal && payload.length === 72) {
    return {
      kind: 'seal',
      number: Number(payload.readBigUInt64LE(0)),
      blockHash: toHex(payload.subarray(8, 40)),
      receiptsRoot: toHex(payload.subarray(40, 72)),
    }
  }
  if (kind === kinds.void && payload.length === 8) return { kind: 'void', number: Number(payload.readBigUInt64LE(0)) }
  return undefined
}

/** Length and kind of a frame, or undefined when the frame header does not hold together. */
export function decodeFrameHeader(
  bytes: Uint8Array,
): { readonly payloadBytes: number; readonly kind: number; readonly payloadCrc: number } | undefined {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (header.length < frameHeaderBytes || crc32(header.subarray(0, 12)) !== header.readUInt32LE(12)) return undefined
  const payloadBytes = header.readUInt32LE(0)
  if (payloadBytes > maximumPayloadBytes) return undefined
  return { payloadBytes, kind: header.readUInt8(4), payloadCrc: header.readUInt32LE(8) }
}

/** CRC-32 (IEEE 802.3, as in zlib) of a payload. */
export function payloadChecksum(payload: Uint8Array): number {
  return crc32(payload)
}

/** True for the kind number of a header record. */
export function isHeaderKind(kind: number): boolean {
  return kind === kinds.header
}

function encodeFrame(kind: number, payload: Uint8Array): Uint8Array {
  const frame = Buffer.alloc(frameHeaderBytes + payload.length)
  frame.writeUInt32LE(payload.length, 0)
  frame.writeUInt8(kind, 4)
  frame.writeUInt32LE(crc32(payload), 8)
  frame.writeUInt32LE(crc32(frame.subarray(0, 12)), 12)
  frame.set(payload, frameHeaderBytes)
  return frame
}

function encodeBlock(record: BlockRecord): Uint8Array {
  const transactions = record.transactions.map((raw) => Buffer.from(raw.slice(2), 'hex'))
  const payload = Buffer.alloc(52 + transactions.reduce((sum, transaction) => sum + 4 + transaction.length, 0))
  payload.writeBigUInt64LE(BigInt(record.number), 0)
  payload.writeBigUInt64LE(BigInt(record.timestampSeconds), 8)
  payload.set(hexToBytes(record.prevRandao), 16)
  payload.writeUInt32LE(transactions.length, 48)
  let offset = 52
  for (const transaction of transactions) {
    payload.writeUInt32LE(transaction.length, offset)
    payload.set(transaction, offset + 4)
    offset += 4 + transaction.length
  }
  return payload
}

function decodeBlock(payload: Buffer): BlockRecord | undefined {
  if (payload.length < 52) return undefined
  const count = payload.readUInt32LE(48)
  const transactions: Hex[] = []
  let offset = 52
  for (let index = 0; index < count; index++) {
    if (offset + 4 > payload.length) return undefined
    const end = offset + 4 + payload.readUInt32LE(offset)
    if (end > payload.length) return undefined
    transactions.push(toHex(payload.subarray(offset + 4, end)))
    offset = end
  }
  if (offset !== payload.length) return undefined
  return {
    kind: 'block',
    number: Number(payload.readBigUInt64LE(0)),
    timestampSeconds: Number(payload.readBigUInt64LE(8)),
    prevRandao: bytesToHex(payload.subarray(16, 48)),
    transactions,
  }
}

function toHex(bytes: Buffer): Hex {
  return `0x${bytes.toString('hex')}`
}
