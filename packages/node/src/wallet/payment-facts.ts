/** What is asked and what was paid, in the units that people read. */
import { type Address, dollarDecimals, formatUnits } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import type { PaymentReceipt } from '@koinon/payments/client'
import { x402Wire } from '@koinon/payments/x402'

export type TermsFacts = {
  readonly backEnd: string
  readonly maximumAtomic: bigint
  readonly payTo: Address
  readonly chainId: number
  readonly token: Address
  readonly timeoutSeconds: number
  readonly description?: string
  /** Whether it is asked in the dollar of the network. */
  readonly isNetworkDollar: boolean
}

/** The ways to pay that a 402 offers; undefined when the answer asks for nothing that this client knows. Throws `payments/bad-challenge`. */
export async function readPaymentTerms(
  response: Response,
  network: NetworkFile,
): Promise<readonly TermsFacts[] | undefined> {
  if (response.status !== 402) return undefined
  const challenge = x402Wire.read402(response, (await response.text()).slice(0, 64 << 10))
  return challenge?.options.map(({ terms, backEnd }) => ({
    backEnd,
    maximumAtomic: terms.maximumAtomic,
    payTo: terms.payTo,
    chainId: terms.chainId,
    token: terms.asset.token,
    timeoutSeconds: terms.timeoutSeconds,
    ...(terms.resource.description === undefined ? {} : { description: terms.resource.description }),
    isNetworkDollar: terms.chainId === network.chainId && terms.asset.token === network.contracts.dollar,
  }))
}

export type PaymentFacts = {
  readonly paymentId: string
  readonly backEnd: string
  /** Where the seller has told. */
  readonly chargedDollars?: string
  /** The most that it may come to, where it has not. */
  readonly atMostDollars?: string
  readonly payer: Address
  readonly payTo: Address
  readonly isStated: boolean
  readonly transaction?: string
  readonly channelId?: string
  /** Of a stream that was paid by the step. */
  readonly steps?: number
}

/** A receipt in plain values. */
export function describePayment(receipt: PaymentReceipt): PaymentFacts {
  const { paymentId, backEnd, chargedAtomic, payer, terms, isStated, transaction, channelId, steps } = receipt
  return {
    paymentId,
    backEnd,
    ...(isStated
      ? { chargedDollars: formatUnits(chargedAtomic, dollarDecimals) }
      : { atMostDollars: formatUnits(terms.maximumAtomic * BigInt(steps ?? 1), dollarDecimals) }),
    payer,
    payTo: terms.payTo,
    isStated,
    ...(transaction === undefined ? {} : { transaction }),
    ...(channelId === undefined ? {} : { channelId }),
    ...(steps === undefined ? {} : { steps }),
  }
}
