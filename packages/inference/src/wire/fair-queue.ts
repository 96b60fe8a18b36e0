/**
 * Items that wait, taken caller by caller in turn, so that one busy caller cannot keep others waiting. A caller is whoever pays: an
 * account and not a key or a channel, of which anybody has as many as he likes.
 */
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

  /**
   * Adds an item also to a full queue, as long as somebody holds more places than this caller will: the newest item of the longest line
   * then goes and is returned as `displaced`. So whoever waits alone may use every place, and none can hold them against others.
   */
  push(caller: string, item: item): { readonly isAdded: boolean; readonly displaced?: item } {
    if (this.add(caller, item)) return { isAdded: true }
    const own = this.#byCaller.get(caller)?.length ?? 0
    if (this.#size < this.#capacity || own >= this.#capacityPerCaller) return { isAdded: false }
    let longest: string | undefined
    for (const [other, { length }] of this.#byCaller) {
      if (length > (longest === undefined ? own + 1 : (this.#byCaller.get(longest)?.length ?? 0))) longest = other
    }
    // Their line stays as long as the caller's becomes, so that two callers do not push each other out for ever.
    if (longest === undefined) return { isAdded: false }
    const displaced = this.#byCaller.get(longest)?.pop() as item
    this.#size -= 1
    return { isAdded: this.add(caller, item), displaced }
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

  /**
   * Offers the items one after the other, in turns of their callers, and takes out those that `admit` says yes to; one that suits not
   * is passed over and holds up nobody. A caller of whom one was taken goes to the end of the round.
   */
  offer(admit: (item: item) => boolean): void {
    let round = [...this.#byCaller].map(([caller, line]) => ({ caller, rest: [...line].values() }))
    while (round.length > 0) round = round.filter(({ caller, rest }) => this.#offerOne(caller, rest, admit))
  }

  /** True when one item was taken and more of the caller's may follow. */
  #offerOne(caller: string, rest: Iterator<item>, admit: (item: item) => boolean): boolean {
    for (let next = rest.next(); next.done !== true; next = rest.next()) {
      if (!admit(next.value)) continue
      this.remove(caller, next.value)
      const line = this.#byCaller.get(caller)
      if (line === undefined) return false
      this.#byCaller.delete(caller)
      this.#byCaller.set(caller, line)
      return true
    }
    return false
  }
}
