/** Bringing the books of a gateway and its providers together after one of them died between the two commits of an answer. */
import { bytesToHex, type Hex, isKoinonError } from '@koinon/base'
import { sha256Native, verifySessionNative } from '@koinon/base/node'
import { channelReceiptsObjection } from '@koinon/payments/rules'
import { DelegationMemory, parseSignedReceipt, type SignedReceipt, verifyReceiptSignature } from '@koinon/work'
import { parseChatRequest, parseCompletionRequest } from '../rules/openai-request.ts'
import { workObjection } from '../rules/receipt-check.ts'
import { amountOf, inferenceWorkType, readInferenceWork } from '../rules/work.ts'
import { callPooledNode } from '../wire/pooled-node-call.ts'
import type { GatewayModules, GatewayServerOptions } from './gateway-options.ts'
import type { ProviderLink } from './provider-link.ts'
import type { RequestIds } from './request-ids.ts'

const callTimeoutMs = 5_000
const pageReceipts = 50
/** How far back the end of a bill is read; older gaps were seen by an earlier look. */
const maximumPages = 10
const dayMs = 86_400_000

export type ReconcilerOptions = {
  readonly options: GatewayServerOptions
  readonly modules: GatewayModules
  readonly requestIds: RequestIds
  /** True while a request may still become final here. */
  readonly isUnderWay: (requestId: Hex) => boolean
}

type Tally = { recovered: number; recoveredPicoUsd: bigint; disputed: number; objection: string | undefined }

/**
 * Reads the end of the bill that a provider keeps of our channel, and takes on what is missing on our side, if we asked for it and the
 * amount follows from what we asked (specs/0005-money.md section 4). What cannot be explained stays the provider's loss.
 */
export class DebtReconciler {
  readonly #context: ReconcilerOptions
  readonly #delegations = new DelegationMemory()
  readonly #running = new Map<Hex, Promise<void>>()

  constructor(context: ReconcilerOptions) {
    this.#context = context
  }

  /** Compares the books with one provider; one comparison at a time. Throws what the call to the provider throws. */
  reconcile(link: ProviderLink): Promise<void> {
    const running = this.#running.get(link.account)
    if (running !== undefined) return running
    const started = this.#compare(link).finally(() => this.#running.delete(link.account))
    this.#running.set(link.account, started)
    return started
  }

