import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { Journal, openJournal, readJournalHeader } from './journal.ts'
import { encodeRecord, type JournalRecord } from './journal-format.ts'
import { blockRecord, journalFile, sealRecord, testHeader } from './testing/journal-fixture.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

describe('openJournal', () => {
  it('creates a journal where there is none or an empty file, readable by its owner only', async () => {
    const { path } = setup([])
    for (const prepare of [() => writeFileSync(path, ''), () => cleanup(path)]) {
      prepare()
      const opened = await openJournal(path, testHeader)
      expect(opened).toMatchObject({ isNew: true, scan: { blocks: 0, header: testHeader } })
      await opened.journal.close()
      expect(statSync(path).mode & 0o077).toBe(0)
    }
    expect(existsSync(`${path}.new`)).toBe(false)
  })

  it('finds what was appended', async () => {
    const { path } = setup([])
    const first = await openJournal(path, testHeader)
    await first.journal.appendDurably(blockRecord(1))
    await first.journal.append(sealRecord(1))
    await first.journal.close()
    const second = await openJournal(path, testHeader)
    expect(await collect(second.records())).toEqual([blockRecord(1), sealRecord(1)])
    await second.journal.close()
  })

  it.each([
    ['engine version', { engineVersion: '2' }],
    ['engine', { engineName: 'anvil' }],
    ['hardfork', { hardfork: 'osaka' }],
    ['genesis hash', { genesisHash: `0x${'00'.repeat(32)}` }],
    ['chain id', { genesis: { ...testHeader.genesis, chainId: 6 } }],
  ] as const)('stops at another %s and changes nothing', async (what, change) => {
    const { path, bytes } = setup([blockRecord(1)])
    await expect(openJournal(path, { ...testHeader, ...change })).rejects.toMatchObject({
      code: 'chain/journal-mismatch',
      message: expect.stringContaining(what),
    })
    expect(readFileSync(path).equals(bytes)).toBe(true)
  })

  it('keeps the genesis time of the file, whatever the caller would use for a new chain', async () => {
    const { path } = setup([])
    const later = { ...testHeader, genesis: { ...testHeader.genesis, timestampSeconds: 1_800_000_000 } }
    const opened = await openJournal(path, later)
    expect(opened.scan.header.genesis.timestampSeconds).toBe(1_750_000_000)
    await opened.journal.close()
  })

  it('cuts a torn tail only when asked, and appends after the cut', async () => {
    const torn = encodeRecord(blockRecord(2)).subarray(0, 30)
    const { path, bytes } = setup([blockRecord(1), sealRecord(1)])
    writeFileSync(path, Buffer.concat([bytes, torn]))
    const opened = await openJournal(path, testHeader)
    expect(opened.scan.tornBytes).toBe(30)
    expect(statSync(path).size).toBe(bytes.length + 30)
    await opened.cutTornTail()
    await opened.journal.appendDurably(blockRecord(2))
    await opened.journal.close()
    expect(readFileSync(path).equals(Buffer.concat([bytes, encodeRecord(blockRecord(2))]))).toBe(true)
  })
})

describe('readJournalHeader', () => {
  it('gives the genesis a chain was made with, or nothing', async () => {
    const { path } = setup([blockRecord(1)])
    expect(await readJournalHeader(path)).toEqual(testHeader)
    expect(await readJournalHeader(`${path}.other`)).toBeUndefined()
  })
})

describe('Journal', () => {
  it.each(['ENOSPC', 'EDQUOT', 'EFBIG'])(
    'says that the disk is full (%s), cuts the half record and refuses more',
    async (code) => {
      const { path, bytes } = setup([])
      const journal = await journalThatFails(path, bytes.length, 'write', code)
      await expect(journal.appendDurably(blockRecord(1))).rejects.toMatchObject({
        code: 'chain/disk-full',
        retry: 'later',
      })
      expect(readFileSync(path).equals(bytes)).toBe(true)
      await expect(journal.append(blockRecord(1))).rejects.toMatchObject({ code: 'chain/disk-full' })
      expect(journal.failure?.code).toBe('chain/disk-full')
      await journal.close()
    },
  )

  it('does not trust the file after a failed sync', async () => {
    const { path, bytes } = setup([])
    const journal = await journalThatFails(path, bytes.length, 'datasync', 'EIO')
    await expect(journal.appendDurably(blockRecord(1))).rejects.toMatchObject({ code: 'chain/journal-write-failed' })
    expect(journal.sizeBytes).toBe(bytes.length)
    expect(readFileSync(path).equals(bytes)).toBe(true)
    await journal.close()
  })
})

/** A journal on a real file whose first write or sync fails halfway with a system error. */
async function journalThatFails(path: string, size: number, operation: 'write' | 'datasync', code: string) {
  const file = await open(path, 'r+')
  const failure = Object.assign(new Error(code), { code })
  return new Journal(
    path,
    {
      write: (async (bytes: Uint8Array, offset: number, length: number, position: number) => {
        if (operation !== 'write') return file.write(bytes, offset, length, position)
        await file.write(bytes, offset, Math.floor(length / 2), position)
        throw failure
      }) as typeof file.write,
      datasync: async () => {
        throw failure
      },
      truncate: (length) => file.truncate(length),
      close: () => file.close(),
    },
    size,
  )
}

async function collect(records: AsyncGenerator<JournalRecord>): Promise<JournalRecord[]> {
  const all: JournalRecord[] = []
  for await (const record of records) all.push(record)
  return all
}

function cleanup(path: string): void {
  process.getBuiltinModule('node:fs').rmSync(path)
}

function setup(records: readonly JournalRecord[]) {
  const file = journalFile(records)
  cleanups.push(file.remove)
  return file
}
