import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Hex, isKoinonError, KoinonError } from '@koinon/base'
import { defaultHttpLimits, type HttpLimits, HttpListener, httpStatusOf, sendError, sendText } from '@koinon/base/node'
import type { SubnetLedger } from '../client/index.ts'
import { epochWindow, resultToJson } from '../rules/index.ts'
import { DocumentTurns } from './document-turns.ts'
import type { ValidatorStore } from './validator-store.ts'

export type ValidatorServerOptions = {
  readonly store: ValidatorStore
  readonly ledger: Pick<SubnetLedger, 'clock' | 'nowSeconds'>
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  /** Whether the validator can do its work; its reason otherwise. Asked once in five seconds at most, however many want to know. */
  readonly readiness: () => Promise<{ readonly isReady: boolean; readonly reason?: string }>
  /** Prometheus text. */
  readonly metrics: () => Promise<string>
  /** Answers what this server does not know; true when it did. */
  readonly additionalRoutes?: (request: IncomingMessage, response: ServerResponse) => boolean
}

const limits: HttpLimits = {
  ...defaultHttpLimits,
  requestTimeoutMs: 10_000,
  maximumConnections: 512,
  connectionsPerNetwork: 64,
}
/** Logs and records are up to 16 MiB each. */
const turnBounds = { atOnce: 8, perNetwork: 4, waitingPerNetwork: 64, waiting: 1_024, fetchMs: 20_000 }
const readinessMs = 5_000
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
  readonly #turns = new DocumentTurns(turnBounds)
  readonly #readiness: () => ReturnType<ValidatorServerOptions['readiness']>
  readonly #nowSeconds: () => Promise<number>
  /** Of each subnet the last epoch whose commitments are known to be closed. */
  readonly #closedEpochs = new Map<number, number>()

  constructor(options: ValidatorServerOptions) {
    this.#options = options
    this.#readiness = shared(options.readiness, readinessMs)
    this.#nowSeconds = shared(() => options.ledger.nowSeconds(), 0)
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
      await this.#route((request.url ?? '').split('?')[0] as string, request, response)
    } catch (error) {
      const isRefusal = isKoinonError(error) && error.details?.['status'] !== undefined
      sendError(response, error, isRefusal ? httpStatusOf(error) : 500, fresh)
    }
  }

  async #route(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (path === '/healthz') return sendText(response, 200, plainText, 'ok\n', fresh)
    if (path === '/metrics') return sendText(response, 200, metricsText, await this.#options.metrics(), fresh)
    if (path === '/readyz') {
      const { isReady, reason } = await this.#readiness()
      const text = isReady ? 'ready\n' : `${reason ?? 'not ready'}\n`
      return sendText(response, isReady ? 200 : 503, plainText, text, fresh)
    }
    if (this.#options.additionalRoutes?.(request, response) === true) return
    const answer = /^\/v1\/answers\/(\d{1,10})\/(0x[0-9a-f]{64})$/.exec(path)
    const match = /^\/v1\/(attestations|records|evidence-log)\/(\d{1,10})\/(\d{1,15})$/.exec(path)
    if (answer === null && match === null) throw nothingHere()
    const [kind, netuid, epoch] = [match?.[1], Number(match?.[2]), Number(match?.[3])]
    if (kind === 'attestations') {
      return sendText(response, 200, 'application/json', await this.#attestation(netuid, epoch), fresh)
    }
    await this.#turns.take(request.socket.remoteAddress, response, async () => {
      const body =
        answer === null
          ? await this.#document(kind as 'records' | 'evidence-log', netuid, epoch)
          : JSON.stringify({ text: await this.#answer(Number(answer[1]), answer[2] as Hex) })
      sendText(response, 200, 'application/json', body, fresh)
    })
  }

  async #document(kind: 'records' | 'evidence-log', netuid: number, epoch: number): Promise<Uint8Array> {
    const found = await this.#options.store.documentBytes(kind === 'records' ? 'record' : 'log', netuid, epoch)
    if (found === undefined) throw nothingHere()
    if (kind === 'evidence-log' && !(await this.#isBlindPhaseOver(netuid, epoch))) throw nothingHere()
    return found
  }

  async #attestation(netuid: number, epoch: number): Promise<string> {
    const { store } = this.#options
    const attestation = await store.signed(netuid, epoch)
    const objections = await store.objections(netuid, epoch)
    if (attestation === undefined && objections.length === 0) throw nothingHere()
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
    throw nothingHere()
  }

  /** Before commitments are closed a log would let lazy validators copy the weights that it leads to. */
  async #isBlindPhaseOver(netuid: number, epoch: number): Promise<boolean> {
    if (epoch <= (this.#closedEpochs.get(netuid) ?? -1)) return true
    const { weightCommitEndsAtSeconds } = epochWindow(await this.#options.ledger.clock(netuid), epoch)
    if ((await this.#nowSeconds()) < weightCommitEndsAtSeconds) return false
    this.#closedEpochs.set(netuid, epoch)
    return true
  }
}

/** Those who ask while an answer is under way, or for `holdsMs` after it came, share it. A failure is not kept. */
function shared<value>(ask: () => Promise<value>, holdsMs: number): () => Promise<value> {
  let answer: Promise<value> | undefined
  let holdsUntilMs = 0
  return () => {
    if (answer !== undefined && performance.now() < holdsUntilMs) return answer
    holdsUntilMs = Number.POSITIVE_INFINITY
    answer = ask().finally(() => {
      holdsUntilMs = performance.now() + holdsMs
    })
    answer.catch(() => {
      answer = undefined
    })
    return answer
  }
}

function nothingHere(): KoinonError {
  return refusal(404, 'http/not-found', 'There is nothing here')
}

function refusal(status: number, code: string, message: string): KoinonError {
  return new KoinonError({ code, message, details: { status } })
}
