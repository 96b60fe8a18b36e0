/** A seller's x402 v2 PaymentRequired, read without believing it. */
import { type Address, type Hex, KoinonError, toAddress } from '@koinon/base'
import type { PaymentOption } from '../../client/client-wire.ts'
import type { StatedChannel } from '../../rules/payer-channel.ts'
import type { BackEnd } from '../../rules/terms.ts'
import { gasSponsoring } from '../rules/up-to-payload.ts'

type Json = Readonly<Record<string, unknown>>

/** What the client uses of a PaymentRequired. */
export type X402Challenge = {
  readonly options: readonly PaymentOption[]
  readonly error?: string
  readonly extensions: Json
  readonly resource: unknown
}

const backEnds: Readonly<Record<string, BackEnd>> = {
  exact: 'exact',
  'batch-settlement': 'channel',
  upto: 'upTo',
}
const mostOptions = 32

/** Options that cannot be read (other chains, schemes, versions) are left out. Throws `payments/bad-challenge` when it is no PaymentRequired. */
export function readPaymentRequired(json: unknown, method: string): X402Challenge {
  const value = object(json)
  if (value === undefined || value['x402Version'] !== 2 || !Array.isArray(value['accepts'])) {
    throw new KoinonError({
      code: 'payments/bad-challenge',
      message: 'The seller asks for money in a form that is not x402 version 2',
      hint: 'Ask its operator for an x402 v2 or MPP address.',
    })
  }
  const resource = object(value['resource']) ?? {}
  const error = text(value['error'])
  const extensions = object(value['extensions']) ?? {}
  return {
    options: (value['accepts'] as readonly unknown[])
      .slice(0, mostOptions)
      .map((accepted) => readOption(accepted, resource, method, gasSponsoring in extensions))
      .filter((option) => option !== undefined),
    ...(error === undefined ? {} : { error }),
    extensions,
    resource: value['resource'],
  }
}

function readOption(
  accepted: unknown,
  resource: Json,
  method: string,
  takesPermit: boolean,
): PaymentOption | undefined {
  const value = object(accepted)
  const extra = object(value?.['extra']) ?? {}
  const backEnd = backEnds[text(value?.['scheme']) ?? '']
  const chainId = chainOf(value?.['network'])
  const [token, payTo] = [addressOf(value?.['asset']), addressOf(value?.['payTo'])]
  const [maximumAtomic, timeout] = [atomicOf(value?.['amount']), value?.['maxTimeoutSeconds']]
  const [name, version] = [text(extra['name']), text(extra['version'])]
  if (value === undefined || backEnd === undefined || chainId === undefined || token === undefined) return undefined
  if (payTo === undefined || maximumAtomic === undefined || name === undefined || version === undefined)
    return undefined
  if (typeof timeout !== 'number' || !(timeout >= 1)) return undefined
  const transferMethod = backEnd === 'upTo' ? 'permit2' : 'eip3009'
  if (extra['assetTransferMethod'] !== undefined && extra['assetTransferMethod'] !== transferMethod) return undefined
  const facilitator = backEnd === 'upTo' ? addressOf(extra['facilitatorAddress']) : undefined
  if (backEnd === 'upTo' && facilitator === undefined) return undefined
  const channel = backEnd === 'channel' ? channelTerms(extra) : undefined
  if (backEnd === 'channel' && channel === undefined) return undefined
  const stated = backEnd === 'channel' ? readStatedChannel(extra) : undefined
  const description = text(resource['description'])
  const mimeType = text(resource['mimeType'])
  return {
    terms: {
      resource: {
        url: text(resource['url']) ?? '',
        method,
        ...(description === undefined ? {} : { description }),
        ...(mimeType === undefined ? {} : { mimeType }),
      },
      chainId,
      asset: { token, name, version, decimals: 6 },
      payTo,
      maximumAtomic,
      backEnds: [backEnd],
      timeoutSeconds: Math.floor(timeout),
    },
    backEnd,
    ...(channel === undefined ? {} : { channel }),
    ...(facilitator === undefined ? {} : { upTo: { facilitator, takesPermit } }),
    ...(stated === undefined ? {} : { stated }),
    wire: withoutState(value, extra),
  }
}

function channelTerms(extra: Json): PaymentOption['channel'] {
  const receiverAuthorizer = addressOf(extra['receiverAuthorizer'])
  const delay = extra['withdrawDelay'] ?? 900
  if (receiverAuthorizer === undefined || !Number.isSafeInteger(delay)) return undefined
  const leastDepositAtomic = atomicOf(extra['leastDeposit'])
  return {
    receiverAuthorizer,
    withdrawDelaySeconds: delay as number,
    minimumDepositAtomic: atomicOf(extra['minDeposit']) ?? 0n,
    ...(leastDepositAtomic === undefined ? {} : { leastDepositAtomic }),
  }
}

/** `channelState` and `voucherState` of a corrective 402 or a receipt; undefined when there are none. */
export function readStatedChannel(extra: Json): StatedChannel | undefined {
  const state = object(extra['channelState'])
  const voucher = object(extra['voucherState']) ?? {}
  const channelId = hexOf(state?.['channelId'], 64)
  const owedAtomic = atomicOf(state?.['chargedCumulativeAmount'])
  if (state === undefined || channelId === undefined || owedAtomic === undefined) return undefined
  const depositAtomic = atomicOf(state['balance'])
  const signedAtomic = atomicOf(voucher['signedMaxClaimable'])
  const signature = hexOf(voucher['signature'], 130)
  return {
    channelId,
    owedAtomic,
    ...(depositAtomic === undefined ? {} : { depositAtomic }),
    ...(signedAtomic === undefined || signature === undefined ? {} : { signedAtomic, signature }),
  }
}

/** The accepted terms as the seller first wrote them: its books of our channel are no part of them. */
function withoutState(accepted: Json, extra: Json): Json {
  const { channelState: _state, voucherState: _voucher, ...rest } = extra
  return accepted['extra'] === undefined ? accepted : { ...accepted, extra: rest }
}

export function object(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= 4_096 ? value : undefined
}

/** A decimal string of at most 38 digits. */
export function atomicOf(value: unknown): bigint | undefined {
  return typeof value === 'string' && /^(0|[1-9][0-9]{0,37})$/.test(value) ? BigInt(value) : undefined
}

export function hexOf(value: unknown, digits: number): Hex | undefined {
  return typeof value === 'string' && new RegExp(`^0x[0-9a-fA-F]{${digits}}$`).test(value)
    ? (value.toLowerCase() as Hex)
    : undefined
}

function addressOf(value: unknown): Address | undefined {
  return typeof value === 'string' && /^0x[0-9a-fA-F]{40}$/.test(value) ? toAddress(value) : undefined
}

function chainOf(network: unknown): number | undefined {
  const digits = typeof network === 'string' ? /^eip155:([1-9][0-9]{0,15})$/.exec(network)?.[1] : undefined
  const chainId = Number(digits)
  return digits !== undefined && Number.isSafeInteger(chainId) ? chainId : undefined
}
