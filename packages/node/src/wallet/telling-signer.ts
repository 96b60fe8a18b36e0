import { dollarDecimals, formatUnits } from '@koinon/base'
import type { IntentCall, PaymentSigner } from '@koinon/payments/client'

/** The same signer, which tells of signatures that move money on a ledger: those are what a payer waits for. What is refused is not told. */
export function tellingSigner(signer: PaymentSigner, say: (text: string) => void): PaymentSigner {
  const { payer, payerAuthorizer, upToPayer } = signer
  const tell = ({ origin, maximumAtomic }: IntentCall, what: string): void =>
    say(
      `${origin} asks at most ${formatUnits(maximumAtomic, dollarDecimals)} dollars; ${what}, which takes as long as the chain does`,
    )
  return {
    payer,
    payerAuthorizer,
    ...(upToPayer === undefined ? {} : { upToPayer }),
    signVoucher: (intent) => signer.signVoucher(intent),
    async signAuthorization(intent) {
      const signed = await signer.signAuthorization(intent)
      tell(intent.call, 'the price is moved on the ledger')
      return signed
    },
    async signDeposit(intent) {
      const signature = await signer.signDeposit(intent)
      tell(intent.call, 'a channel to it is filled first')
      return signature
    },
    ...(signer.signUpTo === undefined
      ? {}
      : {
          async signUpTo(intent) {
            const signed = await signer.signUpTo?.(intent)
            if (signed === undefined) throw new Error('the signer signs no ceilings')
            tell(intent.call, 'the price is moved on the ledger')
            return signed
          },
        }),
    ...(signer.settledUpTo === undefined
      ? {}
      : { settledUpTo: async (authorization, transaction) => signer.settledUpTo?.(authorization, transaction) }),
    ...(signer.fundChannel === undefined ? {} : { fundChannel: async (intent) => signer.fundChannel?.(intent) }),
  }
}
