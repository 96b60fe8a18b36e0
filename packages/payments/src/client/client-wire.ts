/** What a wire (x402, MPP) does for a paying client: read what is asked, attach what is paid, read what was charged. */
import type { Address, Hex } from '@koinon/base'
import type { StatedChannel } from '../rules/payer-channel.ts'
import type { BackEnd, Commitment, PaymentTerms } from '../rules/terms.ts'

/** Terms of the seller's channels. */
export type SellerChannelTerms = {
  readonly receiverAuthorizer: Address
  readonly withdrawDelaySeconds: number
  /** What the seller would like a deposit to be. */
  readonly minimumDepositAtomic: bigint
  /** What a channel must hold before its first call is served, where the seller says so. */
  readonly leastDepositAtomic?: bigint
}

/** One way to pay that a seller offers. */
export type PaymentOption = {
  readonly terms: PaymentTerms
  readonly backEnd: BackEnd
  /** Of `channel`. */
  readonly channel?: SellerChannelTerms
  /** Of `upTo`: the only account that may say what it comes to, and whether the seller sends an EIP-2612 permit along. */
  readonly upTo?: { readonly facilitator: Address; readonly takesPermit: boolean }
  /** The seller's books of our channel, in a 402 that corrects us. */
  readonly stated?: StatedChannel
  /** 32 bytes that the wire binds an `exact` authorization to; random unless given. */
  readonly nonce?: Hex
  /** The maximum of its terms is one step of a stream, which is paid on while it is read (`ClientWire.readSteps`). */
  readonly isStepped?: boolean
  /** What the wire needs to attach a commitment to this option. */
  readonly wire: unknown
}

/** A 402, read. `options` are in the seller's order and hold only what the wire could read. */
export type Challenge = {
  readonly wire: ClientWire
  readonly options: readonly PaymentOption[]
  /** Whether the seller takes a payment id: then the same call sent again is answered again. */
  readonly takesPaymentId: boolean
  /** The seller's reason for refusing what was paid. */
  readonly error?: string
  /** `busy`: the same commitment may be sent again in a moment. */
  readonly problem?: 'busy'
  /** The whole challenge in the wire's own form. */
  readonly raw: unknown
}

/** What goes with a request: the chosen option, what was signed for it, and the call's name. */
export type AttachedPayment = {
  readonly challenge: Challenge
  readonly option: PaymentOption
  readonly commitment: Commitment
  readonly paymentId: string
}

/** What a seller says was charged; unproven beyond what the payer checks. Amounts in atomic units. */
export type WireReceipt = {
  readonly isSuccess: boolean
  readonly chargedAtomic?: bigint
  /** Of `upTo`. */
  readonly settledAtomic?: bigint
  readonly transaction?: Hex
  readonly channel?: StatedChannel
  readonly error?: string
  /** The receipt in the wire's own form. */
  readonly raw: unknown
}

/** How far terms that were heard for one call are good for another that has not been asked for. */
export type TermsReuse = {
  /** Unix milliseconds. */
  readonly untilMs: number
  /** Only for the same method, URL and body. */
  readonly isOfRequest: boolean
}

/** What paying on takes. */
export type StepPorts = {
  /** Signs for one step more; undefined where the budget ends. */
  raise(): Promise<Commitment | undefined>
  /** Sends headers to the call's own URL by HEAD. */
  send(headers: Readonly<Record<string, string>>): Promise<Response>
  /** The seller's receipt of all that was charged. */
  hear(receipt: WireReceipt): void
}

/** Why a stream that is paid by the step ended: of itself, or before its seller wanted. */
export type StepsEnd = 'complete' | 'budget' | 'demand-refused' | 'voucher-refused'

export type ClientWire = {
  readonly name: string
  /** The challenge of a 402 with its body, at most 64 kB of it; undefined when it is not of this wire. Throws `payments/bad-challenge`. */
  read402(response: Response, body: string): Challenge | undefined
  /** Headers for the request that pays. */
  attach(payment: AttachedPayment): Readonly<Record<string, string>>
  /** Whether an option of a channel may be paid again without asking; undefined when it may not. */
  reuse?(option: PaymentOption): TermsReuse | undefined
  /** The answer to a payment for one step, without the events of payments; pays on while the ports do. */
  readSteps?(
    response: Response,
    payment: AttachedPayment,
    ports: StepPorts,
  ): AsyncGenerator<Uint8Array, StepsEnd, undefined>
  /** Header of the receipt, by which a seller announces that it comes behind the answer. */
  readonly receiptHeader?: string
  /** The receipt of an answer; undefined when there is none. */
  readReceipt(response: Response): WireReceipt | undefined
}
