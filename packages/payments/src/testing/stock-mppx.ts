/** mppx as it is published, client and server, in the test chain's dollar. */
import { bytesToHex } from '@koinon/base'
import type { TransactionSender } from '@koinon/ledger'
import { testDollarAbi } from '@koinon/ledger/abis'
import { evm, Mppx } from 'mppx/client'
import { Request as MppxRequest, Mppx as MppxServer, evm as serverEvm } from 'mppx/server'
import { privateKeyToAccount } from 'viem/accounts'
import type { TransferAuthorization } from '../rules/terms.ts'
import type { TestNetwork } from './chain.ts'
import { type Party, seed } from './fixtures.ts'
import { dollarOf } from './settlement.ts'
import { type Listening, listen } from './stock-sellers.ts'

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

export type MppxSellerOptions = {
  readonly net: TestNetwork
  readonly payee: Pick<Party, 'address'>
  /** Who settles: a facilitator of x402, then the seller takes x402 too, or this account by itself. */
  readonly settler: { readonly facilitatorUrl: string } | { readonly sender: TransactionSender }
  /** In dollars, as mppx takes it. */
  readonly price: string
  readonly handle?: () => void
}

/** A stock mppx server that charges `price` for every request. */
export async function startMppxSeller(options: MppxSellerOptions): Promise<Listening> {
  const { net, payee, settler, price } = options
  const { name, version, token, decimals } = dollarOf(net)
  const method = serverEvm.charge({
    currency: token,
    chainId: net.domain.chainId,
    decimals,
    recipient: payee.address,
    authorization: { name, version },
    ...('sender' in settler
      ? { settle: settleBy(settler.sender, token) }
      : { x402: { facilitator: settler.facilitatorUrl } }),
  } as never)
  const mppx = MppxServer.create({ methods: [method], secretKey: bytesToHex(seed('mppx')), realm: '127.0.0.1' })
  const charge = (mppx as unknown as { charge(of: unknown): (request: Request) => Promise<MppxResult> }).charge({
    amount: price,
  })
  return listen(
    MppxRequest.toNodeListener(async (request: Request) => {
      const result = await charge(request)
      if (result.status === 402) return result.challenge
      options.handle?.()
      return result.withReceipt(Response.json({ isServed: true }))
    }),
  )
}

type MppxResult = {
  readonly status: number
  readonly challenge: Response
  withReceipt(answer: Response): Response
}

function settleBy(sender: TransactionSender, token: `0x${string}`) {
  return async ({ payload }: { payload: TransferAuthorization & { readonly value: string } }) => {
    const { from, to, value, validAfter, validBefore, nonce, signature } = payload
    const args = [from, to, BigInt(value), BigInt(validAfter), BigInt(validBefore), nonce, signature] as const
    const functionName = 'transferWithAuthorization'
    const { transactionHash } = await sender.call({ address: token, abi: testDollarAbi, functionName, args })
    return { reference: transactionHash }
  }
}
