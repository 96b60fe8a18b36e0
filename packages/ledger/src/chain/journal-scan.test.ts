import { open } from 'node:fs/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { encodeRecord, frameHeaderBytes, type JournalRecord } from './journal-format.ts'
import { type JournalScan, readRecords, scanJournal } from './journal-scan.ts'
import { blockRecord, journalFile, recordKinds, sealRecord, testHeader } from './testing/journal-fixture.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

const records: readonly JournalRecord[] = [
  blockRecord(1),
  sealRecord(1),
  blockRecord(2),
  { kind: 'void', number: 2 },
  blockRecord(2),
  sealRecord(2),
]

describe('scanJournal', () => {
  it('counts blocks and transactions, not the voided ones', async () => {
    const { scan, bytes } = await setup(records)
    expect(await scan()).toMatchObject({
      header: testHeader,
      endOffset: bytes.length,
      tornBytes: 0,
      tipNumber: 2,
      tipUnsealed: false,
      blocks: 2,
      transactions: 4,
    })
  })

  it('tells an unsealed last block', async () => {
    const { scan } = await setup([...records, blockRecord(3)])
    expect(await scan()).toMatchObject({ tipNumber: 3, tipUnsealed: true, blocks: 3 })
  })

  it('takes every possible cut after the header for a write that never finished', async () => {
    const { scan, bytes, frames, write } = await setup(records)
    const ends = frames.map((_, index) => frames.slice(0, index + 1).reduce((sum, frame) => sum + frame.length, 0))
    const headerEnd = ends[1] as number
    for (let length = headerEnd; length < bytes.length; length++) {
      write(bytes.subarray(0, length))
      const wholeEnd = Math.max(...ends.filter((end) => end <= length))
      expect(await scan()).toMatchObject({ endOffset: wholeEnd, tornBytes: length - wholeEnd })
    }
  })

  it('takes a last record that ends in zeros for one whose pages never reached the disk', async () => {
    const { scan, bytes, write } = await setup(records)
    const start = bytes.length - encodeRecord(sealRecord(2)).length
    for (const kept of [0, 5, frameHeaderBytes - 4, frameHeaderBytes, frameHeaderBytes + 40]) {
      const torn = Buffer.from(bytes)
      torn.fill(0, start + kept)
      write(torn)
      expect(await scan()).toMatchObject({ endOffset: start, tipNumber: 2, tipUnsealed: true })
    }
  })

  it('takes trailing zeros after a whole record for a write that never finished', async () => {
    const { scan, bytes, write } = await setup(records)
    write(Buffer.concat([bytes, Buffer.alloc(4096)]))
    expect(await scan()).toMatchObject({ endOffset: bytes.length, tornBytes: 4096 })
  })

  it('stops at a flipped bit in any byte of the file', async () => {
    const { scan, bytes, write } = await setup(records)
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes)
      damaged[at] = (damaged[at] as number) ^ (1 << (at % 8))
      write(damaged)
      await expect(scan(), `byte ${at}`).rejects.toMatchObject({
        code: at < 8 ? 'chain/not-a-journal' : 'chain/journal-damaged',
      })
    }
  })

  it('stops when a record is missing, repeated or out of order', async () => {
    const [block1, seal1, block2] = [blockRecord(1), sealRecord(1), blockRecord(2)]
    const wrong: readonly (readonly JournalRecord[])[] = [
      [block1, block2],
      [block1, seal1, seal1],
      [seal1],
      [block1, seal1, block1],
      [block1, sealRecord(2)],
      [block1, seal1, blockRecord(3)],
      [{ kind: 'void', number: 0 }],
    ]
    for (const sequence of wrong) {
      const { scan } = await setup(sequence)
      await expect(scan()).rejects.toMatchObject({ code: 'chain/journal-damaged' })
    }
  })

  it('stops at a header cut short, because a journal is never created with half a header', async () => {
    const { scan, bytes, write } = await setup(records)
    for (const length of [1, 7, 8, 20, 100]) {
      write(bytes.subarray(0, length))
      await expect(scan()).rejects.toMatchObject({ hint: expect.stringMatching(/restore the file/i) })
    }
  })

  it('names the other format version', async () => {
    const { scan, bytes, write } = await setup(records)
    const newer = Buffer.from(bytes)
    newer[7] = 2
    write(newer)
    await expect(scan()).rejects.toThrow(/format version 2, this program reads version 1/)
  })
})

describe('readRecords', () => {
  it('yields the records of a journal larger than one read', async () => {
    const large: JournalRecord = { ...(blockRecord(1) as object), transactions: [`0x${'aa'.repeat(3 << 20)}`] } as never
    const many = [large, sealRecord(1), ...[2, 3, 4].flatMap((n) => [blockRecord(n), sealRecord(n)])]
    const { path, scan } = await setup(many)
    const { headerEndOffset, endOffset } = await scan()
    const file = await open(path, 'r')
    const found: JournalRecord[] = []
    for await (const record of readRecords(file, path, headerEndOffset, endOffset)) found.push(record)
    await file.close()
    expect(found).toEqual(many)
    expect(await recordKinds(path)).toHaveLength(8)
  })
})

async function setup(content: readonly JournalRecord[]) {
  const file = journalFile(content)
  cleanups.push(file.remove)
  return {
    ...file,
    async scan(): Promise<JournalScan> {
      const handle = await open(file.path, 'r')
      try {
        return await scanJournal(handle, file.path)
      } finally {
        await handle.close()
      }
    },
  }
}
