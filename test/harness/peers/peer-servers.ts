/** Servers that sell, ours and stock ones, and who settles for them. */
import type { Address } from '@koinon/base'
import {
  type Listening,
  party,
  startExpressSeller,
  startFacilitator,
  startHonoSeller,
  startMppxSeller,
} from '@koinon/payments/testing'
import { questionBody } from '../ask.ts'
import type { Way } from './peer-clients.ts'
import { type PeerGround, paywallPriceAtomic } from './peer-ground.ts'

export type PeerServer = {
  readonly name: string
  /** Name of the account that sends the transactions. */
  readonly settledBy: string
  readonly takes: readonly Way[]
  readonly url: string
  readonly body: string
  readonly payee: Address
  /** Undefined where the seller prices each request by itself. */
  readonly priceAtomic?: bigint
  /** How often the work was done, where a test can count it. */
  readonly runs?: () => number
}

const everyWay: readonly Way[] = ['x402 exact', 'x402 batch-settlement', 'mpp charge', 'mpp session']
const stockPriceAtomic = 2_000n

/** Starts the stock servers beside a ground, each with either facilitator and a payee of its own. */
export async function startPeerServers(
  ground: PeerGround,
): Promise<{ readonly servers: readonly PeerServer[]; close(): Promise<void> }> {
  const { net } = ground
  const opened: Listening[] = []
  const stockFacilitator = await startFacilitator(net, 'stock facilitator')
  opened.push(stockFacilitator)
  ground.name(party('stock facilitator').address, 'stock facilitator')
  const facilitated = await ground.startPaywall('koinon paywall without gas', '--facilitator', stockFacilitator.url)
  const servers: PeerServer[] = [
    {
      ...{ name: 'koinon paywall', settledBy: 'koinon paywall', takes: everyWay },
      ...{ url: `${ground.paywallUrl}/paid`, body: '{}', payee: ground.paywallPayee, runs: ground.paywallRuns },
      priceAtomic: paywallPriceAtomic,
    },
    {
      ...{ name: 'koinon paywall', settledBy: 'stock facilitator', takes: ['mpp charge', 'x402 exact'] },
      ...{ url: `${facilitated.url}/paid`, body: '{}', payee: facilitated.payee, runs: ground.paywallRuns },
      priceAtomic: paywallPriceAtomic,
    },
    {
      ...{ name: 'koinon gateway', settledBy: 'koinon gateway', takes: everyWay },
      ...{ url: ground.gatewayUrl, body: questionBody({ maxTokens: 4 }), payee: ground.gatewayPayee },
    },
  ]
  const facilitators = [
    ['stock facilitator', stockFacilitator.url],
    ['koinon facilitator', ground.facilitatorUrl],
  ] as const
  const add = async (
    name: string,
    settledBy: string,
    takes: readonly Way[],
    start: (of: Opening) => Promise<Listening>,
  ) => {
    let runs = 0
    const payee = party(`${name} ${settledBy}`)
    const listening = await start({ payee, handle: () => ++runs })
    opened.push(listening)
    const selling = { url: `${listening.url}/paid`, body: '{}', priceAtomic: stockPriceAtomic, runs: () => runs }
    servers.push({ name, settledBy, takes, payee: payee.address, ...selling })
  }
  for (const [settledBy, facilitatorUrl] of facilitators) {
    const x402: readonly Way[] = ['x402 exact', 'x402 batch-settlement']
    for (const [name, start] of [
      ['@x402/express 2.27.0', startExpressSeller],
      ['@x402/hono 2.27.0', startHonoSeller],
    ] as const) {
      await add(name, settledBy, x402, ({ payee, handle }) =>
        start({ net, facilitatorUrl, payee, priceAtomic: stockPriceAtomic, handle: () => `run ${handle()}` }),
      )
    }
    await add('mppx 0.11.0', settledBy, ['mpp charge', 'x402 exact'], ({ payee, handle }) =>
      startMppxSeller({ net, payee, price: '0.002', settler: { facilitatorUrl }, handle }),
    )
  }
  const own = await net.fund('mppx settler')
  ground.name(own.address, 'mppx 0.11.0')
  await add('mppx 0.11.0', 'mppx 0.11.0', ['mpp charge', 'x402 exact'], ({ payee, handle }) =>
    startMppxSeller({ net, payee, price: '0.002', settler: own, handle }),
  )
  return {
    servers,
    async close() {
      for (const listening of opened.reverse()) await listening.close()
    },
  }
}

type Opening = { readonly payee: ReturnType<typeof party>; readonly handle: () => number }
