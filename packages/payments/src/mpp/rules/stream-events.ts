/** Server-sent events of a paid stream: `payment-need-voucher` and `payment-receipt` between the seller's own (specs/0022 section 7.4). */
import { type Hex, utf8ToBytes } from '@koinon/base'
import { asObject } from './canonical-json.ts'
import { amountIn } from './charge.ts'
import type { MppReceipt } from './receipt.ts'

/** What the next step needs. */
export type NeedVoucher = {
  readonly channelId: Hex
  readonly requiredCumulativeAtomic: bigint
  readonly acceptedCumulativeAtomic: bigint
  readonly depositAtomic: bigint
}

/** An event of a paid stream; `content` is everything that is not ours, byte for byte. */
export type StreamEvent =
  | { readonly type: 'content'; readonly bytes: Uint8Array }
  | { readonly type: 'need-voucher'; readonly need: NeedVoucher }
  | { readonly type: 'receipt'; readonly receipt: MppReceipt }

/** The event's bytes. */
export function needVoucherEvent(need: NeedVoucher): Uint8Array {
  return eventBytes('payment-need-voucher', {
    channelId: need.channelId,
    requiredCumulative: need.requiredCumulativeAtomic.toString(),
    acceptedCumulative: need.acceptedCumulativeAtomic.toString(),
    deposit: need.depositAtomic.toString(),
  })
}

/** The event's bytes. */
export function receiptEvent(receipt: MppReceipt): Uint8Array {
  return eventBytes('payment-receipt', receipt)
}

function eventBytes(name: string, json: object): Uint8Array {
  return utf8ToBytes(`event: ${name}\ndata: ${JSON.stringify(json)}\n\n`)
}

/** Longest event that can be one of ours. */
const maximumEventLength = 16_384

/** Cuts a stream into events. What cannot be one of ours passes as it comes, however long its lines are. */
export class StreamEventReader {
  #rest: Uint8Array = new Uint8Array(0)
  #isInsideContent = false

  /** The events that more bytes complete. */
  push(bytes: Uint8Array): readonly StreamEvent[] {
    const all = new Uint8Array(this.#rest.length + bytes.length)
    all.set(this.#rest)
    all.set(bytes, this.#rest.length)
    const events: StreamEvent[] = []
    let from = 0
    for (let end = eventEnd(all, from); end !== undefined; end = eventEnd(all, from)) {
      events.push(this.#isInsideContent ? content(all.subarray(from, end)) : eventOf(all.subarray(from, end)))
      this.#isInsideContent = false
      from = end
    }
    this.#rest = all.slice(from)
    if (this.#rest.length > 0 && (this.#isInsideContent || !mayBeOurs(this.#rest))) {
      const kept = this.#rest.length - openLineEnd(this.#rest)
      if (kept > 0) events.push(content(this.#rest.subarray(0, kept)))
      this.#rest = this.#rest.slice(kept)
      this.#isInsideContent = true
    }
    return events
  }

  /** What the end of the stream leaves. */
  end(): readonly StreamEvent[] {
    const rest = this.#rest
    this.#rest = new Uint8Array(0)
    return rest.length === 0 ? [] : [content(rest)]
  }
}

const prefix = utf8ToBytes('event: payment-')

/** False as soon as the beginning of an event shows that it is the seller's own. */
function mayBeOurs(bytes: Uint8Array): boolean {
  if (bytes.length > maximumEventLength) return false
  return prefix.every((byte, index) => index >= bytes.length || bytes[index] === byte)
}

/** Index behind the blank line that ends an event; line ends are LF, as ours are, or CRLF. */
function eventEnd(bytes: Uint8Array, from: number): number | undefined {
  for (let at = bytes.indexOf(10, from); at !== -1; at = bytes.indexOf(10, at + 1)) {
    if (bytes[at + 1] === 10) return at + 2
    if (bytes[at + 1] === 13 && bytes[at + 2] === 10) return at + 3
  }
  return undefined
}

/** Bytes at the end that may be the first half of a blank line: LF, or LF CR. */
function openLineEnd(bytes: Uint8Array): number {
  if (bytes.at(-1) === 10) return 1
  return bytes.at(-1) === 13 && bytes.at(-2) === 10 ? 2 : 0
}

function content(bytes: Uint8Array): StreamEvent {
  return { type: 'content', bytes: bytes.slice() }
}

function eventOf(bytes: Uint8Array): StreamEvent {
  if (!mayBeOurs(bytes)) return content(bytes)
  const match = /^event: payment-(need-voucher|receipt)\r?\ndata: (.*?)\r?\n\r?\n$/.exec(
    new TextDecoder().decode(bytes),
  )
  if (match === null) return content(bytes)
  try {
    const json = asObject(JSON.parse(match[2] as string)) ?? {}
    if (match[1] === 'receipt') return { type: 'receipt', receipt: json as MppReceipt }
    const need = needIn(json)
    return need === undefined ? content(bytes) : { type: 'need-voucher', need }
  } catch {
    return content(bytes)
  }
}

function needIn(json: Readonly<Record<string, unknown>>): NeedVoucher | undefined {
  const { channelId, requiredCumulative, acceptedCumulative, deposit } = json
  const [requiredAtomic, acceptedAtomic, depositAtomic] = [requiredCumulative, acceptedCumulative, deposit].map(
    amountIn,
  )
  if (typeof channelId !== 'string' || !/^0x[0-9a-fA-F]{64}$/.test(channelId)) return undefined
  if (requiredAtomic === undefined || acceptedAtomic === undefined || depositAtomic === undefined) return undefined
  return {
    channelId: channelId.toLowerCase() as Hex,
    requiredCumulativeAtomic: requiredAtomic,
    acceptedCumulativeAtomic: acceptedAtomic,
    depositAtomic,
  }
}
