/**
 * Method `evm`, intent `session` over the channels of specs/0005: actions and fields of draft-evm-session, vouchers, ids and deposits
 * of the x402 batch-settlement escrow. `methodDetails.sessionProtocol` tells the difference, so that no client signs for another escrow.
 */
import { type Address, type Hex, KoinonError } from '@koinon/base'
import { type ChannelConfig, channelIdOf } from '../../rules/channel.ts'
import { depositNonceOf } from '../../rules/exact.ts'
import type { Asset, Commitment, PaymentTerms, Resource, SignedDeposit } from '../../rules/terms.ts'
import { parseVoucher, type SignedVoucher } from '../../rules/voucher.ts'
import { asObject, encodeWireJson } from './canonical-json.ts'
import type { PaymentChallenge } from './challenge.ts'
import { addressIn, amountIn, claimedAsset, isSignature, readRequest, timeoutOf } from './charge.ts'
import { badCredential } from './credential.ts'

export const sessionProtocol = 'batch-settlement'

/** Which channels a seller takes vouchers of. */
export type SessionTerms = {
  readonly chainId: number
  readonly escrow: Address
  /** Contract that fetches EIP-3009 deposits. */
  readonly depositCollector: Address
  readonly receiver: Address
  readonly receiverAuthorizer: Address
  readonly token: Address
  /** Least delay of a withdrawal that the seller takes. */
  readonly withdrawDelaySeconds: number
  readonly suggestedDepositAtomic?: bigint
}

/** The challenge's `request`. `amount` is the most that the call, or one step of its stream, costs. */
export function sessionRequest(terms: PaymentTerms, session: SessionTerms): string {
  const { asset, resource, stepAtomic } = terms
  const { suggestedDepositAtomic } = session
  return encodeWireJson({
    amount: (stepAtomic ?? terms.maximumAtomic).toString(),
    unitType: stepAtomic === undefined ? 'request' : 'step',
    currency: asset.token,
    recipient: terms.payTo,
    ...(suggestedDepositAtomic === undefined ? {} : { suggestedDeposit: suggestedDepositAtomic.toString() }),
    ...(resource.description === undefined ? {} : { description: resource.description }),
    methodDetails: {
      chainId: terms.chainId,
      credentialTypes: ['authorization'],
      decimals: asset.decimals,
      depositCollector: session.depositCollector,
      domain: { name: asset.name, version: asset.version },
      escrowContract: session.escrow,
      feePayer: true,
      idempotencyKey: true,
      receiverAuthorizer: session.receiverAuthorizer,
      sessionProtocol,
      timeoutSeconds: terms.timeoutSeconds,
      withdrawDelay: session.withdrawDelaySeconds,
    },
  })
}

/** True when the challenge of a session is for one step of a stream. */
export function isStepChallenge(challenge: PaymentChallenge): boolean {
  return readRequest(challenge)?.json['unitType'] === 'step'
}

/** What a session asks for, for a payer to judge; undefined for another protocol's sessions. */
export function sessionOffer(
  challenge: PaymentChallenge,
  resource: Resource,
  nowMs: number,
  assetOf: (chainId: number, token: Address, claimed: Partial<Asset>) => Asset | undefined,
): { readonly terms: PaymentTerms; readonly session: SessionTerms; readonly isStepped: boolean } | undefined {
  const asked = challenge.intent === 'session' ? readRequest(challenge) : undefined
  if (asked === undefined || asked.details['sessionProtocol'] !== sessionProtocol) return undefined
  const { escrowContract, depositCollector, receiverAuthorizer, withdrawDelay } = asked.details
  const [escrow, collector, authorizer] = [escrowContract, depositCollector, receiverAuthorizer].map(addressIn)
  const asset = assetOf(asked.chainId, asked.token, claimedAsset(asked))
  if (escrow === undefined || collector === undefined || authorizer === undefined || asset === undefined)
    return undefined
  if (!Number.isSafeInteger(withdrawDelay) || (withdrawDelay as number) < 0) return undefined
  const suggestedDepositAtomic = amountIn(asked.json['suggestedDeposit'])
  return {
    isStepped: asked.json['unitType'] === 'step',
    terms: {
      resource,
      chainId: asked.chainId,
      asset,
      payTo: asked.recipient,
      maximumAtomic: asked.amountAtomic,
      backEnds: ['channel'],
      timeoutSeconds: timeoutOf(asked, challenge, nowMs),
    },
    session: {
      chainId: asked.chainId,
      escrow,
      depositCollector: collector,
      receiver: asked.recipient,
      receiverAuthorizer: authorizer,
      token: asked.token,
      withdrawDelaySeconds: withdrawDelay as number,
      ...(suggestedDepositAtomic === undefined ? {} : { suggestedDepositAtomic }),
    },
  }
}

/** The payload of a voucher: with the channel's terms, so that the server needs no memory of it, and the deposit it may need first. */
export function sessionPayload(
  commitment: Extract<Commitment, { backEnd: 'channel' }>,
  session: SessionTerms,
): Readonly<Record<string, unknown>> {
  const { config, voucher, deposit } = commitment
  return {
    action: 'voucher',
    channelId: voucher.channelId,
    cumulativeAmount: voucher.maxClaimableAtomic.toString(),
    signature: voucher.signature,
    salt: config.salt,
    payer: config.payer,
    authorizedSigner: config.payerAuthorizer,
    withdrawDelay: config.withdrawDelay,
    ...(deposit === undefined ? {} : { deposit: depositJson(config, deposit, session) }),
  }
}