  async #compare(link: ProviderLink): Promise<void> {
    const { book } = this.#context.modules.payments
    const channel = book.outboundTo(link.account)
    if (channel === undefined) return
    const tally: Tally = { recovered: 0, recoveredPicoUsd: 0n, disputed: 0, objection: undefined }
    let last: SignedReceipt | undefined
    let unexplainedPicoUsd = 0n
    for (let page = 0; page < maximumPages; page++) {
      const bill = await this.#billPage(link, channel.channelId, last)
      const newest = bill[0]?.receipt
      // The provider's newest receipt states all it has ever asked for on this channel.
      if (page === 0) unexplainedPicoUsd = (newest?.cumulativePicoUsd ?? 0n) - channel.owedPicoUsd
      if (unexplainedPicoUsd <= 0n) break
      for (const signed of bill) unexplainedPicoUsd -= await this.#settle(link, signed, tally)
      last = bill.at(-1)
      if (bill.length < pageReceipts) break
    }
    if (tally.recovered > 0 || tally.disputed > 0) {
      this.#context.modules.onEvent?.({ kind: 'reconciled', provider: link.account, ...tally })
    }
  }

  /** One page of the bill, newest first; it must continue the one before. */
  async #billPage(
    link: ProviderLink,
    channelId: Hex,
    after: SignedReceipt | undefined,
  ): Promise<readonly SignedReceipt[]> {
    const { options, modules } = this.#context
    const cursor = after === undefined ? '' : `&before=${after.receipt.requestId}`
    const json = await callPooledNode(modules, {
      dispatcher: link.pool,
      recipient: link.account,
      method: 'GET',
      path: `/v1/channels/${channelId}/receipts?limit=${pageReceipts}${cursor}`,
      timeoutMs: callTimeoutMs,
    })
    const list = (json as { receipts?: unknown }).receipts
    if (!Array.isArray(list)) return []
    const receipts = list.slice(0, pageReceipts).map(parseSignedReceipt)
    const parties = { chainId: options.chainId, channelId, payer: options.account, payee: link.account }
    const owed = after === undefined ? undefined : after.receipt.cumulativePicoUsd - after.receipt.amountPicoUsd
    const objection = channelReceiptsObjection(
      receipts.map(({ receipt }) => receipt),
      parties,
      owed,
    )
    if (objection === undefined) return receipts
    modules.onEvent?.({
      kind: 'reconciled',
      provider: link.account,
      recovered: 0,
      recoveredPicoUsd: 0n,
      disputed: receipts.length,
      objection,
    })
    return []
  }

  /**
   * Takes one receipt of the bill on, unless it is known, may still become final, or does not hold. Resolves with how much of the
   * difference between the books it explains.
   */
  async #settle(link: ProviderLink, signed: SignedReceipt, tally: Tally): Promise<bigint> {
    const { modules, isUnderWay } = this.#context
    const { ledger } = modules.payments
    const { requestId, payee, amountPicoUsd } = signed.receipt
    // First: an answer that has left this set never becomes final later, so the look at the books below is the last word.
    if (isUnderWay(requestId)) return amountPicoUsd
    if (await ledger.debts.isRecorded(requestId, payee)) return 0n
    const objection = await this.#objection(link, signed).catch((error: unknown) =>
      isKoinonError(error) ? error.message : 'it could not be checked',
    )
    if (objection === undefined && (await ledger.recordDebt(signed, 'recovered'))) {
      tally.recovered += 1
      tally.recoveredPicoUsd += amountPicoUsd
    } else if (objection !== undefined) {
      tally.disputed += 1
      tally.objection ??= objection
    }
    return amountPicoUsd
  }

  async #objection(link: ProviderLink, signed: SignedReceipt): Promise<string | undefined> {
    const { options, modules, requestIds } = this.#context
    const { receipt, delegation } = signed
    if (!requestIds.isOurs(receipt.requestId, receipt.requestHash, link.account)) return 'we did not ask this'
    const isSigned =
      delegation.sessionKey === receipt.sessionKey &&
      delegation.signer === receipt.payee &&
      delegation.chainId === receipt.chainId &&
      this.#delegations.holds(delegation, receipt.endedAtMs) &&
      verifyReceiptSignature(signed, verifySessionNative)
    if (!isSigned) return 'its signature does not hold'
    const sinceMs = modules.clock.nowMs() - dayMs
    const recovered = await modules.payments.ledger.debts.recoveredPicoUsd(receipt.payee, sinceMs)
    if (recovered + receipt.amountPicoUsd > options.limits.recoveredPicoUsdPerDay) return 'too much was recovered today'
    return this.#workObjection(link, signed)
  }

  /** The amount must follow from the request, whose bytes the provider has kept: we have forgotten them. */
  async #workObjection(link: ProviderLink, signed: SignedReceipt): Promise<string | undefined> {
    const { receipt } = signed
    const evidence = (await callPooledNode(this.#context.modules, {
      dispatcher: link.pool,
      recipient: link.account,
      method: 'GET',
      path: `/v1/evidence/${receipt.requestId}`,
      timeoutMs: callTimeoutMs,
    })) as Record<string, unknown>
    const request = Buffer.from(String(evidence['requestBase64']), 'base64')
    const response = Buffer.from(String(evidence['responseBase64']), 'base64')
    if (bytesToHex(sha256Native(request)) !== receipt.requestHash) return 'its evidence is of another request'
    if (bytesToHex(sha256Native(response)) !== receipt.responseHash) return 'its evidence is of another answer'
    const work = readInferenceWork(signed)
    if (inferenceWorkType.hash(work) !== receipt.workHash) return 'its work is not the signed one'
    if (amountOf(work, work) !== receipt.amountPicoUsd) return 'its amount is not tokens times price'
    const model = link.modelOffer(work.model, this.#context.modules.clock.nowMs())
    if (model === undefined) return 'its model is not on offer any more'
    return workObjection(work, {
      model,
      request: evidence['kind'] === 'text' ? parseCompletionRequest(request) : parseChatRequest(request),
      requestBytes: request.length,
      responseBytes: response.length,
      // What was under way when we ended broke off for the provider.
      isCancelled: true,
    })
  }
}
