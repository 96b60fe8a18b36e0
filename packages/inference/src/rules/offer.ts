/** What a provider sells, signed by its session key (specs/0008-http.md section 3, `GET /v1/offer`). */
import {
  defineStruct,
  type Hex,
  hexToBytes,
  KoinonError,
  merkleRoot,
  type SessionSigner,
  type StructValue,
  type VerifySession,
} from '@koinon/base'
import { parseDelegation, type SignedDelegation, verifyDelegation } from '@koinon/work'

/**
 * One model of an offer. `rung` is the highest rung its receipts can reach; `parameters` 0 when the engine does not say. The
 * `claimed...` fields are what the provider says it measured itself, 0 when it says nothing: nobody has checked them.
 */
export const modelOfferType = defineStruct('InferenceModelOffer', {
  model: 'string',
  modelManifest: 'bytes32',
  determinismClass: 'bytes32',
  quantisation: 'string',
  parameters: 'uint53',
  contextLength: 'uint53',
  rung: 'uint8',
  promptPricePicoUsdPerToken: 'uint128',
  outputPricePicoUsdPerToken: 'uint128',
  /** Tokens a second: reading one prompt, and writing all answers together when every place is taken. */
  claimedPromptTokensPerSecond: 'uint53',
  claimedOutputTokensPerSecond: 'uint53',
})

export type ModelOffer = StructValue<typeof modelOfferType.fields>

/**
 * The terms. `modelsRoot` is the Merkle root of the model offers' hashes in order; the first model answers to `default`.
 * `token` is the dollar token, `minimumWithdrawDelaySeconds` the shortest withdrawal delay of a channel the provider accepts,
 * `creditLimitAtomic` how much it lets a payer owe without a voucher, `capacity` how many answers it works on at once,
 * `queue` how many more may wait for a place.
 */
export const offerType = defineStruct('InferenceOffer', {
  version: 'uint16',
  chainId: 'uint53',
  payee: 'address',
  sessionKey: 'bytes32',
  token: 'address',
  minimumWithdrawDelaySeconds: 'uint53',
  creditLimitAtomic: 'uint128',
  capacity: 'uint32',
  queue: 'uint32',
  modelsRoot: 'bytes32',
  issuedAtMs: 'uint53',
  validUntilMs: 'uint53',
})

export type Offer = StructValue<typeof offerType.fields>

export type SignedOffer = {
  readonly offer: Offer
  readonly models: readonly ModelOffer[]
  readonly signature: Hex
  readonly delegation: SignedDelegation
}

export const offerVersion = 2
export const maximumOfferedModels = 64

/** Signs an offer; `modelsRoot`, `payee`, `chainId` and `sessionKey` follow from the other arguments. */
export function signOffer(
  terms: Omit<Offer, 'version' | 'modelsRoot' | 'payee' | 'chainId' | 'sessionKey'>,
  models: readonly ModelOffer[],
  session: { readonly signer: SessionSigner; readonly delegation: SignedDelegation },
): SignedOffer {
  const { signer, delegation } = session
  const offer: Offer = {
    ...terms,
    version: offerVersion,
    chainId: delegation.chainId,
    payee: delegation.signer,
    sessionKey: signer.publicKey,
    modelsRoot: rootOfModels(models),
  }
  return { offer, models, signature: signer.sign(hexToBytes(offerType.hash(offer))), delegation }
}

export function offerToJson(signed: SignedOffer): Record<string, unknown> {
  return { ...signed, offer: offerType.toJson(signed.offer), models: signed.models.map(modelOfferType.toJson) }
}

/** Checks shape, root, signature, delegation and time of an offer from outside. Throws `inference/bad-offer`. */
export function verifyOffer(
  json: unknown,
  expected: {
    readonly chainId: number
    /** The account the caller believes to talk to; undefined when it does not know yet. */
    readonly payee: Hex | undefined
    readonly nowMs: number
    readonly verifySession: VerifySession
  },
): SignedOffer {
  const signed = parseOffer(json)
  const { offer, models, delegation } = signed
  if (offer.version !== offerVersion) throw badOffer(`its version is ${offer.version}, known is ${offerVersion}`)
  if (offer.chainId !== expected.chainId)
    throw badOffer(`it is for chain ${offer.chainId}, ours is ${expected.chainId}`)
  if (expected.payee !== undefined && offer.payee !== expected.payee) {
    throw badOffer(`it comes from ${offer.payee}, expected was ${expected.payee}`)
  }
  if (offer.validUntilMs <= expected.nowMs) throw badOffer('it has expired')
  if (rootOfModels(models) !== offer.modelsRoot) throw badOffer('its models are not the signed ones')
  if (
    delegation.signer !== offer.payee ||
    delegation.sessionKey !== offer.sessionKey ||
    delegation.chainId !== offer.chainId ||
    !verifyDelegation(delegation, expected.nowMs) ||
    !expected.verifySession(offer.sessionKey, hexToBytes(offerType.hash(offer)), signed.signature)
  ) {
    throw badOffer('its signature or delegation does not hold')
  }
  return signed
}

function parseOffer(json: unknown): SignedOffer {
  try {
    const value = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>
    const signature = String(value['signature'])
    if (!/^0x[0-9a-f]{128}$/.test(signature)) throw new Error('its signature is not 64 bytes of lower-case hex')
    const models = value['models']
    if (!Array.isArray(models) || models.length === 0 || models.length > maximumOfferedModels) {
      throw new Error(`it does not hold 1 to ${maximumOfferedModels} models`)
    }
    return {
      offer: offerType.fromJson(value['offer']),
      models: models.map((model) => modelOfferType.fromJson(model)),
      signature: signature as Hex,
      delegation: parseDelegation(value['delegation']),
    }
  } catch (cause) {
    throw badOffer((cause as Error).message)
  }
}

function rootOfModels(models: readonly ModelOffer[]): Hex {
  return merkleRoot(models.map((model) => modelOfferType.hash(model)))
}

function badOffer(problem: string): KoinonError {
  return new KoinonError({
    code: 'inference/bad-offer',
    message: `The provider's offer is not valid: ${problem}`,
    retry: 'later',
  })
}
