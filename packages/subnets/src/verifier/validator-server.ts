import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type ErrorJson, errorToJson, isKoinonError, KoinonError } from '@koinon/base'
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

const requestTimeoutMs = 10_000
const maximumConnections = 512

/**
 * What a validator shows to everybody (specs/0008-http.md section 4): its attestations, records and evidence logs. All of it is
 * public and read-only, so that an auditor needs nobody's leave; signed requests are answered like any other.
 */
export class ValidatorServer {
  readonly #options: ValidatorServerOptions
  #server: Server | undefined

  constructor(options: ValidatorServerOptions) {
    this.#options = options
  }

  /** Listens; resolves with the port. */
  async start(): Promise<{ readonly port: number }> {
    const server = createServer((request, response) => void this.#serve(request, response))
    server.requestTimeout = requestTimeoutMs
    server.headersTimeout = requestTimeoutMs
    server.maxConnections = maximumConnections
    this.#server = server
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#options.port, this.#options.host, resolve)
    })
    return { port: (server.address() as { port: number }).port }
  }

  async stop(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (request.method !== 'GET') return sendJson(response, 405, errorBody('http/method', 'Only GET is served here'))
      await this.#route((request.url ?? '').split('?')[0] as string, response)
    } catch (error) {
      sendJson(
        response,
        500,
        isKoinonError(error)
          ? { error: errorToJson(error) }
          : errorBody('internal', 'The validator failed while it served this request'),
      )
    }
  }

  async #route(path: string, response: ServerResponse): Promise<void> {
    if (path === '/healthz') return send(response, 200, 'text/plain; charset=utf-8', 'ok\n')
    if (path === '/metrics') {
      return send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', await this.#options.metrics())
    }
    if (path === '/readyz') {
      const { isReady, reason } = await this.#options.readiness()
      return send(
        response,
        isReady ? 200 : 503,
        'text/plain; charset=utf-8',
        isReady ? 'ready\n' : `${reason ?? 'not ready'}\n`,
      )
    }
    const match = /^\/v1\/(attestations|records|evidence-log)\/(\d{1,10})\/(\d{1,15})$/.exec(path)
    const body =
      match === null ? undefined : await this.#document(match[1] as string, Number(match[2]), Number(match[3]))
    if (body === undefined) return sendJson(response, 404, errorBody('http/not-found', 'There is nothing here'))
    send(response, 200, 'application/json', body)
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

  /** Before commitments are closed a log would let lazy validators copy the weights that it leads to. */
  async #isBlindPhaseOver(netuid: number, epoch: number): Promise<boolean> {
    const { ledger } = this.#options
    const { weightCommitEndsAt } = epochWindow(await ledger.clock(netuid), epoch)
    return (await ledger.nowSeconds()) >= weightCommitEndsAt
  }
}

function errorBody(code: string, message: string): { readonly error: ErrorJson } {
  return { error: errorToJson(new KoinonError({ code, message })) }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, 'application/json', JSON.stringify(body))
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  const bytes = Buffer.from(text)
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length, 'cache-control': 'no-store' })
  response.end(bytes)
}
