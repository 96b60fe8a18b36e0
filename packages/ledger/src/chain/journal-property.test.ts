import { open } from 'node:fs/promises'
import type { Hex } from '@koinon/base'
import { afterEach, describe, expect, it } from 'vitest'
import { encodeRecord, type JournalRecord } from './journal-format.ts'
import { readRecords, scanJournal } from './journal-scan.ts'
import { journalFile } from './testing/journal-fixture.ts'
import { seededRandom } from './testing/seeded-random.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

const seeds = Array.from({ length: 12 }, (_, index) => index + 1)

describe('a journal of random records', () => {
  it.each(seeds)('gives back a whole prefix of them at any cut (seed %i)', async (seed) => {
    const random = seededRandom(seed)
    const records = randomRecords(random, 3 + Math.floor(random() * 12))
    const { path, bytes, frames, write } = setup(records)
    const headerEnd = (frames[0]?.length ?? 0) + (frames[1]?.length ?? 0)
    for (let trial = 0; trial < 12; trial++) {
      const length = headerEnd + Math.floor(random() * (bytes.length - headerEnd + 1))
      write(bytes.subarray(0, length))
      const { found, tornBytes } = await read(path)
      expect(found).toEqual(records.slice(0, found.length))
      const keptBytes = records
        .slice(0, found.length)
        .reduce((sum, record) => sum + encodeRecord(record).length, headerEnd)
      expect(keptBytes + tornBytes).toBe(length)
    }
  })

  it.each(seeds)('is never silently read as another one after random damage (seed %i)', async (seed) => {
    const random = seededRandom(1000 + seed)
    const records = randomRecords(random, 3 + Math.floor(random() * 12))
    const { path, bytes, write } = setup(records)
    for (let trial = 0; trial < 12; trial++) {
      const damaged = Buffer.from(bytes)
      const burst = 1 + Math.floor(random() * 40)
      const start = Math.floor(random() * (bytes.length - burst - 64))
      for (let at = start; at < start + burst; at++) damaged[at] = Math.floor(random() * 256)
      if (damaged.equals(bytes)) continue
      write(damaged)
      await expect(read(path), `bytes ${start} to ${start + burst}`).rejects.toMatchObject({ code: /^chain\// })
    }
  })

  it.each(seeds)('notices a stretch cut out or doubled (seed %i)', async (seed) => {
    const random = seededRandom(2000 + seed)
    const records = randomRecords(random, 8)
    const { path, bytes, frames, write } = setup(records)
    const ends = frames.map((_, index) => frames.slice(0, index + 1).reduce((sum, frame) => sum + frame.length, 0))
    const from = ends[1 + Math.floor(random() * 4)] ?? 0
    const to = ends[6 + Math.floor(random() * 2)] ?? 0
    for (const changed of [
      Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]),
      Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]),
    ]) {
      write(changed)
      const outcome = await read(path).then(
        ({ found }) => found,
        (error: { readonly code: string }) => error.code,
      )
      // A cut may leave a shorter valid chain only if what follows still fits in number; then it is a voided number.
      if (typeof outcome === 'string') expect(outcome).toBe('chain/journal-damaged')
      else expect(isLegal(outcome)).toBe(true)
    }
  })
})

/** A legal sequence: each block sealed or, now and then, voided and tried again. */
function randomRecords(random: () => number, count: number): JournalRecord[] {
  const records: JournalRecord[] = []
  let number = 1
  while (records.length < count) {
    const transactions = Array.from({ length: Math.floor(random() * 4) }, () =>
      randomHex(random, Math.floor(random() * 300)),
    )
    const timestampSeconds = 1_750_000_000 + Math.floor(random() * 1e6)
    records.push({ kind: 'block', number, timestampSeconds, prevRandao: randomHex(random, 32), transactions })
    if (random() < 0.2) {
      records.push({ kind: 'void', number })
    } else {
      records.push({ kind: 'seal', number, blockHash: randomHex(random, 32), receiptsRoot: randomHex(random, 32) })
      number += 1
    }
  }
  return records
}

function randomHex(random: () => number, bytes: number): Hex {
  return `0x${Buffer.from(Array.from({ length: bytes }, () => Math.floor(random() * 256))).toString('hex')}`
}

function isLegal(records: readonly JournalRecord[]): boolean {
  let tip = 0
  return records.every((record, index) => {
    const before = records[index - 1]
    if (record.kind === 'block') return before?.kind !== 'block' && record.number === tip + 1
    const follows = before?.kind === 'block' && before.number === record.number
    if (record.kind === 'seal') tip = record.number
    return follows
  })
}

async function read(path: string) {
  const file = await open(path, 'r')
  try {
    const { headerEndOffset, endOffset, tornBytes } = await scanJournal(file, path)
    const found: JournalRecord[] = []
    for await (const record of readRecords(file, path, headerEndOffset, endOffset)) found.push(record)
    return { found, tornBytes }
  } finally {
    await file.close()
  }
}

function setup(records: readonly JournalRecord[]) {
  const file = journalFile(records)
  cleanups.push(file.remove)
  return file
}
