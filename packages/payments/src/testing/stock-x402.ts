/** Stock x402 servers and clients, unmodified, over a facilitator that is told them. */
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Address, Hex } from '@koinon/base'
import { bytesToHex } from '@koinon/base'
import { HTTPFacilitatorClient } from '@x402/core/server'
import type { Network } from '@x402/core/types'
import { BatchSettlementEvmScheme as ChannelClient } from '@x402/evm/batch-settlement/client'
import { BatchSettlementEvmScheme as ChannelServer } from '@x402/evm/batch-settlement/server'
import { ExactEvmScheme as ExactClient } from '@x402/evm/exact/client'
import { ExactEvmScheme as ExactServer } from '@x402/evm/exact/server'
import { paymentMiddleware as expressMiddleware, x402ResourceServer } from '@x402/express'
import { wrapFetchWithPayment, x402Client } from '@x402/fetch'
import { paymentMiddleware as honoMiddleware } from '@x402/hono'
import { Hono } from 'hono'
import { privateKeyToAccount } from 'viem/accounts'
import type { Asset } from '../rules/terms.ts'

/** The part of express that is used here; the package brings no types. */
type ExpressApp = {
  use(handler: unknown): void
  get(path: string, handler: (request: unknown, response: { json(value: unknown): void }) => void): void
} & Parameters<typeof createServer>[1]

export type StockServerOptions = {
  readonly kind: 'express' | 'hono'
  readonly scheme: 'exact' | 'batch-settlement'
  readonly facilitatorUrl: string
  readonly chainId: number
  readonly asset: Asset
  readonly receiverKey: Uint8Array
  readonly priceAtomic: bigint
  /** Runs for each call that is paid for. */
  readonly onCall?: () => Promise<void> | void
}

export type StockServer = {
  readonly url: string
  readonly scheme: ChannelServer | ExactServer
  readonly facilitator: HTTPFacilitatorClient
  close(): Promise<void>
}

/** Sells `GET /paid`. */
export async function startStockServer(options: StockServerOptions): Promise<StockServer> {
  const network: Network = `eip155:${options.chainId}`
  const receiver = privateKeyToAccount(bytesToHex(options.receiverKey) as Hex)
  const facilitator = new HTTPFacilitatorClient({ url: options.facilitatorUrl })
  const scheme =
    options.scheme === 'exact'
      ? new ExactServer()
      : new ChannelServer(receiver.address, { receiverAuthorizerSigner: receiver as never })
  const resources = new x402ResourceServer(facilitator).register(network, scheme)
  const { asset } = options
  const routes = {
    'GET /paid': {
      accepts: {
        scheme: options.scheme,
        network,
        payTo: receiver.address,
        price: {
          asset: asset.token,
          amount: options.priceAtomic.toString(),
          extra: { name: asset.name, version: asset.version },
        },
      },
      description: 'A call',
    },
  }
  const server =
    options.kind === 'express' ? expressServer(routes, resources, options) : honoServer(routes, resources, options)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/paid`,
    scheme,
    facilitator,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Pays with both schemes, for this asset only. */
export function stockFetch(secretKey: Uint8Array, chainId: number, asset: Asset): typeof fetch {
  return wrapFetchWithPayment(fetch, stockClient(secretKey, chainId, asset)) as typeof fetch
}

export function stockClient(secretKey: Uint8Array, chainId: number, asset: Asset): x402Client {
  const account = privateKeyToAccount(bytesToHex(secretKey) as Hex)
  const network: Network = `eip155:${chainId}`
  return x402Client.fromConfig({
    schemes: [
      { network, client: new ExactClient(account) },
      { network, client: new ChannelClient(account) },
    ],
    spendControls: { allowedAssets: [{ network, asset: asset.token as Address }] },
  })
}

function expressServer(routes: object, resources: x402ResourceServer, { onCall }: StockServerOptions): Server {
  const express = createRequire(import.meta.url)('express') as () => ExpressApp
  const app = express()
  app.use(expressMiddleware(routes as never, resources))
  app.get('/paid', (_request, response) => {
    void Promise.resolve(onCall?.()).then(() => response.json({ paid: true }))
  })
  return createServer(app)
}

function honoServer(routes: object, resources: x402ResourceServer, { onCall }: StockServerOptions): Server {
  const app = new Hono()
  app.use(honoMiddleware(routes as never, resources))
  app.get('/paid', async (context) => {
    await onCall?.()
    return context.json({ paid: true })
  })
  return createServer(getRequestListener(app.fetch))
}
