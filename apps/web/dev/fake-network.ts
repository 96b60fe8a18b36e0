/**
 * A FAKE network for developing and testing the page: it serves the built files and the API of specs/0008-http.md with invented
 * data on loopback. Only the receipts are genuine: signed with @koinon/work, so that the browser's check truly runs. It is never
 * shipped; the real thing is `koinon up`.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { errorToJson, isKoinonError, KoinonError } from '@koinon/base'
import { fail, notChecked, pass } from '@koinon/work'
import { fakeAgents } from './fake-agents.ts'
import { FakeBudgets } from './fake-budgets.ts'
import { answerChat } from './fake-chat.ts'
import { fakeDecentralization, fakeMetagraph, fakeSubnets, fakeValidators } from './fake-incentive.ts'
import { fakeJob, fakeJobs } from './fake-jobs.ts'
import { fakeEpoch, fakeEpochs, fakeNetwork } from './fake-ledger.ts'
import { fakeLedgerBudgets } from './fake-ledger-budgets.ts'
import { fakePaymentDetails, fakePayments } from './fake-payments.ts'
import { FakeStake } from './fake-stake.ts'
import { FakeState } from './fake-state.ts'
import { fakeWallet } from './fake-wallet.ts'
import { serveFile } from './serve-files.ts'

export type FakeNetworkOptions = {
  /** Folder of the built page; without it only the API is served. */
  readonly dist?: string
  /** 0 for any free port. */
  readonly port?: number
  /** Pause between two tokens. */
  readonly paceMs?: number
}

/** One running fake network on 127.0.0.1. */
export class FakeNetwork {
  readonly state = new FakeState(() => Date.now())
  readonly stake = new FakeStake(this.state)
  readonly #budgets = new FakeBudgets(this.state)
  readonly #options: FakeNetworkOptions
  readonly #server: Server

