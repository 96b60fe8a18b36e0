import type { IncomingMessage, ServerResponse } from 'node:http'
import { bytesToHex, type Hex, isKoinonError, KoinonError } from '@koinon/base'
import { type AnswerHeaders, readBody, sha256Native } from '@koinon/base/node'
import type { Entered } from '@koinon/payments/paywall'
import type { WireRequest } from '@koinon/payments/provider'
import type { PaymentTerms } from '@koinon/payments/rules'
import { parseChatRequest, parseCompletionRequest } from '../rules/openai-request.ts'
import type { Allowances } from './allowances.ts'
import { reportAnswer, reportBroken } from './answer-events.ts'
import { attempt, stepTokens } from './attempt.ts'
import type { AttemptContext, GatewayRequest, GatewayTask } from './attempt-context.ts'
import { candidatesFor } from './candidates-for.ts'
import { DebtReconciler } from './debt-reconciler.ts'
import type { GatewayModules, GatewayServerOptions } from './gateway-options.ts'
import { allFull, clientLeft, methodNotAllowed, noProvider } from './gateway-refusals.ts'
import { keyCaller } from './key-caller.ts'
import { inferenceTerms, type PaidCalls, paidCaller, paidRequest, signerAllowance, signerOf } from './paid-calls.ts'
import type { ProviderLink } from './provider-link.ts'
import { ProviderSessions } from './provider-sessions.ts'
import type { Candidate } from './provider-table.ts'
import { ReceiptInspector } from './receipt-inspection.ts'
import { AttemptFailed, isCreditExhausted, isRoomOnItsWay } from './refusal.ts'
import { RequestIds } from './request-ids.ts'
import { StepRisk } from './step-risk.ts'
import { WaitingRoom } from './waiting-room.ts'
import { upstreamWorstCasePicoUsd, userWorstCasePicoUsd } from './worst-case.ts'

/** Books are compared at most this often on a provider's word. */
const reconcileIntervalMs = 10_000

/** A request that can be answered, by these. */
type Asked = Pick<GatewayRequest, 'path' | 'body' | 'bodyHash' | 'request'> & {
  readonly candidates: readonly Candidate[]
}

/** A request whose payment is held. */
type Sale = {
  readonly paid: WireRequest
  readonly terms: PaymentTerms
  readonly receivedAtMs: number
  readonly entered: Entered
}

type Place = { readonly candidate: Candidate; readonly release: () => void }

/** Serves chat and text completions: authenticates, routes, fails over before the first byte, bills what has a receipt. */
export class GatewayCompletions {
  readonly #context: AttemptContext
  readonly #allowances: Allowances
  readonly #requestIds: RequestIds
  readonly #reconciler: DebtReconciler
  readonly #room: WaitingRoom
  /** Requests that may still become final. */
  readonly #underWay = new Set<Hex>()
  readonly #reconciledAtMs = new Map<Hex, number>()

