/** Sellers made of the stock x402 packages, unmodified, on the test chain: facilitator behind HTTP, and Express or Hono servers. */
import { createServer, type RequestListener, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { bytesToHex } from '@koinon/base'
import { x402Facilitator } from '@x402/core/facilitator'
import { HTTPFacilitatorClient, type RoutesConfig, x402ResourceServer } from '@x402/core/server'
import { toFacilitatorEvmSigner } from '@x402/evm'
import { BatchSettlementEvmScheme as BatchFacilitator } from '@x402/evm/batch-settlement/facilitator'
import { BatchSettlementEvmScheme as BatchServer } from '@x402/evm/batch-settlement/server'
import { ExactEvmScheme as ExactFacilitator } from '@x402/evm/exact/facilitator'
import { ExactEvmScheme as ExactServer } from '@x402/evm/exact/server'
import { UptoEvmScheme as UptoFacilitator } from '@x402/evm/upto/facilitator'
import { UptoEvmScheme as UptoServer } from '@x402/evm/upto/server'
import { paymentMiddleware as expressPayment } from '@x402/express'
import { EIP2612_GAS_SPONSORING } from '@x402/extensions'
import { paymentMiddleware as honoPayment, setSettlementOverrides } from '@x402/hono'
import { Hono } from 'hono'
import { createWalletClient, http, publicActions } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { createNonceManager, jsonRpc } from 'viem/nonce'
import { decodeBase64Json } from '../x402/client/x402-wire.ts'
import type { TestNetwork } from './chain.ts'
import { type Party, party } from './fixtures.ts'

type ExpressRequest = { readonly body?: unknown }
type ExpressResponse = { json(json: unknown): void; send(text: string): void; status(status: number): ExpressResponse }
type ExpressHandler = (request: ExpressRequest, response: ExpressResponse) => void
type ExpressApp = RequestListener & {
  use(handler: unknown): void
  get(path: string, handler: ExpressHandler): void
  post(path: string, handler: ExpressHandler): void
}
/** The part of Express that is used; it brings no types. */
const express = createRequire(import.meta.url)('express') as {
  (): ExpressApp
  json(options: unknown): unknown
  text(options: unknown): unknown
}

export type Listening = { readonly url: string; readonly server: Server; close(): Promise<void> }

/** Serves on a free port of 127.0.0.1. */
export async function listen(listener: RequestListener): Promise<Listening> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

/** The stock facilitator classes behind the three routes of the facilitator API. */
export async function startFacilitator(net: TestNetwork, name = 'facilitator'): Promise<Listening> {
  const funded = await net.fund(name)
  // viem's own manager outlives the chain, and the next one in this process has the same id.
  const nonceManager = createNonceManager({ source: jsonRpc() })
  const account = privateKeyToAccount(bytesToHex(funded.secretKey), { nonceManager })
  const client = createWalletClient({ account, chain: net.reader.chain, transport: http(net.url) }).extend(
    publicActions,
  )
  const signer = toFacilitatorEvmSigner({ ...client, address: account.address } as never)
  const facilitator = new x402Facilitator()
    .register(testNetworkName(net), new ExactFacilitator(signer))
    .register(testNetworkName(net), new BatchFacilitator(signer, account as never))
    .register(testNetworkName(net), new UptoFacilitator(signer))
    .registerExtension(EIP2612_GAS_SPONSORING)
  const app = express()
  app.use(express.json({ limit: '1mb' }))
  app.get('/supported', (_request, response) => void response.json(facilitator.getSupported()))
  for (const verb of ['verify', 'settle'] as const) {
    app.post(`/${verb}`, async (request, response) => {
      try {
        const { paymentPayload, paymentRequirements } = request.body as never
        response.json(await facilitator[verb](paymentPayload, paymentRequirements))
      } catch (error) {
        response.status(500).json({ error: String(error) })
      }
    })
  }
  return listen(app)
}

/** CAIP-2 name of the test chain. */
export function testNetworkName(net: TestNetwork): `eip155:${number}` {
  return `eip155:${net.network.chainId}`
}

export type SellerOptions = {
  readonly net: TestNetwork
  readonly facilitatorUrl: string
  readonly priceAtomic?: bigint
  readonly schemes?: readonly ('exact' | 'batch-settlement' | 'upto')[]
  /** Of Hono sellers: what a call of `upto` comes to; left out, the price. */
  readonly settledAtomic?: bigint
  readonly timeoutSeconds?: number
  /** `stockPayee` unless given. */
  readonly payee?: Party
  readonly extensions?: Record<string, unknown>
  /** Of Hono sellers: registers extensions; hears the seller's origin. */
  readonly extend?: (server: x402ResourceServer, origin: string) => void
  /** Of Hono sellers: hears the body of every request whose answer says that it was charged. */
  readonly onCharged?: (body: string) => void
  /** Does the work; the text is the answer, a number a status. */
  readonly handle: (body: string) => Promise<string | number> | string | number
}

/** Payee of the stock sellers. */
export const stockPayee = party('stock seller')

function resourceServer({ net, facilitatorUrl, payee = stockPayee }: SellerOptions): x402ResourceServer {
  const account = privateKeyToAccount(bytesToHex(payee.secretKey))
  return new x402ResourceServer(new HTTPFacilitatorClient({ url: facilitatorUrl }))
    .register(testNetworkName(net), new ExactServer())
    .register(testNetworkName(net), new UptoServer())
    .register(testNetworkName(net), new BatchServer(account.address, { receiverAuthorizerSigner: account as never }))
}

function routesOf(options: SellerOptions): RoutesConfig {
  const { net, priceAtomic = 1_000n, schemes = ['batch-settlement', 'exact'], timeoutSeconds = 60 } = options
  const { payee = stockPayee } = options
  return {
    'POST /paid': {
      accepts: schemes.map((scheme) => ({
        scheme,
        network: testNetworkName(net),
        payTo: payee.address,
        maxTimeoutSeconds: timeoutSeconds,
        price: {
          amount: priceAtomic.toString(),
          asset: net.network.contracts.dollar,
          extra: { name: dollarName, version: '1' },
        },
      })),
      description: 'work',
      ...(options.extensions === undefined ? {} : { extensions: options.extensions }),
    },
  } as never
}

/** EIP-712 name of the test chain's dollar. */
export const dollarName = 'Test Dollar'

/** @x402/express, unmodified; `/free` does the same work for nothing. */
export async function startExpressSeller(options: SellerOptions): Promise<Listening> {
  const app = express()
  app.use(expressPayment(routesOf(options), resourceServer(options)))
  app.use(express.text({ type: '*/*' }))
  for (const path of ['/paid', '/free']) {
    app.post(path, async (request, response) => {
      const answer = await options.handle(String(request.body ?? ''))
      if (typeof answer === 'number') response.status(answer).send('failed')
      else response.send(answer)
    })
  }
  return listen(app)
}

/** @x402/hono, unmodified. */
export async function startHonoSeller(options: SellerOptions): Promise<Listening> {
  let serve: RequestListener = () => undefined
  const listening = await listen((request, response) => serve(request, response))
  const app = new Hono()
  app.use(async (context, next) => {
    const body = await context.req.text()
    await next()
    const header = context.res.headers.get('payment-response')
    const settled = header === null ? {} : (decodeBase64Json(header) as { readonly success?: boolean })
    if (settled.success === true) options.onCharged?.(body)
  })
  const server = resourceServer(options)
  options.extend?.(server, listening.url)
  app.use(honoPayment(routesOf(options), server))
  app.post('/paid', async (context) => {
    const answer = await options.handle(await context.req.text())
    const { settledAtomic } = options
    if (settledAtomic !== undefined) setSettlementOverrides(context, { amount: settledAtomic.toString() })
    return typeof answer === 'number' ? context.text('failed', answer as never) : context.text(answer)
  })
  serve = getRequestListener(app.fetch)
  return listening
}
