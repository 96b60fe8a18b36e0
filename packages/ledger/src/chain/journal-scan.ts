import type { FileHandle } from 'node:fs/promises'
import { KoinonError } from '@koinon/base'
import {
  decodeFrameHeader,
  decodeHeader,
  decodeRecord,
  frameHeaderBytes,
  isHeaderKind,
  type JournalHeader,
  type JournalRecord,
  journalMagic,
  payloadChecksum,
} from './journal-format.ts'

const readChunkBytes = 1024 * 1024

/** A record and where it ends in the file. */
export type PlacedRecord = { readonly record: JournalRecord; readonly endOffset: number }

/** What a journal holds, after every checksum and the order of the records were checked. */
export type JournalScan = {
  readonly header: JournalHeader
  readonly headerEndOffset: number
  /** Where the last whole record ends. Bytes after it are a write that never finished. */
  readonly endOffset: number
  readonly tornBytes: number
  /** Number of the last block that a record belongs to and that was not voided; 0 when there is none. */
  readonly tipNumber: number
  /** True when the tip has no seal: the process ended between writing the block and sealing it. */
  readonly tipUnsealed: boolean
  readonly blocks: number
  readonly transactions: number
}

/**
 * Reads a whole journal and checks it, changing nothing. Throws `chain/journal-damaged` when bytes that were once written whole
 * are not what they were, and `chain/not-a-journal` when the file is something else.
 */
export async function scanJournal(file: FileHandle, path: string): Promise<JournalScan> {
  const { size } = await file.stat()
  const reader = new FrameReader(file, size, path)
  const { header, headerEndOffset } = await reader.readHeader()
  let tipNumber = 0
  let tipUnsealed = false
  let blocks = 0
  let transactions = 0
  let pending = 0
  for (let placed = await reader.next(); placed !== undefined; placed = await reader.next()) {
    const { record } = placed
    if (record.kind === 'block') {
      if (tipUnsealed || record.number !== tipNumber + 1) throw reader.damaged(`block ${record.number} is out of order`)
      tipUnsealed = true
      tipNumber = record.number
      pending = record.transactions.length
      blocks += 1
      transactions += pending
      continue
    }
    if (!tipUnsealed || record.number !== tipNumber) throw reader.damaged(`a ${record.kind} has no block before it`)
    tipUnsealed = false
    if (record.kind === 'seal') continue
    tipNumber -= 1
    blocks -= 1
    transactions -= pending
  }
  return {
    header,
    headerEndOffset,
    endOffset: reader.offset,
    tornBytes: size - reader.offset,
    tipNumber,
    tipUnsealed,
    blocks,
    transactions,
  }
}

/** Yields the records between two offsets of a scanned journal, in order. */
export async function* readRecords(
  file: FileHandle,
  path: string,
  startOffset: number,
  endOffset: number,
): AsyncGenerator<JournalRecord> {
  const reader = new FrameReader(file, endOffset, path)
  reader.offset = startOffset
  for (let placed = await reader.next(); placed !== undefined; placed = await reader.next()) yield placed.record
}

class FrameReader {
  offset = 0
  readonly #file: FileHandle
  readonly #size: number
  readonly #path: string
  #chunk = Buffer.alloc(0)
  #chunkOffset = 0

  constructor(file: FileHandle, size: number, path: string) {
    this.#file = file
    this.#size = size
    this.#path = path
  }

  async readHeader(): Promise<{ readonly header: JournalHeader; readonly headerEndOffset: number }> {
    const magic = await this.#bytes(0, journalMagic.length)
    if (magic === undefined || !magic.equals(journalMagic)) throw this.#notAJournal(magic)
    this.offset = journalMagic.length
    const frame = await this.#frame()
    if (frame === undefined || !isHeaderKind(frame.kind)) throw this.damaged('the header record is not whole')
    this.offset = frame.endOffset
    return { header: decodeHeader(frame.payload), headerEndOffset: this.offset }
  }

