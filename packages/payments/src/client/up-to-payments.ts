/** A payer's `upTo` payments: what it lets Permit2 move, never more than one payment's ceiling at a time (specs/0022-machine-payments.md section 8). */
import { bytesToHex, type Clock, type Hex, type Random, sleep } from '@koinon/base'
import type { AllowedAsset, PayerPolicy } from '../rules/payer-policy.ts'
import type { UpToAuthorization } from '../rules/terms.ts'
import type { PaymentOption } from './client-wire.ts'
import { allowanceMissing, noPermit2 } from './payer-errors.ts'
import type { PayerLedger } from './payer-ledger.ts'
import type { IntentCall, PaymentSigner } from './payment-signer.ts'

export type UpToPaymentsOptions = {
  readonly signer: PaymentSigner
  readonly policy: PayerPolicy
  readonly ledger: PayerLedger | undefined
  readonly clock: Clock
  readonly random: Random
}

const turnPollMs = 50

export class UpToPayments {
  readonly #options: UpToPaymentsOptions
  /** Ceilings of payments under way, which share one allowance. */
  readonly #claims = new Map<string, Pick<UpToAuthorization, 'token' | 'maximumAtomic'>>()

  constructor(options: UpToPaymentsOptions) {
    this.#options = options
  }

  /**
   * Signs for the ceiling. Where Permit2 may not move that much yet, a permit of exactly the ceiling goes along, if the seller sends it; it
   * replaces what was allowed, so that it waits for the other payments. Throws `payments/no-permit2`, `payments/permit2-allowance`.
   */
  async authorize(
    call: IntentCall,
    option: PaymentOption,
    asset: AllowedAsset,
    deadlineMs: number,
  ): Promise<UpToAuthorization> {
    const { signer, policy, ledger, clock, random } = this.#options
    const { upTo, terms } = option
    if (signer.signUpTo === undefined || ledger?.permit2 === undefined || upTo === undefined) throw noPermit2()
    const permitNonce = await this.#turn(call, option, asset, deadlineMs)
    try {
      const seconds = Math.min(terms.timeoutSeconds, policy.maximumTimeoutSeconds)
      const validBefore = BigInt(Math.floor(clock.nowMs() / 1000) + seconds)
      return await signer.signUpTo({
        call,
        chainId: asset.chainId,
        asset,
        authorization: {
          token: asset.token,
          from: signer.upToPayer ?? signer.payer,
          to: terms.payTo,
          facilitator: upTo.facilitator,
          maximumAtomic: terms.maximumAtomic,
          valueAtomic: terms.maximumAtomic,
          validAfter: 0n,
          validBefore,
          nonce: bytesToHex(random(32)),
        },
        ...(permitNonce === undefined ? {} : { allowance: { nonce: permitNonce, deadline: validBefore } }),
      })
    } catch (error) {
      this.release(call.paymentId)
      throw error
    }
  }

  /** A payment that was signed earlier goes again. */
  resume(paymentId: string, { token, maximumAtomic }: UpToAuthorization): void {
    this.#claims.set(paymentId, { token, maximumAtomic })
  }

  /** The payment is not under way any more. */
  release(paymentId: string): void {
    this.#claims.delete(paymentId)
  }

  async isUsed(chainId: number, { from, nonce }: UpToAuthorization): Promise<boolean> {
    const permit2 = this.#options.ledger?.permit2
    return permit2 !== undefined && (await permit2.isUsed(chainId, from, nonce))
  }

  /** What a transaction took under an authorization; undefined where the ledger does not show it. */
  async chargeOf(chainId: number, authorization: UpToAuthorization, transaction: Hex): Promise<bigint | undefined> {
    return this.#options.ledger?.permit2?.chargeOf(chainId, authorization, transaction).catch(() => undefined)
  }

  /** Claims the allowance; the nonce of the permit that is needed, or undefined. */
  async #turn(
    { paymentId }: IntentCall,
    { upTo, terms }: PaymentOption,
    { chainId, token }: AllowedAsset,
    deadlineMs: number,
  ): Promise<bigint | undefined> {
    const { signer, ledger, clock } = this.#options
    const { maximumAtomic } = terms
    const permit2 = ledger?.permit2 as NonNullable<PayerLedger['permit2']>
    for (;;) {
      const before = this.#claimed(token)
      const { allowanceAtomic, permitNonce } = await permit2.allowance(chainId, token, signer.upToPayer ?? signer.payer)
      const now = this.#claimed(token)
      // A payment that ended meanwhile may have used what was read.
      const othersAtomic = before > now ? before : now
      const isAllowed = allowanceAtomic >= othersAtomic + maximumAtomic
      const canPermit = upTo?.takesPermit === true && permitNonce !== undefined
      if (isAllowed || (othersAtomic === 0n && canPermit)) {
        this.#claims.set(paymentId, { token, maximumAtomic })
        return isAllowed ? undefined : permitNonce
      }
      if (!canPermit || clock.nowMs() >= deadlineMs) throw allowanceMissing(token, othersAtomic + maximumAtomic)
      await sleep(turnPollMs)
    }
  }

  #claimed(token: string): bigint {
    return [...this.#claims.values()].reduce(
      (sum, claim) => (claim.token === token ? sum + claim.maximumAtomic : sum),
      0n,
    )
  }
}
