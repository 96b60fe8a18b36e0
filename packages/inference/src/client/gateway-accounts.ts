/** Receipts, evidence and keys at a gateway: what belongs to one payer. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Hex, KoinonError } from '@koinon/base'
import { parseJsonObject, readBody, sendJson } from '@koinon/base/node'
import type { ReceiptSummary } from '@koinon/payments/core'
import { parseChannelConfig, parseKeyGrant } from '@koinon/payments/rules'
import { bundleToJson, type ReceiptBundle } from '@koinon/work'
import { callPooledNode } from '../wire/pooled-node-call.ts'
import type { Allowances } from './allowances.ts'
import type { GatewayModules } from './gateway-options.ts'
import type { KeyRecord } from './key-registry.ts'

const maximumKeyBodyBytes = 16_384
const evidenceTimeoutMs = 10_000

export class GatewayAccounts {
  readonly #modules: GatewayModules
  readonly #allowances: Allowances

  constructor(modules: GatewayModules, allowances: Allowances) {
    this.#modules = modules
    this.#allowances = allowances
  }

  /** True when the path was one of these. Throws what `sendError` can tell. */
  async serve(request: IncomingMessage, response: ServerResponse, path: string): Promise<boolean> {
    const { method } = request
    if (method === 'POST' && path === '/v1/keys') await this.#register(request, response)
    else if (method === 'DELETE' && path.startsWith('/v1/keys/')) await this.#revoke(request, response, path.slice(9))
    else if (method === 'GET' && path === '/v1/receipts') await this.#list(request, response)
    else if (method === 'GET' && path.startsWith('/v1/receipts/'))
      await this.#receipt(request, response, path.slice(13))
    else return false
    return true
  }

  async #register(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#countStranger(request, response)
    const json = parseJsonObject(await readBody(request, maximumKeyBodyBytes))
    const grant = parseKeyGrant(json['grant'])
    const config = parseChannelConfig(json['config'])
    const record = await this.#modules.keys.register(grant, readSignature(json), config)
    sendJson(response, 201, keyToJson(record))
  }

  async #revoke(request: IncomingMessage, response: ServerResponse, keyHash: string): Promise<void> {
    this.#countStranger(request, response)
    if (!/^0x[0-9a-f]{64}$/.test(keyHash)) throw notFound('key')
    const json = parseJsonObject(await readBody(request, maximumKeyBodyBytes))
    sendJson(response, 200, keyToJson(await this.#modules.keys.revoke(keyHash as Hex, readSignature(json))))
  }

  /** Looking at receipts costs reads of the store and calls to providers, so it has its allowance too. */
  #countRead(request: IncomingMessage, response: ServerResponse): KeyRecord {
    const { key } = this.#modules.keys.authenticate(request.headers.authorization)
    const headers = this.#allowances.take('reads', key, this.#modules.clock.nowMs())
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    return key
  }

  /** Registering a key costs a look at the ledger, and anybody may ask for one. */
  #countStranger(request: IncomingMessage, response: ServerResponse): void {
    const headers = this.#allowances.takeAsStranger(request.socket.remoteAddress, this.#modules.clock.nowMs())
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  }

  async #list(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const key = this.#countRead(request, response)
    const query = new URLSearchParams((request.url ?? '').split('?')[1] ?? '')
    const before = query.get('before')
    const limit = Number(query.get('limit') ?? 50)
    const receipts = await this.#modules.payments.ledger.archive.list({
      payer: key.payer,
      limit: Number.isInteger(limit) ? limit : 50,
      ...(before === null ? {} : { before: requestIdOf(before) }),
    })
    sendJson(response, 200, { receipts: receipts.map(summaryToJson) })
  }

  async #receipt(request: IncomingMessage, response: ServerResponse, rest: string): Promise<void> {
    const key = this.#countRead(request, response)
    const [id, part, ...more] = rest.split('/')
    if (more.length > 0 || (part !== undefined && part !== 'evidence')) throw notFound('path')
    const requestId = requestIdOf(id ?? '')
    const bundle = await this.#modules.payments.ledger.archive.byId(requestId, key.payer)
    if (bundle === undefined) throw notFound('receipt')
    sendJson(response, 200, part === undefined ? bundleToJson(bundle) : await this.#evidence(bundle, requestId))
  }

  /** Evidence stays with who did the work; the gateway asks for it in its own name and passes it on. */
  async #evidence(bundle: ReceiptBundle, requestId: Hex): Promise<unknown> {
    const worker = bundle.hops.at(-1)?.receipt.payee
    const link = worker === undefined ? undefined : this.#modules.providers.get(worker)
    if (link === undefined) {
      throw new KoinonError({
        code: 'gateway/provider-gone',
        message: 'The provider of this answer is not connected to the gateway now',
        hint: 'Ask it directly (GET /v1/evidence/{id}), or try again later.',
        retry: 'later',
        details: { status: 503 },
      })
    }
    return callPooledNode(this.#modules, {
      dispatcher: link.pool,
      recipient: link.account,
      method: 'GET',
      path: `/v1/evidence/${requestId}`,
      timeoutMs: evidenceTimeoutMs,
    })
  }
}

/** A receipt id as clients write it: with or without `0x`, or the id of an OpenAI answer. */
export function requestIdOf(text: string): Hex {
  const match = /^(?:chatcmpl-|cmpl-|0x)?([0-9a-f]{32})$/.exec(text)
  if (match === null) throw notFound('receipt')
  return `0x${match[1]}`
}

/** A key as JSON; nothing in it is secret. */
export function keyToJson(record: KeyRecord): Record<string, unknown> {
  return { ...record, revokedAtMs: record.revokedAtMs ?? null }
}

function summaryToJson(summary: ReceiptSummary): Record<string, unknown> {
  return { id: summary.requestId, ...summary, amountPicoUsd: summary.amountPicoUsd.toString() }
}

function readSignature(json: Record<string, unknown>): Hex {
  const signature = json['signature']
  if (typeof signature === 'string' && /^0x[0-9a-f]{130}$/.test(signature)) return signature as Hex
  throw new KoinonError({
    code: 'gateway/bad-signature',
    message: 'The field signature is not 65 bytes of lower-case hex',
    details: { status: 400 },
  })
}

function notFound(what: string): KoinonError {
  return new KoinonError({
    code: 'gateway/not-found',
    message: `There is no such ${what} for this key`,
    details: { status: 404 },
  })
}
