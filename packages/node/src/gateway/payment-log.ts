import type { Clock } from '@koinon/base'
import type { PaymentDoorEvent } from '@koinon/payments/paywall'
import type { PaymentEventJson, PaymentRefusalJson, PaymentsJson, TakenPaymentsJson } from '@koinon/work/dashboard'

const bucketMs = 600_000
const dayMs = 86_400_000
const keptEvents = 100
const mostPathCharacters = 120

type Counts = {
  readonly atMs: number
  demanded: number
  readonly taken: Map<string, { held: number; repeated: number }>
  readonly refused: Map<string, { count: number; lastAtMs: number }>
}

/**
 * What came to the gateway's door in the last day, in memory: counts in steps of ten minutes and the last hundred payments. Its size
 * does not depend on the traffic; wires, back ends and codes are ours, so their number is bounded. A restart begins anew.
 */
export class PaymentLog {
  readonly #clock: Clock
  readonly #startedAtMs: number
  #buckets: Counts[] = []
  #events: PaymentEventJson[] = []
  #lastId = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#startedAtMs = clock.nowMs()
  }

  /** Counts one event of the door. */
  observe(event: PaymentDoorEvent): void {
    const atMs = this.#clock.nowMs()
    const bucket = this.#bucketAt(atMs)
    if (event.kind === 'demanded') {
      bucket.demanded += 1
      return
    }
    if (event.kind === 'refused') {
      const known = bucket.refused.get(event.code)
      bucket.refused.set(event.code, { count: (known?.count ?? 0) + 1, lastAtMs: atMs })
    } else {
      const key = `${event.wire}/${event.backEnd}`
      const known = bucket.taken.get(key) ?? { held: 0, repeated: 0 }
      known[event.kind] += 1
      bucket.taken.set(key, known)
    }
    this.#keep(event, atMs)
  }

  /** Sums of the last day. */
  day(): PaymentsJson['door'] {
    const sinceMs = this.#clock.nowMs() - dayMs
    const buckets = this.#buckets.filter(({ atMs }) => atMs + bucketMs > sinceMs)
    const taken = new Map<string, TakenPaymentsJson>()
    const refused = new Map<string, PaymentRefusalJson>()
    for (const bucket of buckets) {
      for (const [key, { held, repeated }] of bucket.taken) {
        const [wire = '', backEnd = ''] = key.split('/')
        const sum = taken.get(key)
        taken.set(key, { wire, backEnd, held: held + (sum?.held ?? 0), repeated: repeated + (sum?.repeated ?? 0) })
      }
      for (const [code, { count, lastAtMs }] of bucket.refused)
        refused.set(code, { code, count: count + (refused.get(code)?.count ?? 0), lastAtMs })
    }
    const takenRows = [...taken.values()]
    const refusals = [...refused.values()].sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1))
    return {
      sinceMs: Math.max(sinceMs, this.#startedAtMs),
      demanded: sumOf(buckets.map(({ demanded }) => demanded)),
      held: sumOf(takenRows.map(({ held }) => held)),
      repeated: sumOf(takenRows.map(({ repeated }) => repeated)),
      refused: sumOf(refusals.map(({ count }) => count)),
      taken: takenRows.sort((a, b) => b.held - a.held),
      refusals,
    }
  }

  /** The last payments that were tried, newest first; demands without a payment are only counted. */
  recent(): readonly PaymentEventJson[] {
    return this.#events.toReversed()
  }

  #bucketAt(atMs: number): Counts {
    const last = this.#buckets.at(-1)
    const beginMs = atMs - (atMs % bucketMs)
    // A clock that runs back counts into the newest.
    if (last !== undefined && last.atMs >= beginMs) return last
    const bucket: Counts = { atMs: beginMs, demanded: 0, taken: new Map(), refused: new Map() }
    this.#buckets = [...this.#buckets.filter((one) => one.atMs + bucketMs > atMs - dayMs), bucket]
    return bucket
  }

  #keep(event: Exclude<PaymentDoorEvent, { kind: 'demanded' }>, atMs: number): void {
    const { resource, maximumAtomic } = event.terms
    this.#lastId += 1
    this.#events.push({
      id: this.#lastId,
      atMs,
      outcome: event.kind,
      wire: event.wire,
      ...('backEnd' in event ? { backEnd: event.backEnd } : {}),
      ...('code' in event ? { code: event.code } : {}),
      ...('payer' in event && event.payer !== undefined ? { payer: event.payer } : {}),
      method: resource.method,
      path: pathOf(resource.url).slice(0, mostPathCharacters),
      maximumAtomic: maximumAtomic.toString(),
    })
    if (this.#events.length > keptEvents) this.#events.shift()
  }
}

/** Without the query, which may hold what is nobody's business. */
function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : ''
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0)
}
