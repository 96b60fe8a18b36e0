/** Clients made of the stock packages, unmodified, that pay in the test chain's dollar. */
import { bytesToHex } from '@koinon/base'
import { ExactEvmScheme } from '@x402/evm/exact/client'
import { wrapFetchWithPayment, x402Client } from '@x402/fetch'
import { evm, Mppx } from 'mppx/client'
import { privateKeyToAccount } from 'viem/accounts'
import type { TestNetwork } from './chain.ts'
import { dollarOf } from './settlement.ts'

/** mppx 0.11, told what it does not know: token, chain, and the token's name and version. `spy` sees its requests. */
export function stockMppxFetch(network: TestNetwork, secretKey: Uint8Array, spy: typeof fetch = fetch): typeof fetch {
  const { name, version, token } = dollarOf(network)
  const method = evm.charge({
    account: privateKeyToAccount(bytesToHex(secretKey)),
    authorization: { name, version },
    networks: [network.domain.chainId],
    currencies: [token],
  })
  return Mppx.create({ methods: [method], polyfill: false, fetch: spy }).fetch
}

/** @x402/fetch with scheme `exact`, and the entry that its spending controls ask for a token that they do not list. */
export function stockX402Fetch(network: TestNetwork, secretKey: Uint8Array): typeof fetch {
  const { address, signTypedData } = privateKeyToAccount(bytesToHex(secretKey))
  const signer = { address, signTypedData, readContract: network.reader.readContract } as never
  const client = new x402Client()
  const allowed = { network: 'eip155:*', asset: dollarOf(network).token, maxAmountPerPayment: '100000' } as const
  client.setSpendControls({ allowedAssets: [allowed] })
  return wrapFetchWithPayment(fetch, client.register('eip155:*', new ExactEvmScheme(signer))) as typeof fetch
}
