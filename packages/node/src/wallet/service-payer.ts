import type { CallPayer } from '@koinon/agents/client'
import { KoinonError, picoUsdPerAtomic } from '@koinon/base'
import { type Challenge, createMppClientWire, createPayingFetch, payTask, payTool, receiptOf } from '@koinon/payments'
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
      const mostAtomic = maximumPicoUsd / picoUsdPerAtomic
      const paying = {
        ...call,
        payer,
        onChallenge: ({ options }: Challenge) => {
          if (options.some(({ terms }) => terms.maximumAtomic > mostAtomic)) throw aboveNamed(call.origin)
        },
      }
      const { messages } = createMppClientWire({ assets: [asset] })
      const { answer, receipt } = await (kind === 'task' ? payTask(paying) : payTool({ ...paying, mpp: messages }))
      return { answer, paidPicoUsd: (receipt?.chargedAtomic ?? 0n) * picoUsdPerAtomic }
    },
    pay: async ({ url, method, body, maximumPicoUsd, paymentId, signal }) => {
      const { payer, asset } = await open()
      const mostAtomic = maximumPicoUsd / picoUsdPerAtomic
      const fetch = createPayingFetch({
        payer,
        wires: [createMppClientWire({ assets: [asset] })],
        onChallenge: ({ options }) => {
          if (options.some(({ terms }) => terms.maximumAtomic > mostAtomic)) throw aboveNamed(url)
        },
      })
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
      return { response, paidPicoUsd: (receiptOf(response)?.chargedAtomic ?? 0n) * picoUsdPerAtomic }
    },
    close: async () => (await opened?.catch(() => undefined))?.close(),
  }
}

function aboveNamed(url: string): KoinonError {
  return new KoinonError({
    code: 'payments/above-named-price',
    message: `${new URL(url).origin} asks for more than was named for this call`,
    hint: 'Ask for its price first, and name as much if it is worth it.',
  })
}