  /** The next record, or undefined at the end or at a write that never finished. */
  async next(): Promise<PlacedRecord | undefined> {
    const frame = await this.#frame()
    if (frame === undefined) return undefined
    const record = decodeRecord(frame.kind, frame.payload)
    if (record === undefined) throw this.damaged('a record has an unknown kind or shape')
    this.offset = frame.endOffset
    return { record, endOffset: frame.endOffset }
  }

  damaged(reason: string): KoinonError {
    return new KoinonError({
      code: 'chain/journal-damaged',
      message: `The chain journal ${this.#path} is damaged at byte ${this.offset}: ${reason}`,
      hint: 'Nothing was changed. Restore the file from a copy; check the disk before going on.',
      details: { path: this.#path, offset: this.offset },
    })
  }

  /**
   * An append that a crash cut short leaves a prefix of the frame, or (power loss) a prefix followed by zeros. Anything else
   * was whole once, so it may hold acknowledged transactions and must not be cut.
   */
  async #frame(): Promise<{ kind: number; payload: Buffer; endOffset: number } | undefined> {
    const left = this.#size - this.offset
    if (left === 0) return undefined
    const head = await this.#bytes(this.offset, frameHeaderBytes)
    if (head === undefined) return undefined
    const frame = decodeFrameHeader(head)
    if (frame === undefined) {
      if (await this.#zerosToEnd(this.offset + frameHeaderBytes - 4)) return undefined
      throw this.damaged('the frame before a record does not match its checksum')
    }
    const endOffset = this.offset + frameHeaderBytes + frame.payloadBytes
    const payload = await this.#bytes(this.offset + frameHeaderBytes, frame.payloadBytes)
    if (payload === undefined) return undefined
    if (payloadChecksum(payload) !== frame.payloadCrc) {
      const lastBytes = Math.min(8, frame.payloadBytes)
      if (await this.#zerosToEnd(endOffset - lastBytes)) return undefined
      throw this.damaged('a record does not match its checksum')
    }
    return { kind: frame.kind, payload, endOffset }
  }

  async #zerosToEnd(from: number): Promise<boolean> {
    for (let at = from; at < this.#size; at += readChunkBytes) {
      const bytes = await this.#bytes(at, Math.min(readChunkBytes, this.#size - at))
      if (bytes === undefined || bytes.some((byte) => byte !== 0)) return false
    }
    return true
  }

  async #bytes(from: number, length: number): Promise<Buffer | undefined> {
    if (from + length > this.#size) return undefined
    const inside = from >= this.#chunkOffset && from + length <= this.#chunkOffset + this.#chunk.length
    if (!inside) {
      const wanted = Math.max(length, Math.min(readChunkBytes, this.#size - from))
      const buffer = Buffer.alloc(wanted)
      let filled = 0
      while (filled < wanted) {
        const { bytesRead } = await this.#file.read(buffer, filled, wanted - filled, from + filled)
        if (bytesRead === 0) throw this.damaged('the file became shorter while it was read')
        filled += bytesRead
      }
      this.#chunk = buffer
      this.#chunkOffset = from
    }
    const start = from - this.#chunkOffset
    return this.#chunk.subarray(start, start + length)
  }

  #notAJournal(magic: Buffer | undefined): KoinonError {
    const otherVersion = magic?.subarray(0, 7).equals(journalMagic.subarray(0, 7)) === true
    return new KoinonError({
      code: 'chain/not-a-journal',
      message: otherVersion
        ? `The chain journal ${this.#path} has format version ${magic?.[7]}, this program reads version ${journalMagic[7]}`
        : `The file ${this.#path} is not a chain journal, or its first bytes are damaged`,
      hint: otherVersion
        ? 'Use the program version that wrote it.'
        : 'Nothing was changed. Give another path, or restore the file from a copy.',
      details: { path: this.#path },
    })
  }
}
