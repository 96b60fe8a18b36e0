import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type Clock, type Hex, KoinonError, sha256Hex } from '@koinon/base'
import { sendError, sendText } from '@koinon/base/node'
import type { CallResult, HeldPayment, StoredAnswer } from '../provider/cash-desk.ts'
import type { ReturningBuyers } from '../provider/returning-buyers.ts'
import type { SteppedCall, StreamPart, Wire, WireAttempt, WireRequest } from '../provider/wire.ts'
import { httpCallType, httpKind, isSentAgain } from '../rules/http-call.ts'
import { answerNotKept } from '../rules/paid-call-refusals.ts'
import type { PaymentTerms } from '../rules/terms.ts'

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
  | {
      /** An event stream that costs what its parts cost; it ends where the payment does. Where terms have a step, no part costs more. */
      readonly parts: AsyncIterable<StreamPart>
    }
)

type Release = {
  readonly response: ServerResponse
  readonly answer: PaidAnswer
  readonly payment: HeldPayment
  readonly terms: PaymentTerms
  readonly wire: Wire
  readonly attempt: Extract<WireAttempt, { kind: 'call' }>
  readonly request: WireRequest
  readonly receivedAtMs: number
  readonly clock: Clock
  /** Of the work; aborted, it is the reason why an answer broke off. */
  readonly signal: () => AbortSignal
  readonly returning: ReturningBuyers | undefined
}

/** What an answer that must be kept back until its money has moved may hold. */
const mostKeptBytes = 16 << 20
const unbounded = 1n << 128n

/** Charges, then releases. The last byte never goes out before the charge is final. */
export async function releaseAnswer(release: Release): Promise<void> {
  const { answer, payment, response } = release
  if (answer.status >= 400) return sendFree(response, answer, unchargedHeaders(release))
  if ('parts' in answer) return releaseParts(release, answer.parts)
  if (!('chunks' in answer)) return releaseWhole(release, bytesOf(answer.body), answer.chargedAtomic, answer.headers)
  if (payment.mayStream) return releaseStream(release, answer.chunks, answer.charge)
  const body = await collect(answer.chunks)
  return releaseWhole(release, body, answer.charge?.(), answer.headers)
}

/** By the step where the payer takes steps, else as far as what is held goes. */
async function releaseParts(release: Release, parts: AsyncIterable<StreamPart>): Promise<void> {
  const { attempt, payment, response, signal } = release
  if (attempt.stepped !== undefined) return releaseSteps(release, attempt.stepped, parts)
  const isCutOff = () => payment.mayStream && signal().aborted
  const isGone = () => payment.mayStream && response.destroyed
  const bought = within(payment.maximumAtomic, parts, isCutOff, isGone)
  if (payment.mayStream) return releaseStream(release, bought.chunks, bought.charge, bought.wasCut)
  const body = await collect(bought.chunks)
  return releaseWhole(release, body, bought.charge(), release.answer.headers)
}

/** Of a stream whose reader has gone the last part is not charged: it was kept back. */
function within(
  maximumAtomic: bigint,
  parts: AsyncIterable<StreamPart>,
  isCutOff: () => boolean = () => false,
  isGone: () => boolean = () => false,
) {
  let [sentAtomic, spentAtomic] = [0n, 0n]
  let wasCut = false
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for await (const { bytes, costAtomic } of parts) {
        wasCut = isCutOff()
        if (wasCut || spentAtomic + costAtomic > maximumAtomic) return
        sentAtomic = spentAtomic
        spentAtomic += costAtomic
        yield bytes
      }
    } catch (error) {
      wasCut = isCutOff()
      if (!wasCut) throw error
    }
  }
  return { chunks: chunks(), charge: () => (isGone() ? sentAtomic : spentAtomic), wasCut: () => wasCut }
}

/** Every step is charged before the next is asked for. */
async function releaseSteps(release: Release, stepped: SteppedCall, parts: AsyncIterable<StreamPart>): Promise<void> {
  const { response, payment, answer, clock, request } = release
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  let stepBeganAtMs = clock.nowMs()
  const bytes = stepped.run({
    held: payment,
    signal: gone.signal,
    requestHash: request.requestHash,
    parts,
    isCutOff: () => release.signal().aborted,
    resultOf: (sent, chargedAtomic) => {
      const hash = createHash('sha256')
      for (const part of sent) hash.update(part)
      const length = sent.reduce((sum, part) => sum + part.length, 0)
      const result = resultOf(release, {
        chargedAtomic,
        responseHash: `0x${hash.digest('hex')}`,
        length,
        firstByteAtMs: stepBeganAtMs,
      })
      stepBeganAtMs = clock.nowMs()
      return result
    },
  })
  for await (const part of bytes) {
    if (!response.headersSent) response.writeHead(answer.status, { ...answer.headers, 'cache-control': 'no-store' })
    if (gone.signal.aborted) break
    await write(response, part)
  }
  if (!response.headersSent) response.writeHead(answer.status, { ...answer.headers, 'cache-control': 'no-store' })
  response.end()
}

async function releaseWhole(
  release: Release,
  body: Uint8Array,
  chargedAtomic: bigint | undefined,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { response, wire, terms, payment, clock, answer, request } = release
  const stored = { status: answer.status, headers, body }
  const price = chargedAtomic ?? payment.maximumAtomic
  const result = resultOf(release, {
    chargedAtomic: price,
    responseHash: sha256Hex(body),
    length: body.length,
    firstByteAtMs: clock.nowMs(),
  })
  const { charge, bundle } = await payment.charge({ ...result, ...purchaseOf(release, price), answer: stored })
  sendStored(response, stored, wire.receipt(charge, terms, bundle, request))
}

