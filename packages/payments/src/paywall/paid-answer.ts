import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { bytesToHex, type Clock, type Hex, KoinonError } from '@koinon/base'
import { sendText } from '@koinon/base/node'
import type { HeldPayment, StoredAnswer } from '../provider/cash-desk.ts'
import { httpCallType } from '../rules/http-call.ts'
import type { PaymentTerms } from '../rules/terms.ts'
import type { Wire, WireRequest } from './wire.ts'

/** What a seller answers. A status of 400 and more is never charged. */
export type PaidAnswer = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
} & (
  | {
      readonly body: Uint8Array | string
      /** Left out, the whole price. */
      readonly chargedAtomic?: bigint
    }
  | {
      readonly chunks: AsyncIterable<Uint8Array | string>
      /** Asked when the last chunk is there; left out, the whole price. */
      readonly charge?: () => bigint
    }
)

type Release = {
  readonly response: ServerResponse
  readonly answer: PaidAnswer
  readonly payment: HeldPayment
  readonly terms: PaymentTerms
  readonly wire: Wire
  readonly request: WireRequest
  readonly receivedAtMs: number
  readonly clock: Clock
}

/** What an answer that must be kept back until its money has moved may hold. */
const mostKeptBytes = 16 << 20

/** Charges, then releases. The last byte never goes out before the charge is final. */
export async function releaseAnswer(release: Release): Promise<void> {
  const { answer, payment, response } = release
  if (answer.status >= 400) return sendFree(response, answer)
  if (!('chunks' in answer)) return releaseWhole(release, bytesOf(answer.body), answer.chargedAtomic, answer.headers)
  if (payment.mayStream) return releaseStream(release, answer.chunks, answer.charge)
  const body = await collect(answer.chunks)
  return releaseWhole(release, body, answer.charge?.(), answer.headers)
}

async function releaseWhole(
  release: Release,
  body: Uint8Array,
  chargedAtomic: bigint | undefined,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { response, wire, terms, payment, clock, answer, request } = release
  const stored = { status: answer.status, headers, body }
  const hash = createHash('sha256').update(body)
  const price = chargedAtomic ?? payment.maximumAtomic
  const { charge, bundle } = await chargeFor(release, price, hash.digest(), body.length, clock.nowMs(), stored)
  sendStored(response, stored, wire.receipt(charge, terms, bundle, request))
}

/** One chunk behind: what is sent is on credit, at most the call's maximum, and the end is paid. */
async function releaseStream(
  release: Release,
  chunks: AsyncIterable<Uint8Array | string>,
  price: (() => bigint) | undefined,
): Promise<void> {
  const { response, wire, terms, payment, answer, clock, request } = release
  const hash = createHash('sha256')
  let bytes = 0
  let firstByteAtMs: number | undefined
  let last: Uint8Array | undefined
  const begin = () => {
    firstByteAtMs = clock.nowMs()
    const names = Object.keys(wire.receipt({ payer: payment.payer, chargedAtomic: 0n }, terms, undefined, request))
    response.writeHead(answer.status, { ...answer.headers, 'cache-control': 'no-store', trailer: names.join(', ') })
  }
  for await (const chunk of chunks) {
    const next = bytesOf(chunk)
    if (next.length === 0) continue
    hash.update(next)
    bytes += next.length
    if (firstByteAtMs === undefined) begin()
    if (last !== undefined) await write(response, last)
    last = next
  }
  if (firstByteAtMs === undefined) begin()
  const charged = price?.() ?? payment.maximumAtomic
  const { charge, bundle } = await chargeFor(release, charged, hash.digest(), bytes, firstByteAtMs as unknown as number)
  response.addTrailers({ ...wire.receipt(charge, terms, bundle, request) })
  response.end(last)
}

function chargeFor(
  { payment, request, receivedAtMs, clock, answer }: Release,
  chargedAtomic: bigint,
  responseHash: Uint8Array,
  answerBytes: number,
  firstByteAtMs: number,
  stored?: StoredAnswer,
) {
  const { method, url } = request
  const work = { method, url, status: answer.status, answerBytes }
  // The clock of this machine may be set back while a call runs.
  const first = Math.max(receivedAtMs, firstByteAtMs)
  return payment.charge({
    chargedAtomic,
    responseHash: bytesToHex(responseHash) as Hex,
    kind: 'http',
    work: httpCallType.toJson(work),
    workHash: httpCallType.hash(work),
    times: { receivedAtMs, firstByteAtMs: first, endedAtMs: Math.max(first, clock.nowMs()) },
    ...(stored === undefined ? {} : { answer: stored }),
  })
}

/** Sends an answer that nobody pays for. */
export async function sendFree(response: ServerResponse, answer: PaidAnswer): Promise<void> {
  const body = 'chunks' in answer ? await collect(answer.chunks) : bytesOf(answer.body)
  sendStored(response, { status: answer.status, headers: answer.headers ?? {}, body }, {})
}

/** The answer of a call that was done before. Throws `payments/answer-not-kept` (410) when it was too long to keep. */
export function sendRepeated(
  response: ServerResponse,
  answer: StoredAnswer | undefined,
  receipt: Readonly<Record<string, string>>,
): void {
  if (answer !== undefined) return sendStored(response, answer, receipt)
  throw new KoinonError({
    code: 'payments/answer-not-kept',
    message: 'This call was done and paid before, and its answer was too long to keep',
    hint: 'Ask anew with another payment and another id.',
    details: { status: 410 },
  })
}

function sendStored(response: ServerResponse, answer: StoredAnswer, more: Readonly<Record<string, string>>): void {
  const type = answer.headers['content-type'] ?? 'application/octet-stream'
  sendText(response, answer.status, type, answer.body, { ...answer.headers, 'cache-control': 'no-store', ...more })
}

async function collect(chunks: AsyncIterable<Uint8Array | string>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    const part = bytesOf(chunk)
    bytes += part.length
    if (bytes > mostKeptBytes) {
      throw new KoinonError({
        code: 'payments/answer-too-long',
        message: `An answer of more than ${mostKeptBytes} bytes`,
      })
    }
    parts.push(part)
  }
  return Buffer.concat(parts)
}

async function write(response: ServerResponse, chunk: Uint8Array): Promise<void> {
  if (!response.write(chunk) && !response.destroyed)
    await Promise.race([once(response, 'drain'), once(response, 'close')])
}

function bytesOf(body: Uint8Array | string): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body, 'utf8') : body
}
