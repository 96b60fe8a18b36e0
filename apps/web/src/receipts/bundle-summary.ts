/** What the page shows of a bundle before anything about it has been checked: the receipt's own statements. */
export type BundleSummary = {
  readonly id: string
  readonly model: string
  /** Account of the hop that did the work. */
  readonly provider: string
  readonly hops: number
  readonly promptTokens: number
  readonly outputTokens: number
  readonly finishReason: string
  /** What the caller owes for this answer. */
  readonly amountPicoUsd: string
  /** By the clock of the caller's payee. */
  readonly firstByteMs: number
  readonly totalMs: number
  readonly endedAtMs: number
  readonly rung: number
}

type LooseRecord = Readonly<Record<string, unknown>>

/** Reads the statements of a bundle's JSON; undefined when it does not have the shape of one. Proves nothing. */
export function summariseBundle(json: unknown): BundleSummary | undefined {
  const hops = asRecord(json)['hops']
  if (!Array.isArray(hops) || hops.length === 0) return undefined
  const own = asRecord(asRecord(hops[0])['receipt'])
  const last = asRecord(hops.at(-1))
  const inner = asRecord(last['receipt'])
  const work = asRecord(last['work'])
  const amount = own['amountPicoUsd']
  const id = own['requestId']
  if (typeof amount !== 'string' || !/^[0-9]{1,39}$/.test(amount) || typeof id !== 'string') return undefined
  const receivedAtMs = wholeNumber(own['receivedAtMs'])
  return {
    id: id.replace(/^0x/, ''),
    model: text(work['model']),
    provider: text(inner['payee']),
    hops: hops.length,
    promptTokens: wholeNumber(work['promptTokens']),
    outputTokens: wholeNumber(work['outputTokens']),
    finishReason: text(work['finishReason']),
    amountPicoUsd: amount,
    firstByteMs: wholeNumber(own['firstByteAtMs']) - receivedAtMs,
    totalMs: wholeNumber(own['endedAtMs']) - receivedAtMs,
    endedAtMs: wholeNumber(own['endedAtMs']),
    rung: wholeNumber(inner['rung']),
  }
}

function asRecord(value: unknown): LooseRecord {
  return typeof value === 'object' && value !== null ? (value as LooseRecord) : {}
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : 'unknown'
}

function wholeNumber(value: unknown): number {
  return Number.isSafeInteger(value) ? (value as number) : 0
}