function depositJson(config: ChannelConfig, deposit: SignedDeposit, session: SessionTerms) {
  const channelId = channelIdOf(config, session)
  return {
    action: deposit.salt === config.salt ? 'open' : 'topUp',
    type: 'authorization',
    salt: deposit.salt,
    authorization: {
      from: config.payer,
      to: session.depositCollector,
      value: deposit.amountAtomic.toString(),
      validAfter: deposit.validAfter.toString(),
      validBefore: deposit.validBefore.toString(),
      nonce: depositNonceOf(channelId, deposit.salt),
    },
    signature: deposit.signature,
  }
}

/** What a session credential asks for. */
export type SessionAction = {
  readonly action: 'voucher' | 'close'
  readonly commitment: Extract<Commitment, { backEnd: 'channel' }>
}

/**
 * Reads a session's payload: actions `voucher` (with `deposit` where money is missing), `open` and `topUp` (the same with the deposit's
 * fields at the top) and `close`. The channel's terms come from the payload and the seller's own, or from `configOf` where the seller
 * knows the channel. Throws `payments/mpp-bad-credential` and `payments/mpp-unsupported`.
 */
export function readSessionPayload(
  payload: Readonly<Record<string, unknown>>,
  session: SessionTerms,
  configOf: (channelId: Hex) => ChannelConfig | undefined,
): SessionAction {
  const { action } = payload
  if (action === 'topUp') throw unsupported('A deposit comes with the voucher that needs it')
  if (action !== 'open' && action !== 'voucher' && action !== 'close') throw badCredential('its action')
  const voucher = readVoucher(payload, action === 'open' ? 'voucherSignature' : 'signature')
  const config = readConfig(payload, session) ?? configOf(voucher.channelId)
  if (config === undefined) throw badCredential('it leaves out the terms of a channel that is not known here')
  if (channelIdOf(config, session) !== voucher.channelId)
    throw badCredential("its channelId is not that of the channel's terms")
  const depositPart = action === 'open' ? payload : payload['deposit']
  if (depositPart === undefined)
    return { action: action === 'close' ? 'close' : 'voucher', commitment: { backEnd: 'channel', config, voucher } }
  if (action === 'close') throw badCredential('it deposits and closes')
  const deposit = readDeposit(asObject(depositPart) ?? {}, config, session)
  return { action: 'voucher', commitment: { backEnd: 'channel', config, voucher, deposit } }
}

function readVoucher(payload: Readonly<Record<string, unknown>>, signatureField: string): SignedVoucher {
  const { channelId, cumulativeAmount } = payload
  try {
    return parseVoucher({ channelId, maxClaimableAmount: cumulativeAmount, signature: payload[signatureField] })
  } catch {
    throw badCredential('its voucher')
  }
}

/** The payer's part of the channel's terms beside the seller's; undefined when the payload leaves it out. */
function readConfig(payload: Readonly<Record<string, unknown>>, session: SessionTerms): ChannelConfig | undefined {
  const authorization = asObject(payload['authorization'])
  const payer = addressIn(payload['payer'] ?? authorization?.['from'])
  const { salt, authorizedSigner, withdrawDelay = session.withdrawDelaySeconds } = payload
  if (payer === undefined && salt === undefined) return undefined
  const payerAuthorizer = authorizedSigner === undefined ? payer : addressIn(authorizedSigner)
  if (payer === undefined || payerAuthorizer === undefined) throw badCredential('its payer')
  if (typeof salt !== 'string' || !/^0x[0-9a-fA-F]{64}$/.test(salt)) throw badCredential('its salt')
  if (!Number.isSafeInteger(withdrawDelay) || (withdrawDelay as number) < 0 || (withdrawDelay as number) >= 2 ** 40) {
    throw badCredential('its withdrawDelay')
  }
  const { receiver, receiverAuthorizer, token } = session
  const delay = withdrawDelay as number
  return {
    payer,
    payerAuthorizer,
    receiver,
    receiverAuthorizer,
    token,
    withdrawDelay: delay,
    salt: salt.toLowerCase() as Hex,
  }
}

function readDeposit(
  json: Readonly<Record<string, unknown>>,
  config: ChannelConfig,
  session: SessionTerms,
): SignedDeposit {
  const { type, signature, salt = config.salt } = json
  const authorization = asObject(json['authorization'])
  if (type !== 'authorization' || authorization === undefined)
    throw badCredential('its deposit is not an authorization')
  const [value, validAfter, validBefore] = ['value', 'validAfter', 'validBefore'].map((name) =>
    amountIn(authorization[name]),
  )
  if (value === undefined || validAfter === undefined || validBefore === undefined)
    throw badCredential('a number of its deposit')
  if (typeof signature !== 'string' || !isSignature(signature)) throw badCredential("its deposit's signature")
  if (typeof salt !== 'string' || !/^0x[0-9a-fA-F]{64}$/.test(salt)) throw badCredential("its deposit's salt")
  const depositId = salt.toLowerCase() as Hex
  const nonce = depositNonceOf(channelIdOf(config, session), depositId)
  if (String(authorization['nonce']).toLowerCase() !== nonce)
    throw badCredential("its deposit's nonce is another channel's")
  if (addressIn(authorization['from']) !== config.payer) throw badCredential("its deposit's payer")
  if (addressIn(authorization['to']) !== session.depositCollector) throw badCredential("its deposit's payee")
  return { amountAtomic: value, validAfter, validBefore, salt: depositId, signature: signature.toLowerCase() as Hex }
}

function unsupported(message: string): KoinonError {
  return new KoinonError({ code: 'payments/mpp-unsupported', message, details: { status: 400 } })
}