/**
 * One chunk behind: what is sent is on credit, at most the call's maximum, and the end is paid. Once the first byte went out, who hangs up
 * pays as who stays, and so does whoever reads until the time of the terms is over; what breaks off by itself is free.
 */
async function releaseStream(
  release: Release,
  chunks: AsyncIterable<Uint8Array | string>,
  price: (() => bigint) | undefined,
  wasCut: () => boolean = () => false,
): Promise<void> {
  const { response, wire, terms, payment, answer, clock, request, signal } = release
  const hash = createHash('sha256')
  let isCutOff = false
  let bytes = 0
  let firstByteAtMs: number | undefined
  let last: Uint8Array | undefined
  const begin = () => {
    firstByteAtMs = clock.nowMs()
    const names = Object.keys(wire.receipt({ payer: payment.payer, chargedAtomic: 0n }, terms, undefined, request))
    response.writeHead(answer.status, { ...answer.headers, 'cache-control': 'no-store', trailer: names.join(', ') })
  }
  const count = (chunk: Uint8Array) => {
    hash.update(chunk)
    bytes += chunk.length
  }
  try {
    for await (const chunk of chunks) {
      const next = bytesOf(chunk)
      if (next.length === 0) continue
      if (firstByteAtMs === undefined) begin()
      if (last !== undefined) {
        count(last)
        await write(response, last)
      }
      last = next
    }
    isCutOff = wasCut()
  } catch (error) {
    if (bytes === 0 || !(response.destroyed || signal().aborted)) throw error
    isCutOff = true
    last = undefined
  }
  if (last !== undefined) count(last)
  if (firstByteAtMs === undefined) begin()
  const charged = price?.() ?? payment.maximumAtomic
  const result = resultOf(release, {
    chargedAtomic: charged,
    responseHash: `0x${hash.digest('hex')}`,
    length: bytes,
    firstByteAtMs: firstByteAtMs as unknown as number,
  })
  const { charge, bundle } = await payment.charge({ ...result, ...(isCutOff ? {} : purchaseOf(release, charged)) })
  // Whoever still reads must not take it for the whole.
  if (isCutOff) return void response.write(last ?? '', () => response.destroy())
  response.addTrailers({ ...wire.receipt(charge, terms, bundle, request) })
  response.end(last)
}

/** What is sold by its parts may go on for ever, and what cost less than the whole price was not sold whole. */
function purchaseOf({ returning, answer, request, payment, terms }: Release, chargedAtomic: bigint) {
  if (answer.status !== 200 || 'parts' in answer || chargedAtomic !== terms.maximumAtomic) return {}
  const statement = returning?.purchase(request, payment.payer)
  return statement === undefined ? {} : { extraStatements: [statement] }
}

type Served = {
  readonly chargedAtomic: bigint
  readonly responseHash: Hex
  readonly length: number
  readonly firstByteAtMs: number
}

function resultOf({ request, receivedAtMs, clock, answer }: Release, served: Served): CallResult {
  const { method, url } = request
  const work = { method, url, status: answer.status, answerBytes: served.length }
  // The clock of this machine may be set back while a call runs.
  const firstByteAtMs = Math.max(receivedAtMs, served.firstByteAtMs)
  return {
    chargedAtomic: served.chargedAtomic,
    responseHash: served.responseHash,
    kind: httpKind,
    work: httpCallType.toJson(work),
    workHash: httpCallType.hash(work),
    times: { receivedAtMs, firstByteAtMs, endedAtMs: Math.max(firstByteAtMs, clock.nowMs()) },
  }
}

/** Sends an answer that nobody pays for, a stream as it comes. */
export async function sendFree(
  response: ServerResponse,
  answer: PaidAnswer,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { status, headers = {} } = answer
  if ('body' in answer) return sendStored(response, { status, headers, body: bytesOf(answer.body) }, more)
  for await (const chunk of chunksOf(answer)) {
    if (!response.headersSent) response.writeHead(status, { ...headers, 'cache-control': 'no-store', ...more })
    if (response.destroyed) return
    await write(response, bytesOf(chunk))
  }
  if (!response.headersSent) response.writeHead(status, { ...headers, 'cache-control': 'no-store', ...more })
  response.end()
}

/** That nothing was charged, where the answer ends the call; after others the payer sends the same commitment again. */
function unchargedHeaders({ answer, payment, wire, terms }: Release): Readonly<Record<string, string>> {
  const hasRetryAfter = Object.keys(answer.headers ?? {}).some((name) => name.toLowerCase() === 'retry-after')
  const charge = isSentAgain(answer.status, hasRetryAfter) ? undefined : payment.uncharged?.()
  return charge === undefined ? {} : (wire.uncharged?.(charge, terms) ?? {})
}

/** The answer of a call that was done before; `payments/answer-not-kept` (410) when it was too long to keep. Either tells what was charged. */
export function sendRepeated(
  response: ServerResponse,
  answer: StoredAnswer | undefined,
  receipt: Readonly<Record<string, string>>,
): void {
  if (answer !== undefined) return sendStored(response, answer, receipt)
  sendError(response, answerNotKept(), 410, { 'cache-control': 'no-store', ...receipt })
}

function sendStored(response: ServerResponse, answer: StoredAnswer, more: Readonly<Record<string, string>>): void {
  const type = answer.headers['content-type'] ?? 'application/octet-stream'
  sendText(response, answer.status, type, answer.body, { ...answer.headers, 'cache-control': 'no-store', ...more })
}

function chunksOf(answer: Exclude<PaidAnswer, { readonly body: unknown }>): AsyncIterable<Uint8Array | string> {
  return 'chunks' in answer ? answer.chunks : within(unbounded, answer.parts).chunks
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
