/** A provider's signed offer for terms that a contract can check (specs/0024-jobs.md section 2): what a bus carries is what settles. */
import {
  type Address,
  addressWord,
  bytes32Word,
  bytesToHex,
  domainSeparator,
  type Hex,
  integerWord,
  KoinonError,
  recoverAddress,
  signDigest,
  type TypedDataDomain,
  toAddress,
  typedDigest,
  typeHash,
} from '@koinon/base'

/** The contract that settles a quote; it is the EIP-712 domain of everything that is signed about it. */
export type SettlementDomain = Required<TypedDataDomain>

/** `priceAtomic` is in base units of the token that the terms name, `deadlineSeconds` Unix time until which it may be taken. */
export type Quote = {
  readonly termsHash: Hex
  readonly provider: Address
  readonly priceAtomic: bigint
  readonly deadlineSeconds: number
  /** Taken once a provider; any number. */
  readonly nonce: bigint
}

export type SignedQuote = Quote & {
  /** 65 bytes r, s, v of the provider's key; a contract's own bytes where the provider is one. */
  readonly signature: Hex
}

const quoteType = typeHash('Quote(bytes32 termsHash,address provider,uint256 price,uint256 deadline,uint256 nonce)')

/** EIP-712 digest. Throws `base/*` on values that do not fit their type. */
export function quoteDigest(domain: SettlementDomain, quote: Quote): Uint8Array {
  return typedDigest(domainSeparator(domain), quoteType, [
    bytes32Word(quote.termsHash),
    addressWord(quote.provider),
    integerWord(quote.priceAtomic),
    integerWord(quote.deadlineSeconds),
    integerWord(quote.nonce),
  ])
}

/** Signs with the provider's secret key. */
export function signQuote(domain: SettlementDomain, quote: Quote, secretKey: Uint8Array): SignedQuote {
  return { ...quote, signature: signDigest(quoteDigest(domain, quote), secretKey) }
}

/** What was found to be signed, by the quote itself: a book and its pages look at the same ones again and again. */
const foundSigned = new WeakMap<SignedQuote, string>()

/** True when the provider's own key signed. A contract's signature (ERC-1271) is not known here: the ledger says. Never throws. */
export function verifyQuote(domain: SettlementDomain, quote: SignedQuote): boolean {
  try {
    const digest = quoteDigest(domain, quote)
    const name = `${bytesToHex(digest)} ${quote.signature}`
    if (foundSigned.get(quote) === name) return true
    const isSigned = recoverAddress(digest, quote.signature) === quote.provider
    if (isSigned) foundSigned.set(quote, name)
    return isSigned
  } catch {
    return false
  }
}

/** The quote as JSON: amounts and nonce as decimal strings. */
export function quoteToJson(quote: SignedQuote): Readonly<Record<string, unknown>> {
  const { priceAtomic, nonce, ...rest } = quote
  return { ...rest, priceAtomic: `${priceAtomic}`, nonce: `${nonce}` }
}

/** Checks shape and ranges of a quote from outside. Throws `work/bad-quote`. */
export function parseQuote(json: unknown): SignedQuote {
  const value = (typeof json === 'object' && json !== null ? json : {}) as Readonly<Record<string, unknown>>
  const isHex = (text: unknown, pattern: RegExp): boolean => typeof text === 'string' && pattern.test(text)
  if (!isHex(value.termsHash, /^0x[0-9a-f]{64}$/)) throw badQuote('termsHash')
  if (!isHex(value.provider, /^0x[0-9a-f]{40}$/)) throw badQuote('provider')
  if (!isHex(value.signature, /^0x([0-9a-f]{2}){65,1024}$/)) throw badQuote('signature')
  if (!Number.isSafeInteger(value.deadlineSeconds) || (value.deadlineSeconds as number) < 0)
    throw badQuote('deadlineSeconds')
  return {
    termsHash: value.termsHash as Hex,
    provider: toAddress(value.provider as string),
    priceAtomic: decimal(value.priceAtomic, 'priceAtomic'),
    deadlineSeconds: value.deadlineSeconds as number,
    nonce: decimal(value.nonce, 'nonce'),
    signature: value.signature as Hex,
  }
}

function decimal(text: unknown, field: string): bigint {
  if (typeof text !== 'string' || !/^(0|[1-9]\d{0,77})$/.test(text)) throw badQuote(field)
  const value = BigInt(text)
  if (value >> 256n !== 0n) throw badQuote(field)
  return value
}

function badQuote(field: string): KoinonError {
  return new KoinonError({ code: 'work/bad-quote', message: `The quote's ${field} is not as it must be` })
}
