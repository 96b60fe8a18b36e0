/** Payers on the test chain. */

import { Payer, type PayerOptions } from '../client/payer.ts'
import { payerLedger } from '../client/payer-ledger.ts'
import { localPaymentSigner } from '../client/payment-signer.ts'
import type { PayerPolicy } from '../rules/payer-policy.ts'
import type { TestNetwork } from './chain.ts'
import { dollarName } from './stock-sellers.ts'

/** Generous limits on the test chain's dollar. */
export function testPolicy(net: TestNetwork, changes: Partial<PayerPolicy> = {}): PayerPolicy {
  const { contracts, chainId } = net.network
  return {
    assets: [
      {
        chainId,
        token: contracts.dollar,
        name: dollarName,
        version: '1',
        decimals: 6,
        escrow: contracts.channels,
        collector: contracts.depositCollector,
      },
    ],
    maximumPerCallAtomic: 100_000n,
    maximumInChannelsAtomic: 10_000_000n,
    maximumTimeoutSeconds: 300,
    maximumWithdrawDelaySeconds: 86_400,
    ...changes,
  }
}

/** A payer with its keys in this process. */
export function testPayer(
  net: TestNetwork,
  secretKey: Uint8Array,
  changes: Partial<PayerOptions> = {},
  policy: Partial<PayerPolicy> = {},
): Payer {
  return new Payer({
    signer: localPaymentSigner(secretKey),
    policy: testPolicy(net, policy),
    ledger: payerLedger(net.reader),
    ...changes,
  })
}
