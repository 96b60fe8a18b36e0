/** Items that wait, taken caller by caller in turn, so that one busy caller cannot keep others waiting. */
export class FairQueue<item> {
  readonly #capacity: number
  readonly #capacityPerCaller: number
  readonly #byCaller = new Map<string, item[]>()
  #size = 0

  constructor(capacity: number, capacityPerCaller: number) {
    this.#capacity = capacity
    this.#capacityPerCaller = capacityPerCaller
  }

  get size(): number {
    return this.#size
  }

  /** Adds an item at the end of its caller's line. False when the queue, or the caller's line, is full. */
  add(caller: string, item: item): boolean {
    const line = this.#byCaller.get(caller)
    if (this.#size >= this.#capacity || (line?.length ?? 0) >= this.#capacityPerCaller) return false
    if (line === undefined) this.#byCaller.set(caller, [item])
    else line.push(item)
    this.#size += 1
    return true
  }

  /** Takes the first item of the caller whose turn it is; that caller then goes to the end of the round. */
  take(): item | undefined {
    for (const [caller, line] of this.#byCaller) {
      this.#byCaller.delete(caller)
      const item = line.shift()
      if (line.length > 0) this.#byCaller.set(caller, line)
      this.#size -= 1
      return item
    }
    return undefined
  }

  /** Removes an item that no longer wants to wait. False when it is not there. */
  remove(caller: string, item: item): boolean {
    const line = this.#byCaller.get(caller)
    const at = line?.indexOf(item) ?? -1
    if (line === undefined || at < 0) return false
    line.splice(at, 1)
    if (line.length === 0) this.#byCaller.delete(caller)
    this.#size -= 1
    return true
  }
}
