/** That a validator signs no more results until its owner has looked (specs/0007-epochs.md section 6). */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import type { Hex } from '@koinon/base'

/** A result that bears this validator's signature and is not what it computes now. `what` is the first number that differs. */
export type StoppedSigning = {
  readonly netuid: number
  readonly epoch: number
  readonly resultHash: Hex
  readonly what: string
}

/** A file that holds while it exists, across restarts: whoever knows why it came deletes it. One that cannot be read holds, too. */
export class SigningStop {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  /** Why; undefined while it signs. Throws what the file system throws, but that there is no such file. */
  read(): StoppedSigning | undefined {
    let text: string
    try {
      text = readFileSync(this.path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
    return parse(text)
  }

  /** Durable when it returns; the first reason stays. */
  stop(why: StoppedSigning): void {
    if (this.read() !== undefined) return
    const draft = `${this.path}.new`
    const file = openSync(draft, 'w', 0o600)
    try {
      writeSync(file, `${JSON.stringify({ v: 1, ...why }, undefined, 2)}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(draft, this.path)
  }
}

function parse(text: string): StoppedSigning {
  const unknown = { netuid: 0, epoch: 0, resultHash: '0x', what: 'unknown: its file is damaged' } as const
  try {
    const { netuid, epoch, resultHash, what } = JSON.parse(text) as StoppedSigning
    const isWhole = [netuid, epoch].every(Number.isSafeInteger) && /^0x[0-9a-f]{64}$/.test(resultHash)
    return isWhole && typeof what === 'string' ? { netuid, epoch, resultHash, what } : unknown
  } catch {
    return unknown
  }
}
