import { type Door, requestJson } from '../api/request.ts'
import { summariseBundle } from '../receipts/bundle-summary.ts'
import type { KeptStorage, ReceiptShelf } from '../receipts/receipt-shelf.ts'
import { ask } from './ask.ts'
import { isRunning, messagesOf, type Turn } from './turn.ts'

export type ConversationModules = {
  readonly door: Door
  readonly shelf: ReceiptShelf
  /** Usually `sessionStorage`: the conversation ends with the tab. */
  readonly storage: KeptStorage | undefined
  readonly nowMs: () => number
}

const storageKey = 'koinon.conversation.v1'
/** Older turns drop out of storage and of what is sent along. */
const maxTurns = 40

/** The conversation of this tab. It goes on while the person looks at other pages; it is stored nowhere but in this tab. */
export class Conversation {
  readonly #modules: ConversationModules
  readonly #listeners = new Set<() => void>()
  #turns: readonly Turn[]
  #stop: AbortController | undefined
  #counter = 0

  constructor(modules: ConversationModules) {
    this.#modules = modules
    this.#turns = readTurns(modules.storage)
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly turns = (): readonly Turn[] => this.#turns

  /** Asks, unless an answer is still running. Resolves when the answer is over and its receipt is kept. */
  async ask(question: string, options: { readonly apiKey: string; readonly model: string }): Promise<void> {
    const trimmed = question.trim()
    if (trimmed === '' || isRunning(this.#turns.at(-1))) return
    const { door, nowMs } = this.#modules
    const askedAtMs = nowMs()
    const key = `${askedAtMs}-${this.#counter++}`
    const messages = messagesOf(this.#turns, trimmed)
    const stop = new AbortController()
    this.#stop = stop
    const turn: Turn = {
      key,
      question: trimmed,
      model: options.model,
      askedAtMs,
      state: 'asking',
      answer: '',
      unsure: false,
    }
    this.#set([...this.#turns, turn].slice(-maxTurns))
    const last = await ask({
      door,
      ...options,
      messages,
      nowMs,
      signal: stop.signal,
      onProgress: (facts) => this.#update(key, facts),
    })
    this.#update(key, last)
    await this.#keepReceipt(key, options.apiKey)
    this.#write()
  }

  /** Ends the running answer; what has arrived stays. */
  stop(): void {
    this.#stop?.abort()
  }

  /** Takes the last question out again, to ask it anew. */
  takeBack(key: string): string | undefined {
    const turn = this.#turns.find((one) => one.key === key)
    if (turn === undefined || isRunning(turn)) return undefined
    this.#set(this.#turns.filter((one) => one.key !== key))
    this.#write()
    return turn.question
  }

  clear(): void {
    this.stop()
    this.#set([])
    this.#write()
  }

  async #keepReceipt(key: string, apiKey: string): Promise<void> {
    const turn = this.#turns.find((one) => one.key === key)
    if (turn?.receiptId === undefined && turn?.receipt === undefined) return
    const { bundle, ...bytes } = turn.receipt ?? { bundle: await this.#fetchBundle(turn.receiptId, apiKey) }
    const summary = summariseBundle(bundle)
    if (summary === undefined) return
    this.#modules.shelf.keep({ id: turn.receiptId ?? summary.id, atMs: this.#modules.nowMs(), bundle, ...bytes })
  }

  /** An answer that broke off may still have been receipted; not finding one is no error. */
  async #fetchBundle(id: string | undefined, apiKey: string): Promise<unknown> {
    try {
      return id === undefined ? undefined : await requestJson(this.#modules.door, `/v1/receipts/${id}`, { apiKey })
    } catch {
      return undefined
    }
  }

  #update(key: string, facts: Partial<Turn>): void {
    this.#set(this.#turns.map((turn) => (turn.key === key ? { ...turn, ...facts } : turn)))
  }

  #set(turns: readonly Turn[]): void {
    this.#turns = turns
    for (const listener of this.#listeners) listener()
  }

  #write(): void {
    try {
      this.#modules.storage?.setItem(storageKey, JSON.stringify(this.#turns))
    } catch {
      // Full or forbidden storage: the conversation lives as long as the page.
    }
  }
}

function readTurns(storage: KeptStorage | undefined): readonly Turn[] {
  try {
    const json: unknown = JSON.parse(storage?.getItem(storageKey) ?? '[]')
    if (!Array.isArray(json)) return []
    return json
      .filter(
        (turn: Partial<Turn> | null): turn is Turn =>
          typeof turn?.question === 'string' && typeof turn.key === 'string' && typeof turn.answer === 'string',
      )
      .map((turn) => (isRunning(turn) ? { ...turn, state: 'stopped' as const } : turn))
      .slice(-maxTurns)
  } catch {
    return []
  }
}
