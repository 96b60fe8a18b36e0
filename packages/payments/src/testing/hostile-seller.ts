/** A seller of x402 that does whatever a test tells it, and payers that meet it. No ledger: nobody settles. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Hex } from '@koinon/base'
import { Payer, type PayerOptions } from '../client/payer.ts'
import { localPaymentSigner } from '../client/payment-signer.ts'
import type { PayerPolicy } from '../rules/payer-policy.ts'
import { decodeBase64Json, encodeBase64Json } from '../x402/client/x402-wire.ts'
import { party, seed, testDomain } from './fixtures.ts'

export const token = `0x${'dd'.repeat(20)}` as const
export const seller = party('hostile seller')
export const thief = party('thief')

/** What a payment header holds. */
export type SentPayload = {
  readonly accepted: { readonly scheme: string; readonly amount: string }
  readonly payload: {
    readonly type?: string
    readonly voucher?: { readonly channelId: Hex; readonly maxClaimableAmount: string; readonly signature: Hex }
    readonly deposit?: { readonly amount: string }
    readonly authorization?: { readonly nonce: Hex; readonly value: string; readonly to: string }
    readonly signature?: Hex
  }
}

export type Behaviour = (payload: SentPayload | undefined, response: ServerResponse, request: IncomingMessage) => void

/** A server that answers as `behave` says and keeps every payment that it got. */
export class HostileSeller {
  behave: Behaviour = (_payload, response) => void response.writeHead(500).end()
  received: SentPayload[] = []
  /** Requests, those without payment included. */
  requests = 0
  url = ''
  readonly #server = createServer((request, response) => {
    this.requests++
    const header = request.headers['payment-signature']
    const payload = header === undefined ? undefined : (decodeBase64Json(String(header)) as SentPayload)
    if (payload !== undefined) this.received.push(payload)
    request.resume().on('end', () => this.behave(payload, response, request))
  })

  async start(): Promise<void> {
    this.received = []
    this.requests = 0
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/paid`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** The most that the seller could ever claim by what it received. */
  claimable(): bigint {
    return this.received.reduce((most, { payload }) => {
      const value = BigInt(payload.voucher?.maxClaimableAmount ?? 0)
      return value > most ? value : most
    }, 0n)
  }

  ask(response: ServerResponse, accepts: unknown, error?: string): void {
    const required = { x402Version: 2, error, resource: { url: this.url }, accepts: [accepts].flat() }
    response.writeHead(402, { 'payment-required': encodeBase64Json(required) }).end('{}')
  }
}

/** One entry of `accepts`: a thousand atomic units by channel. */
export function accepted(
  changes: Record<string, unknown> = {},
  extra: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    scheme: 'batch-settlement',
    network: `eip155:${testDomain.chainId}`,
    amount: '1000',
    asset: token,
    payTo: seller.address,
    maxTimeoutSeconds: 1,
    extra: { name: 'Test Dollar', version: '1', receiverAuthorizer: seller.address, withdrawDelay: 900, ...extra },
    ...changes,
  }
}

/** An answer that states a charge and what the channel owes. */
export function answer(
  response: ServerResponse,
  charged: string,
  owed: string,
  channelId: Hex | undefined,
  status = 200,
): void {
  const extra = {
    chargedAmount: charged,
    channelState: { channelId, balance: '20000', totalClaimed: '0', chargedCumulativeAmount: owed },
  }
  response
    .writeHead(status, {
      'payment-response': encodeBase64Json({ success: true, transaction: '', network: 'x', extra }),
    })
    .end('done')
}

/** A payer that allows five thousand a call. */
export function newPayer(changes: Partial<PayerOptions> = {}, policy: Partial<PayerPolicy> = {}): Payer {
  return new Payer({
    signer: localPaymentSigner(seed('honest payer')),
    policy: {
      assets: [
        {
          chainId: testDomain.chainId,
          token,
          name: 'Test Dollar',
          version: '1',
          decimals: 6,
          escrow: testDomain.escrow,
          collector: party('collector').address,
        },
      ],
      maximumPerCallAtomic: 5_000n,
      maximumInChannelsAtomic: 100_000n,
      maximumTimeoutSeconds: 300,
      maximumWithdrawDelaySeconds: 86_400,
      ...policy,
    },
    ...changes,
  })
}
