import { sleep } from '@koinon/base'
import type { VersionFile } from './epoch-files.ts'

/** What runs by one file. */
export type ByFile = { start(): void; stop(): Promise<void> }

export type FileFollowerOptions = {
  /** The file that should run now; undefined where none is known, and then nothing changes. */
  readonly wanted: () => Promise<VersionFile | undefined>
  readonly open: (file: VersionFile) => Promise<ByFile>
  readonly pollMs: number
  readonly onChanged: (file: VersionFile) => void
  readonly onError: (error: unknown) => void
}

/** Runs one thing by a file, and goes over to another file when that is the one wanted: the old one ends before the new one begins. */
export class FileFollower {
  readonly #options: FileFollowerOptions
  #file: VersionFile
  #running: ByFile
  #stopping: AbortController | undefined
  #following: Promise<void> = Promise.resolve()

  private constructor(options: FileFollowerOptions, file: VersionFile, running: ByFile) {
    this.#options = options
    this.#file = file
    this.#running = running
  }

  /** Opens the first file; nothing runs before `start`. Throws what opening throws. */
  static async open(options: FileFollowerOptions, first: VersionFile): Promise<FileFollower> {
    return new FileFollower(options, first, await options.open(first))
  }

  start(): void {
    if (this.#stopping !== undefined) return
    const stopping = new AbortController()
    this.#stopping = stopping
    this.#running.start()
    this.#following = this.#follow(stopping.signal)
  }

  async stop(): Promise<void> {
    this.#stopping?.abort()
    await this.#following
    await this.#running.stop()
    this.#stopping = undefined
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#options.pollMs, signal)
      if (!signal.aborted) await this.#look().catch(this.#options.onError)
    }
  }

  async #look(): Promise<void> {
    const wanted = await this.#options.wanted()
    if (wanted === undefined || wanted.specHash === this.#file.specHash) return
    // What cannot be opened leaves the old one running; it is tried again.
    const next = await this.#options.open(wanted)
    await this.#running.stop()
    this.#running = next
    this.#file = wanted
    next.start()
    this.#options.onChanged(wanted)
  }
}
