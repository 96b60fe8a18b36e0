/** Clients that pay, ours and stock ones, each for one way to pay. */
import { payingFetch } from '@koinon/payments/client'
import { createMppClientWire } from '@koinon/payments/mpp'
import {
  type Party,
  type TestNetwork as PaymentNetwork,
  stockAxiosFetch,
  stockFetch,
  stockMppxFetch,
  testPayer,
  testPolicy,
} from '@koinon/payments/testing'
import { x402Wire } from '@koinon/payments/x402'

/** A wire and what goes over it. */
export const ways = ['x402 exact', 'x402 batch-settlement', 'mpp charge', 'mpp session'] as const
export type Way = (typeof ways)[number]

export type PeerClient = {
  readonly name: string
  /** What it is set up to pay by, the first one that the seller takes. */
  readonly pays: readonly Way[]
  /** Its second call through a channel is refused, by every server: it does not count what it has signed. */
  readonly losesCount?: true
  fetchOf(net: PaymentNetwork, payer: Party): typeof fetch
}

const koinon = 'koinon'
const schemes = ['exact', 'batch-settlement'] as const

/** Every client with every way that it knows; a stock client is told the token, which it does not list, and nothing else. */
export const peerClients: readonly PeerClient[] = [
  ownClient('x402', 'exact', ['x402 exact', 'x402 batch-settlement']),
  ownClient('x402', 'channel', ['x402 batch-settlement', 'x402 exact']),
  ownClient('mpp', 'exact', ['mpp charge', 'mpp session']),
  ownClient('mpp', 'channel', ['mpp session', 'mpp charge']),
  ...schemes.map((scheme) => ({
    name: '@x402/fetch 2.27.0',
    pays: [`x402 ${scheme}` as const],
    fetchOf: (net: PaymentNetwork, payer: Party) => stockFetch(net, payer, scheme),
  })),
  ...schemes.map((scheme) => ({
    name: '@x402/axios 2.11.0',
    pays: [`x402 ${scheme}` as const],
    // Unlike @x402/fetch it tells its scheme nothing of the answers.
    losesCount: true as const,
    fetchOf: (net: PaymentNetwork, payer: Party) => stockAxiosFetch(net, payer, scheme),
  })),
  {
    name: 'mppx 0.11.0',
    pays: ['mpp charge', 'x402 exact'],
    fetchOf: (net, payer) => stockMppxFetch(net, payer.secretKey),
  },
]

/** Ours on one wire; `prefer` is what it takes where the seller leaves the choice. */
function ownClient(wire: 'x402' | 'mpp', prefer: 'exact' | 'channel', pays: readonly Way[]): PeerClient {
  return {
    name: koinon,
    pays,
    fetchOf: (net, { secretKey }) =>
      payingFetch({
        payer: testPayer(net, secretKey, { prefer, purpose: `${wire} ${prefer}` }),
        wires: [wire === 'x402' ? x402Wire : createMppClientWire({ assets: testPolicy(net).assets })],
      }),
  }
}
