/** What a client asks quotes for (specs/0024-jobs.md section 3). One form for all that is bought by quote. */
import {
  type Address,
  addressWord,
  bytes32Word,
  domainSeparator,
  type Hex,
  integerWord,
  KoinonError,
  recoverAddress,
  signDigest,
  textWord,
  toAddress,
  typedDigest,
  typeHash,
} from '@koinon/base'
import type { SettlementDomain } from './quote.ts'

/** `ceilingAtomic` is in base units of the token that the terms name; at `deadlineSeconds` (Unix) the request is over. */
export type QuoteRequest = {
  /** What is bought: `job`, and others to come. It says how `terms` are read and hashed. */
  readonly kind: string
  readonly settlement: SettlementDomain
  readonly client: Address
  readonly termsHash: Hex
  /** JSON text, as it is signed. */
  readonly terms: string
  readonly ceilingAtomic: bigint
  readonly deadlineSeconds: number
}

export type SignedQuoteRequest = QuoteRequest & { readonly signature: Hex }

export const maximumTermsBytes = 8_192
const requestType = typeHash(
  'QuoteRequest(string kind,bytes32 termsHash,bytes32 terms,uint256 ceiling,uint256 deadline,address client)',
)

/** EIP-712 digest under the settlement's domain. */
export function quoteRequestDigest(request: QuoteRequest): Uint8Array {
  return typedDigest(domainSeparator(request.settlement), requestType, [
    textWord(request.kind),
    bytes32Word(request.termsHash),
    textWord(request.terms),
    integerWord(request.ceilingAtomic),
    integerWord(request.deadlineSeconds),
    addressWord(request.client),
  ])
}

export function signQuoteRequest(request: QuoteRequest, secretKey: Uint8Array): SignedQuoteRequest {
  return { ...request, signature: signDigest(quoteRequestDigest(request), secretKey) }
}

/** True when the client's own key signed. Never throws. */
export function verifyQuoteRequest(request: SignedQuoteRequest): boolean {
  try {
    return recoverAddress(quoteRequestDigest(request), request.signature) === request.client
  } catch {
    return false
  }
}

export function quoteRequestToJson(request: SignedQuoteRequest): Readonly<Record<string, unknown>> {
  return { ...request, ceilingAtomic: `${request.ceilingAtomic}` }
}

/** Checks shape and ranges of a request from outside. Throws `work/bad-quote-request`. */
export function parseQuoteRequest(json: unknown): SignedQuoteRequest {
  const value = recordOf(json)
  const settlement = recordOf(value.settlement)
  const text = (name: string, from: Readonly<Record<string, unknown>>, pattern: RegExp): string => {
    const found = from[name]
    if (typeof found !== 'string' || !pattern.test(found)) throw badRequest(name)
    return found
  }
  const integer = (name: string, from: Readonly<Record<string, unknown>>): number => {
    const found = from[name]
    if (!Number.isSafeInteger(found) || (found as number) < 0) throw badRequest(name)
    return found as number
  }
  const terms = value.terms
  if (typeof terms !== 'string' || new TextEncoder().encode(terms).length > maximumTermsBytes) throw badRequest('terms')
  const ceilingAtomic = BigInt(text('ceilingAtomic', value, /^(0|[1-9]\d{0,77})$/))
  if (ceilingAtomic >> 256n !== 0n) throw badRequest('ceilingAtomic')
  return {
    kind: text('kind', value, /^[a-z][a-z0-9-]{0,31}$/),
    settlement: {
      name: text('name', settlement, /^.{1,64}$/),
      version: text('version', settlement, /^.{1,16}$/),
      chainId: integer('chainId', settlement),
      verifyingContract: toAddress(text('verifyingContract', settlement, /^0x[0-9a-f]{40}$/)),
    },
    client: toAddress(text('client', value, /^0x[0-9a-f]{40}$/)),
    termsHash: text('termsHash', value, /^0x[0-9a-f]{64}$/) as Hex,
    terms,
    ceilingAtomic,
    deadlineSeconds: integer('deadlineSeconds', value),
    signature: text('signature', value, /^0x[0-9a-f]{130}$/) as Hex,
  }
}

function recordOf(json: unknown): Readonly<Record<string, unknown>> {
  return (typeof json === 'object' && json !== null ? json : {}) as Readonly<Record<string, unknown>>
}

function badRequest(field: string): KoinonError {
  return new KoinonError({
    code: 'work/bad-quote-request',
    message: `The ${field} of the request for quotes is not as it must be`,
  })
}
