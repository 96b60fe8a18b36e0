/** MPP as a wire of a paying client (specs/0022 section 7). */
import { type Address, type Clock, type Hex, systemClock } from '@koinon/base'
import type { AttachedPayment, Challenge, ClientWire, PaymentOption, WireReceipt } from '../../client/client-wire.ts'
import type { StatedChannel } from '../../rules/payer-channel.ts'
import type { Asset } from '../../rules/terms.ts'
import { asObject } from '../rules/canonical-json.ts'
import { amountIn, isSignature } from '../rules/charge.ts'
import { challengesInMcp, mcpCredential } from '../rules/mcp.ts'
import { type MppReceipt, parseReceipt, receiptFrom } from '../rules/receipt.ts'
import { credentialHeader, type MppOffer, readOffers } from './offers.ts'
import { readSteppedStream } from './stepped-reader.ts'

export type MppClientWireOptions = {
  /** Tokens by what their contracts say, for sellers that leave it out; a payer's limits are its own (`PayerPolicy`). */
  readonly assets?: readonly (Asset & { readonly chainId: number })[]
  /** Realms beside the hosts of URLs that may ask for money. */
  readonly realms?: readonly string[]
  readonly clock?: Clock
}

/** A remembered challenge is not sent shortly before its end: clocks differ. */
const clockMarginMs = 15_000

/** MPP where calls are MCP messages: fields of `_meta` as plain JSON. */
export type MppMessages = {
  /** What a tool asks for; `url` is the server's. Undefined when there is nothing to pay in it. */
  challenge(data: unknown, url: string): Challenge | undefined
  credential(payment: AttachedPayment): Json
  receipt(json: unknown): WireReceipt | undefined
}

export type MppClientWire = ClientWire & { readonly messages: MppMessages }

type Json = Readonly<Record<string, unknown>>

/** The MPP wire of a paying fetch, and of calls of MCP tools. */
export function createMppClientWire(options: MppClientWireOptions = {}): MppClientWire {
  const { assets = [], realms = [], clock = systemClock } = options
  const assetOf = (chainId: number, token: Address, claimed: Partial<Asset>): Asset | undefined => {
    const known = assets.find((asset) => asset.chainId === chainId && asset.token === token)
    if (known !== undefined) return known
    const { name, version, decimals } = claimed
    return name === undefined || version === undefined || decimals === undefined
      ? undefined
      : { token, name, version, decimals }
  }
  const challengeIn = (header: string, problem: Json | undefined, url: string): Challenge | undefined => {
    const offers = readOffers(header, { url, method: 'GET' }, undefined, { nowMs: clock.nowMs(), assetOf, realms })
    if (offers.length === 0) return undefined
    const stated = statedChannel(problem?.['channel'])
    const { code, detail } = problem ?? {}
    const error = typeof code === 'string' ? code : typeof detail === 'string' ? detail : undefined
    return {
      wire,
      options: offers.map((offer) => optionOf(offer, stated)),
      takesPaymentId: offers.some(({ takesPaymentId }) => takesPaymentId),
      ...(error === undefined ? {} : { error }),
      raw: header,
    }
  }
  const wire: MppClientWire = {
    name: 'mpp',
    read402(response, body) {
      const header = response.headers.get('www-authenticate')
      if (header === null || response.url === '') return undefined
      return challengeIn(header, problemIn(body), response.url)
    },
    attach({ option, commitment }) {
      const { name, value } = credentialHeader(option.wire as MppOffer, commitment)
      return { [name]: value }
    },
    reuse(option) {
      const { challenge, session } = option.wire as MppOffer
      // A stream's vouchers name the challenge that began it: it begins one only.
      if (session === undefined || session.isStepped || challenge.expires === undefined) return undefined
      return { untilMs: Date.parse(challenge.expires) - clockMarginMs, isOfRequest: true }
    },
    async *readSteps(response, { option, commitment }, { raise, send, hear }) {
      if (commitment.backEnd !== 'channel' || response.body === null) return 'complete'
      return yield* readSteppedStream(response.body, {
        offer: option.wire as MppOffer,
        commitment,
        async nextCommitment() {
          const next = await raise()
          return next?.backEnd === 'channel' ? next : undefined
        },
        sendVoucher: ({ name, value }) => send({ [name]: value }),
        onReceipt: (receipt) => hear(wireReceipt(receipt)),
      })
    },
    receiptHeader: 'payment-receipt',
    readReceipt(response) {
      const header = response.headers.get('payment-receipt')
      const receipt = header === null || header.length > 16_384 ? undefined : parseReceipt(header)
      return receipt === undefined ? undefined : wireReceipt(receipt)
    },
    messages: {
      challenge(data, url) {
        const header = URL.canParse(url) ? challengesInMcp(data) : undefined
        return header === undefined ? undefined : challengeIn(header, asObject(asObject(data)?.['problem']), url)
      },
      credential: ({ option, commitment }) =>
        mcpCredential(credentialHeader(option.wire as MppOffer, commitment).value) ?? {},
      receipt(json) {
        const receipt = receiptFrom(json)
        return receipt === undefined ? undefined : wireReceipt(receipt)
      },
    },
  }
  return wire
}

function optionOf(offer: MppOffer, stated: StatedChannel | undefined): PaymentOption {
  const { terms, charge, session } = offer
  if (session === undefined) {
    return { terms, backEnd: 'exact', wire: offer, ...(charge === undefined ? {} : { nonce: charge.nonce }) }
  }
  const { receiverAuthorizer, withdrawDelaySeconds } = session
  const channel = {
    receiverAuthorizer,
    withdrawDelaySeconds,
    minimumDepositAtomic: session.suggestedDepositAtomic ?? 0n,
  }
  const isStepped = session.isStepped ? { isStepped: true } : {}
  return { terms, backEnd: 'channel', channel, wire: offer, ...isStepped, ...(stated === undefined ? {} : { stated }) }
}

function wireReceipt(receipt: MppReceipt): WireReceipt {
  const { reference, channelId, spent } = receipt
  const owedAtomic = amountIn(spent)
  const isChannel = typeof channelId === 'string' && /^0x[0-9a-f]{64}$/.test(channelId) && owedAtomic !== undefined
  return {
    isSuccess: true,
    ...(channelId === undefined && /^0x[0-9a-fA-F]{64}$/.test(reference) ? { transaction: reference as Hex } : {}),
    ...(isChannel ? { channel: { channelId, owedAtomic } } : {}),
    raw: receipt,
  }
}

function problemIn(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return asObject(JSON.parse(body))
  } catch {
    return undefined
  }
}

/** What a seller says of a channel beside a refusal (`channel` of the problem). */
function statedChannel(json: unknown): StatedChannel | undefined {
  const { channelId, depositAtomic, owedAtomic, keptAtomic, keptSignature } = asObject(json) ?? {}
  const [deposit, owed, kept] = [depositAtomic, owedAtomic, keptAtomic].map(amountIn)
  if (typeof channelId !== 'string' || !/^0x[0-9a-f]{64}$/.test(channelId) || owed === undefined) return undefined
  const isSigned = kept !== undefined && typeof keptSignature === 'string' && isSignature(keptSignature)
  return {
    channelId: channelId as Hex,
    owedAtomic: owed,
    ...(deposit === undefined ? {} : { depositAtomic: deposit }),
    ...(isSigned ? { signedAtomic: kept, signature: keptSignature as Hex } : {}),
  }
}