  constructor(options: FakeNetworkOptions = {}) {
    this.#options = options
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => sendError(response, error))
    })
  }

  /** Listens and returns the URL without a slash at its end. */
  async start(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.#options.port ?? 0, '127.0.0.1', resolve)
    })
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake')
    const method = request.method ?? 'GET'
    const bytes = await readBody(request)
    if (method === 'POST' && url.pathname === '/v1/chat/completions') {
      if (this.state.keyOf(request) === undefined) return sendOpenAiRefusal(response)
      return answerChat(this.state, request, response, bytes, this.#options.paceMs ?? 12)
    }
    const json = this.#route(method, url, request, bytes)
    if (json !== undefined) return sendJson(response, 200, json)
    const { dist } = this.#options
    if (method === 'GET' && dist !== undefined && (await serveFile(dist, url.pathname, response))) return
    throw new KoinonError({ code: 'http/not-found', message: `There is no ${url.pathname} here` })
  }

  #route(method: string, url: URL, request: IncomingMessage, bytes: Uint8Array): unknown {
    const { state } = this
    const { pathname } = url
    if (pathname === '/api/session') {
      if (method === 'POST') return { localToken: state.redeem(JSON.parse(new TextDecoder().decode(bytes))) }
      const program = 'npx koinon'
      if (request.headers['x-koinon-local'] !== state.localToken) return { isSignedIn: false, program }
      const { account, firstKey: apiKey, localToken } = state
      return {
        isSignedIn: true,
        command: { program },
        apiKey,
        localToken,
        account,
        chainId: fakeNetwork(state).chainId,
        home: '~/.koinon',
      }
    }
    if (pathname === '/api/network') return fakeNetwork(state)
    if (pathname === '/api/epochs') {
      return { asOfBlock: state.block(), epochs: fakeEpochs(state, Number(url.searchParams.get('limit') ?? 20)) }
    }
    const epoch = /^\/api\/epochs\/[0-9]+\/([0-9]+)$/.exec(pathname)
    if (epoch !== null) return fakeEpoch(state, Number(epoch[1]))
    if (pathname === '/api/subnets') return fakeSubnets(state)
    if (pathname === '/api/validators') return fakeValidators(state)
    const subnet = /^\/api\/subnets\/([0-9]+)\/metagraph$/.exec(pathname)
    if (subnet !== null) return fakeMetagraph(state, Number(subnet[1]))
    if (pathname === '/api/pools') return this.stake.pools()
    const quote = /^\/api\/pools\/([0-9]+)\/quote$/.exec(pathname)
    if (quote !== null) return this.stake.quote(Number(quote[1]), url.searchParams)
    if (pathname === '/api/stake') {
      if (request.headers['x-koinon-local'] !== state.localToken) throw refused()
      return method === 'POST' ? this.stake.act(JSON.parse(new TextDecoder().decode(bytes))) : this.stake.holdings()
    }
    if (/^\/api\/budgets\/0x[0-9a-f]{40}$/.test(pathname)) {
      return fakeLedgerBudgets(state, pathname.split('/')[3] as string)
    }
    if (pathname.startsWith('/api/budgets')) {
      if (request.headers['x-koinon-local'] !== state.localToken) throw refused()
      return this.#budgets.answer(method, pathname)
    }
    if (pathname.startsWith('/api/agents')) {
      return fakeAgents(state, url, bytes.length === 0 ? {} : JSON.parse(new TextDecoder().decode(bytes)))
    }
    if (pathname === '/api/jobs') return fakeJobs(state)
    if (pathname.startsWith('/api/jobs/')) {
      if (method === 'POST' && request.headers['x-koinon-local'] !== state.localToken) throw refused()
      return fakeJob(state, method, pathname)
    }
    if (pathname === '/api/payments') return fakePayments(state)
    if (pathname === '/api/payments/details') {
      if (request.headers['x-koinon-local'] !== state.localToken) throw refused()
      return fakePaymentDetails(state)
    }
    if (pathname === '/api/decentralization') return fakeDecentralization(state)
    if (pathname.startsWith('/api/wallet')) {
      if (request.headers['x-koinon-local'] !== state.localToken) throw refused()
      const body = bytes.length === 0 ? {} : (JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>)
      return fakeWallet(state, method, pathname, body)
    }
    return this.#receipts(url, request)
  }

  #receipts(url: URL, request: IncomingMessage): unknown {
    const { state } = this
    const match = /^\/(api|v1)\/receipts(?:\/(?:0x)?([0-9a-f]{32})(\/verdict|\/evidence)?)?$/.exec(url.pathname)
    if (match === null) return undefined
    if (state.keyOf(request) === undefined) throw refused()
    if (match[2] === undefined) {
      const before = state.records.findIndex((one) => `0x${one.summary.id}` === url.searchParams.get('before'))
      const limit = Number(url.searchParams.get('limit') ?? 50)
      const page = state.records.slice(before + 1, before + 1 + limit)
      return {
        asOfBlock: state.block(),
        receipts: page.map(({ summary }) => ({ ...summary, id: `0x${summary.id}` })),
      }
    }
    const record = state.records.find((one) => one.summary.id === match[2])
    if (record === undefined) return undefined
    if (match[3] === '/evidence') {
      return {
        requestBase64: Buffer.from(record.requestBytes).toString('base64'),
        responseBase64: Buffer.from(record.responseBytes).toString('base64'),
      }
    }
    if (match[3] === '/verdict') return { asOfBlock: state.block(), checks: fakeReplay(record.summary.outputTokens) }
    return record.bundle
  }
}

function fakeReplay(outputTokens: number) {
  return [
    pass('tokens', `${outputTokens} of ${outputTokens} tokens equal (this fake network replays nothing)`),
    pass('finish', 'ended at an end token, as stated'),
    fail('counts', `replay counted ${outputTokens + 1} tokens, stated ${outputTokens} (invented, to show a failure)`),
    notChecked('text', 'the fake network has no tokenizer'),
  ]
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request) {
    length += (part as Buffer).length
    if (length > 1_000_000) throw new KoinonError({ code: 'http/too-large', message: 'The request is too large' })
    parts.push(part as Buffer)
  }
  return new Uint8Array(Buffer.concat(parts))
}

function sendJson(response: ServerResponse, status: number, json: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(json))
}

function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy()
  const code = isKoinonError(error) ? error.code : ''
  sendJson(response, code === 'http/not-found' ? 404 : code === 'http/refused' ? 401 : 400, {
    error: errorToJson(error),
  })
}

function sendOpenAiRefusal(response: ServerResponse): void {
  const message = 'This key is unknown or revoked. Create a key on the page Wallet & keys.'
  sendJson(response, 401, { error: { message, type: 'authentication_error', param: null, code: 'keys/unknown' } })
}

function refused(): KoinonError {
  return new KoinonError({ code: 'http/refused', message: 'The request carries no valid key', hint: 'Sign in again.' })
}
