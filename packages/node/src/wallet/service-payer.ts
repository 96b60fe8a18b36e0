import type { CallPayer } from '@koinon/agents/client'
import { dollarDecimals, formatUnits, KoinonError, namingFetch, picoUsdPerAtomic } from '@koinon/base'
import { type Challenge, type PaymentReceipt, RememberedTerms, receiptOf } from '@koinon/payments/client'
import { payTaskCall, payToolCall } from '@koinon/payments/messages'
import { createMppClientWire } from '@koinon/payments/mpp'
import { createPayingFetch } from '@koinon/payments/x402'
import type { Home } from '../home/home.ts'
import { type HomePayer, openHomePayer, type PayerPurpose } from './home-payer.ts'

export type ServicePayer = CallPayer & { close(): Promise<void> }

/** Where the money comes from: the home's wallet, or a budget of it by its session key. */
export type ServicePayerSource = {
  /** Names the store of the payments; `mcp` unless given. */
  readonly purpose?: PayerPurpose
  /** Label or hash of a budget. */
  readonly budget?: string
}

/**
 * Pays services, all of it together at most `maximumTotalPicoUsd` while the process runs; the payer is opened by the first call. Throws as
 * `openHomePayer` and `createPayingFetch`, and `payments/above-named-price` before anything is signed.
 */
export function createServicePayer(
  home: Home,
  maximumTotalPicoUsd: bigint,
  { purpose = 'mcp', budget }: ServicePayerSource = {},
): ServicePayer {
  const totalAtomic = maximumTotalPicoUsd / picoUsdPerAtomic
  const terms = new RememberedTerms()
  let opened: Promise<HomePayer> | undefined
  const open = (): Promise<HomePayer> => {
    opened ??= openHomePayer(home, purpose, {
      maximumPerCallAtomic: totalAtomic,
      maximumTotalAtomic: totalAtomic,
      maximumInChannelsAtomic: totalAtomic,
      ...(budget === undefined ? {} : { budget }),
    }).catch((error: unknown) => {
      opened = undefined
      throw error
    })
    return opened
  }
  return {
    payMessage: async ({ kind, maximumPicoUsd, ...call }) => {
      const { payer, asset } = await open()
      const most = new NamedPrice(call.origin, maximumPicoUsd)
      const { messages } = createMppClientWire({ assets: [asset] })
      const paying = { ...call, payer, terms, onChallenge: (challenge: Challenge) => most.check(challenge) }
      const { answer, receipt } = await (kind === 'task'
        ? payTaskCall(paying)
        : payToolCall({ ...paying, mpp: messages }))
      return { answer, paidPicoUsd: most.spent(receipt) }
    },
    pay: async ({ url, method, body, maximumPicoUsd, paymentId, signal }) => {
      const { payer, asset } = await open()
      const most = new NamedPrice(new URL(url).origin, maximumPicoUsd)
      const fetch = namingFetch(
        createPayingFetch({
          payer,
          wires: [createMppClientWire({ assets: [asset] })],
          terms,
          onChallenge: (challenge) => most.check(challenge),
        }),
      )
      const response = await fetch(url, {
        method,
        redirect: 'error',
        signal,
        headers: {
          'content-type': 'application/json',
          ...(paymentId === undefined ? {} : { 'idempotency-key': paymentId }),
        },
        ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
      })
      return { response, paidPicoUsd: most.spent(receiptOf(response)) }
    },
    close: async () => (await opened?.catch(() => undefined))?.close(),
  }
}

/** What was named for one call, and what of it counts as spent. */
class NamedPrice {
  readonly #origin: string
  readonly #mostAtomic: bigint
  #isAsked = false

  constructor(origin: string, maximumPicoUsd: bigint) {
    this.#origin = origin
    this.#mostAtomic = maximumPicoUsd / picoUsdPerAtomic
  }

  check({ options }: Challenge): void {
    const asked = options.map(({ terms }) => terms.maximumAtomic).find((atomic) => atomic > this.#mostAtomic)
    if (asked !== undefined) throw aboveNamed(this.#origin, asked, this.#mostAtomic)
    this.#isAsked = true
  }

  /** Pico-dollars. Of a payment without a word of the seller about it all that may still be taken. */
  spent(receipt: PaymentReceipt | undefined): bigint {
    if (receipt === undefined) return this.#isAsked ? this.#mostAtomic * picoUsdPerAtomic : 0n
    const isOpen = !receipt.isStated && receipt.backEnd !== 'channel'
    return (isOpen ? receipt.terms.maximumAtomic : receipt.chargedAtomic) * picoUsdPerAtomic
  }
}

function aboveNamed(origin: string, askedAtomic: bigint, namedAtomic: bigint): KoinonError {
  const [asked, named] = [askedAtomic, namedAtomic].map((atomic) => formatUnits(atomic, dollarDecimals))
  return new KoinonError({
    code: 'payments/above-named-price',
    message: `${origin} asks for up to ${asked} dollars, and ${named} were named for this call`,
    hint: 'Name as much (maxPerCallDollars) if it is worth it.',
    details: { limit: 'perCall', askedAtomic: `${askedAtomic}`, limitAtomic: `${namedAtomic}` },
  })
}
