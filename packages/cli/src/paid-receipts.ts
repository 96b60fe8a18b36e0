/** Receipts of calls that were paid by themselves: only the payer's answer carries them, so the home keeps the latest with both bodies. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { splitEventStream } from '@koinon/inference/rules'
import { type Home, writeFileDurably } from '@koinon/node/home'
import type { PaymentReceipt } from '@koinon/payments/client'
import type { RecordedPayment } from '@koinon/payments/rules'
import type { OwnBodies } from '@koinon/sdk'
import { bundleToJson, parseBundle, type ReceiptBundle, type SignedReceipt } from '@koinon/work'

export type PaidAnswerBytes = {
  readonly headers: Headers
  readonly request: Uint8Array
  readonly response: Uint8Array
  /** What was paid, where the call was paid by itself. */
  readonly payment?: PaymentReceipt
}

export type KeptReceipt = { readonly bundle: ReceiptBundle } & OwnBodies

const mostKept = 100
const mostBodyBytes = 4 << 20

/** Keeps the receipt of an answer; its id, or undefined where the answer has none that can be read. */
export function keepPaidReceipt(home: Home, answer: PaidAnswerBytes): { id: string } | undefined {
  const bundle = bundleOf(answer)
  const first = bundle?.hops[0]?.receipt
  if (bundle === undefined || first === undefined) return undefined
  const id = first.requestId.replace(/^0x/, '')
  if (!/^[0-9a-f]{32}$/.test(id)) return undefined
  const { request, response, payment } = answer
  const isKept = request.length + response.length <= mostBodyBytes
  const folder = folderOf(home)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const json = {
    data: bundleToJson(bundle),
    ...(payment === undefined ? {} : { payment: paymentToJson(payment) }),
    ...(isKept
      ? { request: Buffer.from(request).toString('base64'), response: Buffer.from(response).toString('base64') }
      : {}),
  }
  writeFileDurably(join(folder, `${id}.json`), `${JSON.stringify(json)}\n`)
  dropOldest(folder)
  return { id }
}

/** A receipt that this home kept, by its id; undefined where it kept none. */
export function readPaidReceipt(home: Home, id: string): KeptReceipt | undefined {
  const path = join(folderOf(home), `${id.replace(/^(chatcmpl-|cmpl-|0x)/, '')}.json`)
  return /^[0-9a-f]{32}\.json$/.test(path.slice(-37)) && existsSync(path) ? readReceiptJson(path) : undefined
}

/** A call that was paid by itself, as a list shows it. */
type PaidCallFacts = {
  readonly id: string
  /** When the home took it up. */
  readonly receivedAtMs: number
  readonly payee: string
  readonly amountPicoUsd: string
}

/** The latest receipts that this home kept, newest first; those that cannot be read are left out. */
export function listPaidReceipts(home: Home, most: number): readonly PaidCallFacts[] {
  return newestFirst(folderOf(home))
    .flatMap(({ path, atMs }) => {
      try {
        const { receipt } = readReceiptJson(path).bundle.hops[0] as SignedReceipt
        const { payee, amountPicoUsd } = receipt
        const id = basename(path, '.json')
        return [{ id, receivedAtMs: Math.floor(atMs), payee, amountPicoUsd: `${amountPicoUsd}` }]
      } catch {
        return []
      }
    })
    .slice(0, most)
}

/** A receipt in a file, with the bodies where the file has them. Throws what is wrong with it. */
export function readReceiptJson(path: string): KeptReceipt {
  const json = JSON.parse(readFileSync(path, 'utf8')) as {
    data?: unknown
    request?: unknown
    response?: unknown
    payment?: PaymentJson
  }
  return {
    bundle: parseBundle(json.data ?? json),
    ...(typeof json.request === 'string' ? { ownRequest: Buffer.from(json.request, 'base64') } : {}),
    ...(typeof json.response === 'string' ? { ownResponse: Buffer.from(json.response, 'base64') } : {}),
    ...(json.payment === undefined
      ? {}
      : { payment: { ...json.payment, chargedAtomic: BigInt(json.payment.chargedAtomic) } }),
  }
}

type PaymentJson = Omit<RecordedPayment, 'chargedAtomic'> & { readonly chargedAtomic: string }

function paymentToJson(payment: PaymentReceipt): PaymentJson {
  const { payer, terms, backEnd, chargedAtomic, isStated, channelId, transaction } = payment
  const charge = {
    chargedAtomic: chargedAtomic.toString(),
    isStated,
    ...(transaction === undefined ? {} : { transaction }),
  }
  return { payer, payTo: terms.payTo, backEnd, ...charge, ...(channelId === undefined ? {} : { channelId }) }
}

/** In the header of an answer that was paid before it came, else at the end of a stream. */
function bundleOf({ headers, response }: PaidAnswerBytes): ReceiptBundle | undefined {
  try {
    const settled = headers.get('payment-response')
    if (settled !== null) {
      const json = JSON.parse(Buffer.from(settled, 'base64').toString('utf8')) as Settled
      return parseBundle(json.extensions?.['offer-receipt']?.info?.koinonReceipt)
    }
    const isStream = headers.get('content-type')?.startsWith('text/event-stream') === true
    return isStream ? splitEventStream(response).bundle : undefined
  } catch {
    return undefined
  }
}

type Settled = { extensions?: { 'offer-receipt'?: { info?: { koinonReceipt?: unknown } } } }

function folderOf({ path }: Home): string {
  return join(path, 'payer', 'receipts')
}

function dropOldest(folder: string): void {
  for (const { path } of newestFirst(folder).slice(mostKept)) rmSync(path, { force: true })
}

/** Another process may drop the oldest meanwhile. */
function newestFirst(folder: string): readonly { readonly path: string; readonly atMs: number }[] {
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => /^[0-9a-f]{32}\.json$/.test(name)) : []
  const aged = files.flatMap((name) => {
    const path = join(folder, name)
    const atMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs
    return atMs === undefined ? [] : [{ path, atMs }]
  })
  return aged.sort((a, b) => b.atMs - a.atMs)
}
