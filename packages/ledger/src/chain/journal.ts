import { constants } from 'node:fs'
import { type FileHandle, open, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { KoinonError } from '@koinon/base'
import { genesisHash, missingPredeploys } from './genesis.ts'
import { encodeHeader, encodeRecord, type JournalHeader, type JournalRecord, journalMagic } from './journal-format.ts'
import { type JournalScan, readRecords, scanJournal } from './journal-scan.ts'

/** What the journal needs from its open file; a `FileHandle` has it. */
export type JournalFile = Pick<FileHandle, 'write' | 'datasync' | 'truncate' | 'close'>

/**
 * The append side of a journal. After one failed write or sync it refuses every further append: what the disk holds is then
 * known only by reading the file again.
 */
export class Journal {
  readonly path: string
  readonly #file: JournalFile
  #sizeBytes: number
  #failure: KoinonError | undefined

  constructor(path: string, file: JournalFile, sizeBytes: number) {
    this.path = path
    this.#file = file
    this.#sizeBytes = sizeBytes
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Why appending stopped, if it did. */
  get failure(): KoinonError | undefined {
    return this.#failure
  }

  /** Appends a record and waits until it is on the disk. Throws `chain/disk-full` or `chain/journal-write-failed`. */
  async appendDurably(record: JournalRecord): Promise<void> {
    await this.#guarded(async () => {
      await this.#write(encodeRecord(record))
      await this.#file.datasync()
    })
  }

  /** Appends a record that survives the end of this process; on the disk with the next durable append or `close`. */
  async append(record: JournalRecord): Promise<void> {
    await this.#guarded(() => this.#write(encodeRecord(record)))
  }

  async close(): Promise<void> {
    try {
      if (this.#failure === undefined) await this.#guarded(() => this.#file.datasync())
    } finally {
      await this.#file.close()
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    let written = 0
    while (written < bytes.length) {
      const result = await this.#file.write(bytes, written, bytes.length - written, this.#sizeBytes + written)
      written += result.bytesWritten
    }
    this.#sizeBytes += bytes.length
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    const before = this.#sizeBytes
    try {
      await work()
    } catch (cause) {
      this.#failure = writeFailed(this.path, cause)
      this.#sizeBytes = before
      await this.#file.truncate(before).catch(() => undefined)
      throw this.#failure
    }
  }
}

/** An opened journal: its checked content and the append side, standing after the last whole record. */
export type OpenJournal = {
  readonly journal: Journal
  readonly scan: JournalScan
  readonly isNew: boolean
  records(): AsyncGenerator<JournalRecord>
  /** Cuts the bytes of a write that never finished. Call it only once everything before them was replayed. */
  cutTornTail(): Promise<void>
}

/**
 * Opens the journal at `path`, or creates it with the header when the file is missing or has 0 bytes. An existing file must have
 * been made with the same engine, hardfork and genesis (`chain/journal-mismatch` says what differs), but it may lack predeploys;
 * its own genesis timestamp counts. Reads and checks all of it and changes nothing.
 */
export async function openJournal(path: string, wanted: JournalHeader): Promise<OpenJournal> {
  const isNew = await isMissingOrEmpty(path)
  if (isNew) await createJournal(path, wanted)
  const file = await open(path, constants.O_RDWR)
  try {
    const scan = await scanJournal(file, path)
    const difference = headerDifference(scan.header, wanted)
    if (difference !== undefined) throw headerMismatch(path, difference)
    return {
      journal: new Journal(path, file, scan.endOffset),
      scan,
      isNew,
      records: () => readRecords(file, path, scan.headerEndOffset, scan.endOffset),
      async cutTornTail() {
        if (scan.tornBytes === 0) return
        await file.truncate(scan.endOffset)
        await file.datasync()
      },
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Header of an existing journal, for a program that wants to start it with the genesis it has. Undefined when there is none. */
export async function readJournalHeader(path: string): Promise<JournalHeader | undefined> {
  if (await isMissingOrEmpty(path)) return undefined
  const file = await open(path, constants.O_RDONLY)
  try {
    return (await scanJournal(file, path)).header
  } finally {
    await file.close()
  }
}

/** Writes a new journal beside the path and moves it there, so that a journal with half a header never exists. */
async function createJournal(path: string, header: JournalHeader): Promise<void> {
  const temporary = `${path}.new`
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(Buffer.concat([journalMagic, encodeHeader(header)]))
    await file.sync()
  } catch (cause) {
    throw writeFailed(path, cause)
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  await syncDirectory(dirname(path))
}

async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const directory = await open(path, constants.O_RDONLY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

async function isMissingOrEmpty(path: string): Promise<boolean> {
  try {
    return (await stat(path)).size === 0
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true
    throw error
  }
}

function headerDifference(found: JournalHeader, wanted: JournalHeader): string | undefined {
  const pairs: readonly (readonly [string, string | number, string | number])[] = [
    ['chain id', found.genesis.chainId, wanted.genesis.chainId],
    ['genesis hash', found.genesisHash, wantedHash(found, wanted)],
    ['genesis hash of its own content', genesisHash(found.genesis), found.genesisHash],
    ['engine', found.engineName, wanted.engineName],
    ['engine version', found.engineVersion, wanted.engineVersion],
    ['hardfork', found.hardfork, wanted.hardfork],
  ]
  const different = pairs.find(([, a, b]) => a !== b)
  return different && `its ${different[0]} is ${different[1]}, this chain has ${different[2]}`
}

/** A chain keeps the predeploys that it began with: those of newer versions are no difference. */
function wantedHash(found: JournalHeader, wanted: JournalHeader): string {
  if (missingPredeploys(found.genesis, wanted.genesis).length === 0) return wanted.genesisHash
  const there = new Set(found.genesis.predeploys.map(({ address }) => address))
  const predeploys = wanted.genesis.predeploys.filter(({ address }) => there.has(address))
  return genesisHash({ ...wanted.genesis, predeploys })
}

function headerMismatch(path: string, difference: string): KoinonError {
  return new KoinonError({
    code: 'chain/journal-mismatch',
    message: `The chain journal ${path} belongs to another chain or engine: ${difference}`,
    hint: 'Nothing was changed. Use the program version that wrote it, or start with another --home.',
    details: { path },
  })
}

function writeFailed(path: string, cause: unknown): KoinonError {
  const code = (cause as NodeJS.ErrnoException).code
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
  return new KoinonError({
    code: full ? 'chain/disk-full' : 'chain/journal-write-failed',
    message: full
      ? `The disk is full: the chain journal ${path} cannot grow`
      : `The chain journal ${path} cannot be written (${code ?? 'unknown reason'})`,
    hint: 'The chain answers reads only. Everything acknowledged is kept. Free the disk, then start the chain again.',
    retry: 'later',
    cause,
  })
}
