import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const maximumBytes = 8 * 1024 * 1024

/** One role's log: JSON lines, at most two files of 8 MiB. Writing never throws; a full disk must not stop a role. */
export class RoleLog {
  readonly path: string
  #file: number | undefined

  constructor(folder: string, name: string) {
    this.path = join(folder, `${name}.jsonl`)
    this.#file = openSync(this.path, 'a', 0o600)
  }

  /** Appends what the role printed, as it came. */
  write(chunk: Uint8Array): void {
    // A process may print its last words after its log was closed; the number may be another file's by then.
    if (this.#file === undefined) return
    try {
      if (fstatSync(this.#file).size > maximumBytes) this.#file = this.#rotated(this.#file)
      writeSync(this.#file, chunk)
    } catch {
      // The disk is full or the file is gone; the role goes on.
    }
  }

  /** Appends a line of the supervisor's own. */
  note(from: string, text: string): void {
    this.write(Buffer.from(`${JSON.stringify({ level: 40, time: Date.now(), from, msg: text })}\n`))
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #rotated(full: number): number {
    renameSync(this.path, `${this.path}.1`)
    const fresh = openSync(this.path, 'a', 0o600)
    closeSync(full)
    return fresh
  }
}
