import { writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Hex } from '@koinon/base'
import { genesisHash } from '../genesis.ts'
import { encodeHeader, encodeRecord, type JournalHeader, type JournalRecord, journalMagic } from '../journal-format.ts'
import { readRecords, scanJournal } from '../journal-scan.ts'
import { temporaryFolder } from './chain-fixture.ts'

const genesis = {
  chainId: 5,
  timestampSeconds: 1_750_000_000,
  accounts: [{ address: `0x${'11'.repeat(20)}`, balanceWei: 5n }],
  predeploys: [],
} as const

/** A header of no real engine. */
export const testHeader: JournalHeader = {
  engineName: 'edr',
  engineVersion: '1',
  hardfork: 'prague',
  genesisHash: genesisHash(genesis),
  genesis,
}

/** Block record `number` with two made-up transactions. */
export function blockRecord(number: number): JournalRecord {
  const transactions: Hex[] = [`0x02${'c0'.repeat(20 + number)}`, '0xf8ff']
  const prevRandao: Hex = `0x${'5a'.repeat(32)}`
  return { kind: 'block', number, timestampSeconds: 1_750_000_000 + number, prevRandao, transactions }
}

/** Seal record `number`. */
export function sealRecord(number: number): JournalRecord {
  return { kind: 'seal', number, blockHash: `0x${'ab'.repeat(32)}`, receiptsRoot: `0x${'cd'.repeat(32)}` }
}

/** A journal file with these records; `frames` are its pieces, magic and header first. */
export function journalFile(records: readonly JournalRecord[]) {
  const folder = temporaryFolder()
  const path = join(folder.path, 'chain.journal')
  const frames = [journalMagic, encodeHeader(testHeader), ...records.map(encodeRecord)]
  const bytes = Buffer.concat(frames)
  const write = (content: Uint8Array): void => writeFileSync(path, content)
  write(bytes)
  return { path, bytes, frames, write, remove: folder.remove }
}

/** All records of a journal file, in order. */
export async function readAllRecords(path: string): Promise<readonly JournalRecord[]> {
  const file = await open(path, 'r')
  try {
    const { headerEndOffset, endOffset } = await scanJournal(file, path)
    const records: JournalRecord[] = []
    for await (const record of readRecords(file, path, headerEndOffset, endOffset)) records.push(record)
    return records
  } finally {
    await file.close()
  }
}

/** The kinds of the records of a journal file, in order. */
export async function recordKinds(path: string): Promise<readonly string[]> {
  return (await readAllRecords(path)).map((record) => record.kind)
}
