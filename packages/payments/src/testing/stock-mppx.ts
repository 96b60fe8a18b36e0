/** The client of MPP as it is published, paying in the test chain's dollar. */
import { bytesToHex } from '@koinon/base'
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
