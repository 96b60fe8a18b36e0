/** The clients of x402 as they are published, with the entry that their spending controls ask for a token that they do not list. */
import { bytesToHex } from '@koinon/base'
import { wrapAxiosWithPayment } from '@x402/axios'
import { BatchSettlementEvmScheme } from '@x402/evm/batch-settlement/client'
import { ExactEvmScheme } from '@x402/evm/exact/client'
import { UptoEvmScheme } from '@x402/evm/upto/client'
import { wrapFetchWithPayment, x402Client } from '@x402/fetch'
import axios, { isAxiosError } from 'axios'
import { privateKeyToAccount } from 'viem/accounts'
import type { TestNetwork } from './chain.ts'
import type { Party } from './fixtures.ts'
import { dollarOf } from './settlement.ts'

/** Whose wallet pays. */
type Signer = Pick<Party, 'secretKey'>

export type StockScheme = 'exact' | 'batch-settlement' | 'upto'
export type StockOptions = {
  /** Hex digits that tell apart a payer's channels. */
  readonly salt?: string
  /** Deposit to make; left out, the client's own idea. */
  readonly deposit?: bigint
}

/** What a stock scheme signs with: a wallet and reads of the ledger. */
export function stockSigner(net: TestNetwork, who: Signer) {
  const wallet = privateKeyToAccount(bytesToHex(who.secretKey))
  return {
    address: wallet.address,
    signTypedData: wallet.signTypedData.bind(wallet),
    readContract: net.reader.readContract.bind(net.reader),
  } as unknown as ConstructorParameters<typeof ExactEvmScheme>[0]
}

/** A client for one scheme. */
export function stockClient(
  net: TestNetwork,
  who: Signer,
  scheme: StockScheme,
  options: StockOptions = {},
): x402Client {
  const signer = stockSigner(net, who)
  const asset = dollarOf(net).token
  const client = new x402Client().setSpendControls({
    allowedAssets: [{ network: 'eip155:*', asset, maxAmountPerPayment: '100000' }],
  })
  if (scheme === 'exact') return client.register('eip155:*', new ExactEvmScheme(signer))
  if (scheme === 'upto') return client.register('eip155:*', new UptoEvmScheme(signer as never))
  const { salt, deposit } = options
  const batch = new BatchSettlementEvmScheme(signer, {
    ...(salt === undefined ? {} : { salt: `0x${salt.padStart(64, '0')}` as const }),
    ...(deposit === undefined ? {} : { depositStrategy: () => deposit }),
  })
  return client.register('eip155:*', batch)
}

/** A `fetch` that pays; `spy` sees its requests. */
export function stockFetch(
  net: TestNetwork,
  who: Signer,
  scheme: StockScheme,
  options: StockOptions = {},
  spy: typeof fetch = fetch,
): typeof fetch {
  return wrapFetchWithPayment(spy, stockClient(net, who, scheme, options)) as typeof fetch
}

/** `@x402/axios` in the shape of `fetch`, for requests whose body is a text: an answer of any status is an answer, all else is thrown. */
export function stockAxiosFetch(
  net: TestNetwork,
  who: Signer,
  scheme: StockScheme,
  options: StockOptions = {},
): typeof fetch {
  const api = wrapAxiosWithPayment(axios.create(), stockClient(net, who, scheme, options) as never)
  return async (input, init) => {
    const asked = {
      url: String(input),
      method: init?.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init?.headers)),
      data: init?.body,
      responseType: 'text' as const,
    }
    const { status, headers, data } = await api.request<string>(asked).catch((error: unknown) => {
      if (isAxiosError<string>(error) && error.response !== undefined) return error.response
      throw error
    })
    return new Response(data, {
      status,
      headers: Object.entries(headers).map(([name, value]) => [name, String(value)]),
    })
  }
}
