/** Answers that are bought one by one, without a key: the payment comes with the request (specs/0022-machine-payments.md). */
import type { IncomingMessage } from 'node:http'
import { bytesToHex, KoinonError, picoUsdPerAtomic, picoUsdToAtomicUp } from '@koinon/base'
import { sha256Native } from '@koinon/base/node'
import type { Entered, PaymentDoor } from '@koinon/payments/paywall'
import { type GrowingPayment, requestOf, type WireRequest } from '@koinon/payments/provider'
import type { Asset, PaymentTerms } from '@koinon/payments/rules'
import type { Caller, Hold, SettledAnswer, StepPayments, UnbilledAnswer } from './caller.ts'

/** What a gateway sells by the call, built by the composition root. */
export type PaidCalls = {
  readonly door: PaymentDoor
  readonly asset: Asset
  /** Scheme, host and port under which the gateway is known. */
  readonly origin: string
  /** Ways to pay, in the gateway's order. Who pays `exact` pays the most that the answer may cost. */
  readonly backEnds: PaymentTerms['backEnds']
}

const channelWords = 'An answer by a provider of this network. A channel is charged what it cost, at most this.'
const exactWords = 'An exact payment pays this much whatever the answer costs.'

/** The request as payments see it. `body` is the whole body. */
export function paidRequest(calls: PaidCalls, request: IncomingMessage, body: Uint8Array): WireRequest {
  return requestOf(request, calls.origin, body)
}

/** What an answer costs at most, and one step of its stream. Amounts are rounded up to whole units of the asset. */
export function inferenceTerms(
  calls: PaidCalls,
  request: WireRequest,
  seller: { readonly chainId: number; readonly payTo: PaymentTerms['payTo']; readonly timeoutMs: number },
  maximumPicoUsd: bigint,
  stepPicoUsd?: bigint,
): PaymentTerms {
  const isStepped = stepPicoUsd !== undefined && stepPicoUsd < maximumPicoUsd
  return {
    resource: {
      url: request.url,
      method: request.method,
      description: calls.backEnds.includes('exact') ? `${channelWords} ${exactWords}` : channelWords,
      mimeType: 'application/json',
    },
    chainId: seller.chainId,
    asset: calls.asset,
    payTo: seller.payTo,
    maximumAtomic: picoUsdToAtomicUp(maximumPicoUsd),
    ...(isStepped ? { stepAtomic: picoUsdToAtomicUp(stepPicoUsd) } : {}),
    backEnds: calls.backEnds,
    timeoutSeconds: Math.ceil(seller.timeoutMs / 1_000),
  }
}

/** The caller whose payment is held; it pays for one answer, whatever the number of tries. `growing`: it pays by the step. */
export function paidCaller(
  { payment, wire, attempt }: Entered,
  terms: PaymentTerms,
  request: WireRequest,
  growing?: GrowingPayment,
): Caller {
  const mostPicoUsd = payment.maximumAtomic * picoUsdPerAtomic
  const finalize = async (answer: UnbilledAnswer): Promise<SettledAnswer> => {
    const { requestId, kind, requestHash, responseHash, work, workHash, amountPicoUsd, times, rung } = answer
    const { attestation, upstream, upstreamOwedPicoUsd, upstreamReservation, extraStatements, copy } = answer
    const { charge, bundle } = await payment.charge({
      // An exact payment moves the whole price or nothing.
      chargedAtomic: attempt.commitment.backEnd === 'exact' ? payment.maximumAtomic : picoUsdToAtomicUp(amountPicoUsd),
      kind,
      responseHash,
      work,
      workHash,
      times,
      receipt: {
        requestId,
        requestHash,
        amountPicoUsd,
        rung,
        ...(attestation === undefined ? {} : { attestation }),
        ...(upstream === undefined ? {} : { upstream }),
        ...(upstreamOwedPicoUsd === undefined ? {} : { upstreamOwedPicoUsd }),
        ...(upstreamReservation === undefined ? {} : { upstreamReservation }),
      },
      ...(extraStatements === undefined ? {} : { extraStatements }),
      ...(copy === undefined ? {} : { answer: copy }),
    })
    const headers = wire.receipt(charge, terms, bundle, request)
    return { bundle, headers, ...(growing === undefined ? {} : { closing: growing.receiptEvent(charge) }) }
  }
  const hold: Hold = { release: () => undefined, finalize }
  return {
    payer: signerOf(attempt),
    receiptHeaderNames: Object.keys(
      wire.receipt({ payer: payment.payer, chargedAtomic: 0n }, terms, undefined, request),
    ),
    mayStream: payment.mayStream,
    ...(growing === undefined ? {} : { steps: stepsOf(growing) }),
    async hold(maximumPicoUsd) {
      if (growing !== undefined || maximumPicoUsd <= mostPicoUsd) return hold
      throw new KoinonError({
        code: 'payments/over-reservation',
        message: 'The answer may cost more by now than the payment that came with the request',
        hint: 'Send the request again.',
        retry: 'now',
        details: { status: 402 },
      })
    },
  }
}

function stepsOf(growing: GrowingPayment): StepPayments {
  return {
    get coveredPicoUsd() {
      return growing.coveredAtomic * picoUsdPerAtomic
    },
    cover: (totalPicoUsd, ask) => growing.cover(picoUsdToAtomicUp(totalPicoUsd), ask),
  }
}

/**
 * Whose signature the payment stands on. A channel's payer is only a name: anybody can fill a channel that names another, so allowances and
 * turns in a line go by who signs.
 */
export function signerOf({ commitment }: Entered['attempt']): Caller['payer'] {
  return commitment.backEnd === 'channel' ? commitment.config.payerAuthorizer : commitment.authorization.from
}

/** Names a paying caller where keys are counted: by its signer. */
export function signerAllowance(signer: Caller['payer']) {
  return { keyHash: bytesToHex(sha256Native(`payer ${signer}`)), payer: signer }
}
