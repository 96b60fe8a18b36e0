/**
 * What can be seen of ALL receipts that a payee lists for a period, without any answer behind them (specs/0003-receipts.md section 8):
 * that they are its own, of that period, each listed once, and that none was left out between two of them.
 */
import { type Hex, zeroHash } from '@koinon/base'
import { type Receipt, receiptType } from './receipt.ts'
import { type Check, checkThat } from './verdict.ts'

/** One line of a list: the committed names and the receipt that is shown for them, as JSON from outside. */
export type ListedReceipt = { readonly requestId: Hex; readonly receiptHash: Hex; readonly receipt: unknown }

/** Where sessions and channels stood after a list, as JSON. The next list must go on from there. */
export type ReceiptListMemory = {
  /** [session key, last sequence, hash of the last receipt] */
  readonly sessions: readonly (readonly [Hex, number, Hex])[]
  /** [channel, all that it owed, decimal pico-dollars] */
  readonly channels: readonly (readonly [Hex, string])[]
}

export type ReceiptListExpectation = {
  readonly payee: Hex
  readonly chainId: number
  /** The period, half open, by the receipts' `endedAtMs`. */
  readonly fromMs: number
  readonly toMs: number
  /** Of the period just before; undefined when it is not known, then nothing is held against the list's beginnings. */
  readonly earlier: ReceiptListMemory | undefined
}

/** A channel that the list bills: who pays, and what it owed after the list's last receipt. */
export type BilledChannel = { readonly channelId: Hex; readonly payer: Hex; readonly cumulativePicoUsd: bigint }

type SessionEnd = { readonly sequence: number; readonly hash: Hex }
type ChannelEnd = { readonly payer: Hex; readonly owed: bigint }

/** Sessions and channels remembered from list to list; those beyond are forgotten, the oldest first. */
const maximumRemembered = 10_000

/** Reads a list in its order, page after page; keeps the ends of sessions and channels and the request ids, never the receipts. */
export class ReceiptListAudit {
  readonly #expected: ReceiptListExpectation
  readonly #sessionsBefore: ReadonlyMap<Hex, SessionEnd>
  readonly #channelsBefore: ReadonlyMap<Hex, bigint>
  readonly #sessions = new Map<Hex, SessionEnd>()
  readonly #channels = new Map<Hex, ChannelEnd>()
  readonly #requests = new Set<Hex>()
  readonly #wrong = new Map<CheckName, { count: number; first: string }>()
  #count = 0

  constructor(expected: ReceiptListExpectation) {
    this.#expected = expected
    const { sessions, channels } = expected.earlier ?? { sessions: [], channels: [] }
    this.#sessionsBefore = new Map(sessions.map(([key, sequence, hash]) => [key, { sequence, hash }]))
    this.#channelsBefore = new Map(channels.map(([id, owed]) => [id, BigInt(owed)]))
  }

  /** The next lines of the list. Never throws: what is malformed fails `receipt`. */
  add(lines: readonly ListedReceipt[]): void {
    for (const line of lines) {
      this.#count += 1
      const receipt = this.#own(line)
      if (receipt === undefined) continue
      this.#once(receipt)
      this.#inside(receipt)
      this.#linked(receipt, line.receiptHash)
      this.#billed(receipt)
    }
  }

  /**
   * `receipt` (each line shows its receipt, signed for by this payee on this chain), `repeated` (no request twice), `epoch` (all ended
   * inside the period), `links` (no gap in a session) and `amounts` (no gap in a channel's bill).
   */
  checks(): readonly Check[] {
    return checkNames.map((name) => {
      const wrong = this.#wrong.get(name)
      const all = `all ${this.#count} listed receipts ${meaning[name]}`
      return checkThat(name, wrong === undefined, wrong === undefined ? all : `${wrong.count} times: ${wrong.first}`)
    })
  }

