import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Hex, isKoinonError, KoinonError } from '@koinon/base'
import { defaultHttpLimits, type HttpLimits, HttpListener, httpStatusOf, sendError, sendText } from '@koinon/base/node'
import type { SubnetLedger } from '../client/index.ts'
import { epochWindow, resultToJson } from '../rules/index.ts'
import type { ValidatorStore } from './validator-store.ts'

export type ValidatorServerOptions = {
  readonly store: ValidatorStore
  readonly ledger: Pick<SubnetLedger, 'clock' | 'nowSeconds'>
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  /** Whether the validator can do its work; its reason otherwise. */
  readonly readiness: () => Promise<{ readonly isReady: boolean; readonly reason?: string }>
  /** Prometheus text. */
  readonly metrics: () => Promise<string>
}

const limits: HttpLimits = {
  ...defaultHttpLimits,
  requestTimeoutMs: 10_000,
  maximumConnections: 512,
  connectionsPerNetwork: 64,
}
const stopGraceMs = 500
const plainText = 'text/plain; charset=utf-8'
const metricsText = 'text/plain; version=0.0.4; charset=utf-8'
const fresh = { 'cache-control': 'no-store' }

/**
 * What a validator shows to everybody (specs/0008-http.md section 4): its attestations, records and evidence logs. All of it is
 * public and read-only, so that an auditor needs nobody's leave; signed requests are answered like any other.
 */
export class ValidatorServer {
  readonly #options: ValidatorServerOptions
  readonly #listener: HttpListener

  constructor(options: ValidatorServerOptions) {
    this.#options = options
    this.#listener = new HttpListener({
      host: options.host,
      port: options.port,
      limits,
      handle: (request, response) => this.#serve(request, response),
    })
  }

  /** Listens; resolves with the port. */
  async start(): Promise<{ readonly port: number }> {
    return { port: await this.#listener.start() }
  }

  async stop(): Promise<void> {
    await this.#listener.stop(stopGraceMs)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (request.method !== 'GET') throw refusal(405, 'http/method', 'Only GET is served here')
      await this.#route((request.url ?? '').split('?')[0] as string, response)
    } catch (error) {
      const isRefusal = isKoinonError(error) && error.details?.['status'] !== undefined
      sendError(response, error, isRefusal ? httpStatusOf(error) : 500, fresh)
    }
  }

  async #route(path: string, response: ServerResponse): Promise<void> {
    if (path === '/healthz') return sendText(response, 200, plainText, 'ok\n', fresh)
    if (path === '/metrics') return sendText(response, 200, metricsText, await this.#options.metrics(), fresh)
    if (path === '/readyz') {
      const { isReady, reason } = await this.#options.readiness()
      const text = isReady ? 'ready\n' : `${reason ?? 'not ready'}\n`
      return sendText(response, isReady ? 200 : 503, plainText, text, fresh)
    }
    const answer = /^\/v1\/answers\/(\d{1,10})\/(0x[0-9a-f]{64})$/.exec(path)
    if (answer !== null) {
      const text = await this.#answer(Number(answer[1]), answer[2] as Hex)
      return sendText(response, 200, 'application/json', JSON.stringify({ text }), fresh)
    }
    const match = /^\/v1\/(attestations|records|evidence-log)\/(\d{1,10})\/(\d{1,15})$/.exec(path)
    const body =
      match === null ? undefined : await this.#document(match[1] as string, Number(match[2]), Number(match[3]))
    if (body === undefined) throw refusal(404, 'http/not-found', 'There is nothing here')
    sendText(response, 200, 'application/json', body, fresh)
  }

  async #document(kind: string, netuid: number, epoch: number): Promise<string | undefined> {
    const { store } = this.#options
    if (kind === 'evidence-log') {
      const assessment = await store.assessment(netuid, epoch)
      return assessment !== undefined && (await this.#isBlindPhaseOver(netuid, epoch)) ? assessment.logText : undefined
    }
    const attestation = await store.attestation(netuid, epoch)
    if (kind === 'records') return attestation?.recordText
    const objections = await store.objections(netuid, epoch)
    if (attestation === undefined && objections.length === 0) return undefined
    return JSON.stringify({
      ...(attestation === undefined
        ? {}
        : { result: resultToJson(attestation.result), signature: attestation.signature }),
      objections,
    })
  }

  async #answer(netuid: number, answerHash: Hex): Promise<string> {
    const found = await this.#options.store.judgedAnswer(netuid, answerHash)
    if (found !== undefined && (await this.#isBlindPhaseOver(netuid, found.epoch))) return found.text
    throw refusal(404, 'http/not-found', 'There is nothing here')
  }

  /** Before commitments are closed a log would let lazy validators copy the weights that it leads to. */
  async #isBlindPhaseOver(netuid: number, epoch: number): Promise<boolean> {
    const { ledger } = this.#options
    const { weightCommitEndsAtSeconds } = epochWindow(await ledger.clock(netuid), epoch)
    return (await ledger.nowSeconds()) >= weightCommitEndsAtSeconds
  }
}

function refusal(status: number, code: string, message: string): KoinonError {
  return new KoinonError({ code, message, details: { status } })
}