  constructor(options: GatewayServerOptions, modules: GatewayModules, allowances: Allowances) {
    this.#context = {
      options,
      modules,
      inspector: new ReceiptInspector(),
      sessions: new ProviderSessions(modules),
      stepRisk: new StepRisk(),
    }
    this.#allowances = allowances
    this.#requestIds = new RequestIds({ key: options.requestIdKey, random: modules.random })
    this.#room = new WaitingRoom({ places: options.limits.waitingAnswers })
    this.#reconciler = new DebtReconciler({
      options,
      modules,
      requestIds: this.#requestIds,
      isUnderWay: (requestId) => this.#underWay.has(requestId),
    })
  }

  /** Compares the books with a provider; see `DebtReconciler`. */
  async reconcile(link: ProviderLink): Promise<void> {
    this.#reconciledAtMs.set(link.account, this.#context.modules.clock.nowMs())
    await this.#reconciler.reconcile(link)
  }

  /** Answers one request. Throws before the answer has begun; afterwards errors end inside the answer. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { paidCalls } = this.#context.modules
    const { authorization } = request.headers
    const paysNow = authorization === undefined || /^payment /i.test(authorization)
    if (paidCalls === undefined || !paysNow) await this.#serveKey(request, response)
    else await this.#servePaid(request, response, paidCalls)
  }

  async #serveKey(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { modules } = this.#context
    const receivedAtMs = modules.clock.nowMs()
    const authenticated = modules.keys.authenticate(request.headers.authorization)
    const { key } = authenticated
    setHeaders(response, this.#allowances.take('answers', key, receivedAtMs))
    const leave = this.#allowances.enter(key)
    try {
      const asked = await this.#read(request)
      await this.#answer(response, { ...asked, caller: keyCaller(authenticated, modules.payments), receivedAtMs })
    } finally {
      leave()
    }
  }

  /** The payment comes with the request, or the answer says what it has to be. */
  async #servePaid(request: IncomingMessage, response: ServerResponse, calls: PaidCalls): Promise<void> {
    const { modules, options } = this.#context
    const receivedAtMs = modules.clock.nowMs()
    setHeaders(response, this.#allowances.takeAtTheDoor(request.socket.remoteAddress, receivedAtMs))
    const asked = await this.#read(request)
    const paid = paidRequest(calls, request, asked.body)
    const seller = { chainId: options.chainId, payTo: options.account, timeoutMs: options.limits.paymentTimeoutMs }
    const worst = asked.candidates.map((candidate) => userWorstCasePicoUsd(this.#context, asked, candidate))
    const endRisk = asked.request.stream ? this.#holdRisk(asked, receivedAtMs) : undefined
    try {
      const step =
        endRisk === undefined
          ? undefined
          : dearest(
              asked.candidates.map((candidate) => userWorstCasePicoUsd(this.#context, asked, candidate, stepTokens)),
            )
      const terms = inferenceTerms(calls, paid, seller, dearest(worst), step)
      const entered = await calls.door.enter(response, paid, terms, receivedAtMs)
      if (entered === undefined) return
      // What is paid whole risks nothing.
      if (entered.attempt.stepped === undefined) endRisk?.()
      await this.#sell(response, calls, asked, { paid, terms, receivedAtMs, entered })
    } finally {
      endRisk?.()
    }
  }

  async #sell(
    response: ServerResponse,
    calls: PaidCalls,
    asked: Asked,
    { paid, terms, receivedAtMs, entered }: Sale,
  ): Promise<void> {
    const { payment, wire, attempt } = entered
    const gone = new AbortController()
    const growing = attempt.stepped?.grow({ held: payment, signal: gone.signal })
    let leave = (): void => undefined
    try {
      const allowance = signerAllowance(signerOf(attempt))
      setHeaders(response, this.#allowances.take('answers', allowance, receivedAtMs))
      leave = this.#allowances.enter(allowance)
      await this.#answer(response, { ...asked, caller: paidCaller(entered, terms, paid, growing), receivedAtMs }, gone)
    } catch (error) {
      if (response.headersSent || response.destroyed || !isPaymentTrouble(error)) throw error
      await calls.door.refuse(response, paid, terms, wire, { error, attempt })
    } finally {
      leave()
      growing?.close()
      payment.release()
    }
  }

  /** Steps are offered only while no provider that may answer could cost more than the gateway is ready to lose by it. */
  #holdRisk(asked: Asked, nowMs: number): (() => void) | undefined {
    const exposures = asked.candidates.map((candidate) => ({
      provider: candidate.link.account,
      worstPicoUsd: upstreamWorstCasePicoUsd(asked, candidate),
    }))
    return this.#context.stepRisk.hold(exposures, nowMs)
  }

  /**
   * What is about payments and no call: stock x402 clients ask for the rest of their channel by GET. Nothing is sold here; who pays all
   * the same is refused and not charged.
   */
  async serveAside(request: IncomingMessage, response: ServerResponse, calls: PaidCalls): Promise<void> {
    const { modules, options } = this.#context
    const receivedAtMs = modules.clock.nowMs()
    setHeaders(response, this.#allowances.takeAtTheDoor(request.socket.remoteAddress, receivedAtMs))
    const aside = paidRequest(calls, request, Buffer.alloc(0))
    const seller = { chainId: options.chainId, payTo: options.account, timeoutMs: options.limits.paymentTimeoutMs }
    const entered = await calls.door.enter(response, aside, inferenceTerms(calls, aside, seller, 1n), receivedAtMs)
    if (entered === undefined) return
    entered.payment.release()
    throw methodNotAllowed(request.method)
  }

  async #read(request: IncomingMessage): Promise<Asked> {
    const body = await readBody(request, this.#context.options.limits.http.bodyBytes)
    const path = (request.url ?? '').split('?')[0] as string
    const parsed = path === '/v1/chat/completions' ? parseChatRequest(body) : parseCompletionRequest(body)
    const candidates = candidatesFor(this.#context, parsed, request.headers)
    return { path, body, bodyHash: bytesToHex(sha256Native(body)), request: parsed, candidates }
  }

  async #answer(
    response: ServerResponse,
    { candidates, ...asked }: Asked & Pick<GatewayRequest, 'caller' | 'receivedAtMs'>,
    gone = new AbortController(),
  ): Promise<void> {
    const stop = (): void => gone.abort()
    response.once('close', stop)
    try {
      await this.#answerUnderIds({ ...asked, response, headers: {}, gone: gone.signal, stop }, candidates)
    } finally {
      response.off('close', stop)
    }
  }

  /** Answers under an id for each provider asked, all of them under way until the end. */
  async #answerUnderIds(request: GatewayRequest, candidates: readonly Candidate[]): Promise<void> {
    const ids = new Map<Hex, Hex>()
    try {
      await this.#ask(request, candidates, ids)
    } finally {
      for (const requestId of ids.values()) this.#underWay.delete(requestId)
    }
  }

  /**
   * An id of a provider's own: one that is told another's could use it there first and have it refused. Asked again it gets the same,
   * so that it can charge for a request once.
   */
  #taskFor(request: GatewayRequest, { link }: Candidate, ids: Map<Hex, Hex>): GatewayTask {
    const requestId = ids.get(link.account) ?? this.#requestIds.make(request.bodyHash, link.account)
    ids.set(link.account, requestId)
    this.#underWay.add(requestId)
    return { ...request, requestId }
  }

  /** Tries providers until one has answered or the client has seen a byte. */
  async #ask(request: GatewayRequest, candidates: readonly Candidate[], ids: Map<Hex, Hex>): Promise<void> {
    const { modules, options } = this.#context
    const tried = new Set<Hex>()
    const waitUntilMs = modules.clock.nowMs() + options.limits.waitTimeoutMs
    let clientsFault: KoinonError | undefined
    let asked = 0
    while (tried.size < options.limits.attempts) {
      const place = await this.#nextPlace(request, candidates, tried, waitUntilMs)
      if (place === undefined) break
      const { candidate, release } = place
      tried.add(candidate.link.account)
      asked += 1
      const task = this.#taskFor(request, candidate, ids)
      try {
        // What was held while it waited is reserved again in the same turn, now at this provider's price.
        release()
        const result = await attempt(this.#context, task, candidate)
        reportAnswer(this.#context, task, candidate, asked, result)
        return
      } catch (error) {
        this.#blame(task, candidate, error)
        if (task.response.headersSent || task.gone.aborted) return reportBroken(this.#context, task, candidate, asked)
        if (!(error instanceof AttemptFailed)) throw error
        if (error.isClientsFault) clientsFault = error.error
        if (error.isForNow) tried.delete(candidate.link.account)
        if (isRoomOnItsWay(error)) asked -= 1
      } finally {
        candidate.link.end()
        this.#room.look()
      }
    }
    if (clientsFault !== undefined || request.gone.aborted) throw clientsFault ?? clientLeft()
    throw modules.providers.isWorthWaiting(candidates, tried) ? allFull() : noProvider(asked, candidates.length)
  }

  /**
   * Takes a place at the best provider, waiting in line while all are full. Undefined when there is none in time. Whoever waits has
   * reserved what the dearest of them may cost, so that a place in the line costs the same money as an answer; `release` frees it.
   */
  async #nextPlace(
    request: GatewayRequest,
    candidates: readonly Candidate[],
    tried: ReadonlySet<Hex>,
    waitUntilMs: number,
  ): Promise<Place | undefined> {
    const { providers, clock } = this.#context.modules
    const take = (): Candidate | undefined => {
      const candidate = providers.choose(candidates, tried)
      candidate?.link.begin()
      return candidate
    }
    // Who came first goes first; whoever waits here could not go at all a moment ago.
    if (this.#room.waiting > 0) this.#room.look()
    const free = request.gone.aborted ? undefined : take()
    if (free !== undefined) return { candidate: free, release: () => undefined }
    if (!providers.isWorthWaiting(candidates, tried)) return undefined
    const worst = candidates
      .filter(({ link }) => !tried.has(link.account))
      .map((candidate) => userWorstCasePicoUsd(this.#context, request, candidate))
    const { caller } = request
    const held = await caller.hold(dearest(worst))
    const release = (): void => held.release()
    const candidate = await this.#room.wait(caller.payer, take, waitUntilMs - clock.nowMs(), request.gone)
    if (candidate !== undefined) return { candidate, release }
    release()
    return undefined
  }

  #blame(task: GatewayTask, { link }: Candidate, error: unknown): void {
    const { clock, unit, onEvent } = this.#context.modules
    const cause = error instanceof AttemptFailed ? error.error : error
    const reason = error instanceof AttemptFailed && !task.gone.aborted ? error.reason : undefined
    if (reason !== undefined) link.failed(reason, clock.nowMs(), unit())
    if (error instanceof AttemptFailed && error.isForNow) link.refusedForNow(clock.nowMs())
    if (isCreditExhausted(error)) this.#reconcileSoon(link)
    if (isRoomOnItsWay(error)) return
    onEvent?.({
      kind: 'attemptFailed',
      requestId: task.requestId,
      provider: link.account,
      reason,
      code: isKoinonError(cause) ? cause.code : 'internal',
      message: cause instanceof Error ? cause.message : String(cause),
    })
  }

  /** A provider that gets our vouchers and gives no credit keeps other books than we do. */
  #reconcileSoon(link: ProviderLink): void {
    const lastMs = this.#reconciledAtMs.get(link.account) ?? Number.NEGATIVE_INFINITY
    if (this.#context.modules.clock.nowMs() - lastMs < reconcileIntervalMs) return
    this.reconcile(link).catch(() => undefined)
  }
}

function dearest(amounts: readonly bigint[]): bigint {
  return amounts.reduce((a, b) => (a > b ? a : b), 0n)
}

function setHeaders(response: ServerResponse, headers: AnswerHeaders): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
}

/** What the wire the payer speaks has words for; everything else is told as OpenAI would. */
function isPaymentTrouble(error: unknown): boolean {
  return isKoinonError(error) && error.code.startsWith('payments/')
}