  channels(): readonly BilledChannel[] {
    return [...this.#channels].map(([channelId, { payer, owed }]) => ({ channelId, payer, cumulativePicoUsd: owed }))
  }

  /** What the audit of the next period starts from. */
  memory(): ReceiptListMemory {
    const sessions = new Map([...this.#sessionsBefore, ...this.#sessions])
    const owed = [...this.#channels].map(([id, end]) => [id, end.owed] as const)
    const channels = new Map([...this.#channelsBefore, ...owed])
    return {
      sessions: [...sessions].slice(-maximumRemembered).map(([key, { sequence, hash }]) => [key, sequence, hash]),
      channels: [...channels].slice(-maximumRemembered).map(([id, sum]) => [id, `${sum}`]),
    }
  }

  #own(line: ListedReceipt): Receipt | undefined {
    const { payee, chainId } = this.#expected
    const receipt = parse(line.receipt)
    const shown = `receipt ${line.receiptHash.slice(0, 12)}…`
    if (
      receipt === undefined ||
      receiptType.hash(receipt) !== line.receiptHash ||
      receipt.requestId !== line.requestId
    ) {
      this.#fail('receipt', `${shown} is not shown`)
      return undefined
    }
    if (receipt.payee === payee && receipt.chainId === chainId) return receipt
    this.#fail('receipt', `${shown} is that of ${receipt.payee} on chain ${receipt.chainId}`)
    return undefined
  }

  #once({ requestId }: Receipt): void {
    if (this.#requests.has(requestId)) this.#fail('repeated', `request ${requestId} is listed twice`)
    this.#requests.add(requestId)
  }

  #inside({ requestId, endedAtMs }: Receipt): void {
    const { fromMs, toMs } = this.#expected
    if (endedAtMs >= fromMs && endedAtMs < toMs) return
    this.#fail('epoch', `${requestId} ended at ${endedAtMs} ms, the epoch is ${fromMs} to ${toMs} ms`)
  }

  /** A session's receipts follow each other without a gap; a session that is new begins at 0, if the list before is known. */
  #linked({ requestId, sessionKey, sequence, previousReceipt }: Receipt, hash: Hex): void {
    const before = this.#sessions.get(sessionKey) ?? this.#sessionsBefore.get(sessionKey)
    const isKnown = before !== undefined || this.#expected.earlier !== undefined
    const expected = before ?? { sequence: -1, hash: zeroHash }
    if (isKnown && (sequence !== expected.sequence + 1 || previousReceipt !== expected.hash)) {
      this.#fail('links', `${requestId} is number ${sequence} of its session, after number ${expected.sequence}`)
    }
    this.#sessions.set(sessionKey, { sequence, hash })
  }

  /** Each receipt owes its own amount more than the one before; between lists a payee may have lost debts, but not hidden any. */
  #billed({ requestId, channelId, payer, amountPicoUsd, cumulativePicoUsd }: Receipt): void {
    const inList = this.#channels.get(channelId)
    const before = inList?.owed ?? this.#channelsBefore.get(channelId)
    const owedBefore = cumulativePicoUsd - amountPicoUsd
    const isGap = before !== undefined && (inList === undefined ? owedBefore > before : owedBefore !== before)
    if (isGap) this.#fail('amounts', `${requestId} follows ${owedBefore} pico-dollars, its channel owed ${before}`)
    if (inList !== undefined && inList.payer !== payer) this.#fail('amounts', `${requestId} bills another payer`)
    this.#channels.set(channelId, { payer, owed: cumulativePicoUsd })
  }

  #fail(name: CheckName, what: string): void {
    const wrong = this.#wrong.get(name)
    this.#wrong.set(name, { count: (wrong?.count ?? 0) + 1, first: wrong?.first ?? what })
  }
}

const checkNames = ['receipt', 'repeated', 'epoch', 'links', 'amounts'] as const
type CheckName = (typeof checkNames)[number]

const meaning: Readonly<Record<CheckName, string>> = {
  receipt: 'are shown and are receipts of this payee',
  repeated: 'are for different requests',
  epoch: 'ended inside the epoch',
  links: 'are linked in their sessions without a gap',
  amounts: 'are billed on their channels without a gap',
}

function parse(json: unknown): Receipt | undefined {
  try {
    return receiptType.fromJson(json)
  } catch {
    return undefined
  }
}

/** What `ReceiptListAudit.memory` gave, read back from a store. Undefined when it is not that. */
export function parseReceiptListMemory(json: unknown): ReceiptListMemory | undefined {
  const { sessions, channels } = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>
  if (!Array.isArray(sessions) || !Array.isArray(channels)) return undefined
  return { sessions, channels }
}
