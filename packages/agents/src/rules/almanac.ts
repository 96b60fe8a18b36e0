/** Records by which agents tell where they are and what they sell, for a while (specs/0026-agents.md section 6). */
import {
  type Address,
  defineStruct,
  type Hex,
  hexToBytes,
  isKoinonError,
  KoinonError,
  recoverAddress,
  sha256Hex,
  signDigest,
  toAddress,
  utf8ToBytes,
} from '@koinon/base'
import { visibleText } from './untrusted.ts'

/** What an account signs. `contentHash` is the SHA-256 of the content's bytes. */
export const agentRecordType = defineStruct('KoinonAgentRecord', {
  chainId: 'uint53',
  account: 'address',
  contentHash: 'bytes32',
  issuedAtMs: 'uint53',
  expiresAtMs: 'uint53',
})

/** A record as it travels: `content` is JSON as text, so that its bytes are what was signed. */
export type SignedAgentRecord = {
  readonly chainId: number
  readonly account: Address
  readonly content: string
  readonly issuedAtMs: number
  readonly expiresAtMs: number
  readonly signature: Hex
}

export type AgentEndpoint = {
  readonly protocol: 'a2a' | 'mcp' | 'http'
  readonly url: string
  /** SHA-256 of what the endpoint says of itself: the card, the list of tools, the OpenAPI document. */
  readonly digest: Hex
}

/** Amounts in pico-dollars (1e-12 dollar) as decimal text. */
export type ListedService = { readonly name: string; readonly description: string; readonly pricePicoUsd: string }

export type AgentContent = {
  readonly name: string
  readonly description: string
  readonly endpoints: readonly AgentEndpoint[]
  readonly services: readonly ListedService[]
}

/** Longest life of a record, and how far ahead of the book's clock it may be issued. */
export const recordLifetimeMs = 3_600_000
const clockSkewMs = 60_000
export const recordContentBytes = 8_192
const mostEndpoints = 8
const mostServices = 32

/** Signs what an agent says of itself until `expiresAtMs`. */
export function signAgentRecord(
  secretKey: Uint8Array,
  record: Omit<SignedAgentRecord, 'content' | 'signature'> & { readonly content: AgentContent },
): SignedAgentRecord {
  const { chainId, account, issuedAtMs, expiresAtMs } = record
  const content = JSON.stringify(record.content)
  return {
    chainId,
    account,
    content,
    issuedAtMs,
    expiresAtMs,
    signature: signDigest(digestOf({ ...record, content }), secretKey),
  }
}

/**
 * Reads and checks a record of anybody. Throws `almanac/malformed`, `almanac/other-network`, `almanac/expired`, `almanac/forged`. What the
 * content says is the account's word: nobody has looked at the endpoints.
 */
export function readAgentRecord(
  json: unknown,
  expected: { readonly chainId: number; readonly nowMs: number },
): { readonly record: SignedAgentRecord; readonly content: AgentContent } {
  const record = parseRecord(json)
  const { chainId, issuedAtMs, expiresAtMs, account, signature } = record
  if (chainId !== expected.chainId) throw refusal('almanac/other-network', 'The record is of another network')
  const isTimely =
    expiresAtMs > expected.nowMs &&
    issuedAtMs <= expected.nowMs + clockSkewMs &&
    expiresAtMs - issuedAtMs <= recordLifetimeMs &&
    expiresAtMs > issuedAtMs
  if (!isTimely)
    throw refusal('almanac/expired', 'The record has expired, is issued ahead of time or lives longer than an hour')
  const content = parseContent(record.content)
  if (signerOf(record, signature) !== account) throw refusal('almanac/forged', 'Another account signed the record')
  return { record, content }
}

function digestOf({
  chainId,
  account,
  content,
  issuedAtMs,
  expiresAtMs,
}: Omit<SignedAgentRecord, 'signature'>): Uint8Array {
  const contentHash = sha256Hex(utf8ToBytes(content))
  return hexToBytes(agentRecordType.hash({ chainId, account, contentHash, issuedAtMs, expiresAtMs }))
}

function signerOf(record: SignedAgentRecord, signature: Hex): Address | undefined {
  try {
    return recoverAddress(digestOf(record), signature)
  } catch (error) {
    if (isKoinonError(error)) return undefined
    throw error
  }
}

function parseRecord(json: unknown): SignedAgentRecord {
  const { chainId, account, content, issuedAtMs, expiresAtMs, signature } = (json ?? {}) as Record<string, unknown>
  const isWhole =
    [chainId, issuedAtMs, expiresAtMs].every((value) => Number.isSafeInteger(value) && (value as number) >= 0) &&
    typeof account === 'string' &&
    typeof content === 'string' &&
    typeof signature === 'string' &&
    /^0x[0-9a-f]{130}$/i.test(signature)
  if (!isWhole || utf8ToBytes(content as string).length > recordContentBytes)
    throw refusal(
      'almanac/malformed',
      `A record has chainId, account, content of up to ${recordContentBytes} bytes, issuedAtMs, expiresAtMs and signature`,
    )
  return {
    chainId: chainId as number,
    account: toAddress(account as string),
    content: content as string,
    issuedAtMs: issuedAtMs as number,
    expiresAtMs: expiresAtMs as number,
    signature: signature as Hex,
  }
}

function parseContent(text: string): AgentContent {
  let json: Partial<Record<keyof AgentContent, unknown>>
  try {
    json = JSON.parse(text) as typeof json
  } catch {
    throw refusal('almanac/malformed', 'The content is no JSON')
  }
  const list = (value: unknown, most: number): readonly Record<string, unknown>[] =>
    Array.isArray(value) && value.length <= most
      ? (value as Record<string, unknown>[])
      : refuse('A list is missing or too long')
  return {
    name: words(json?.name, 100),
    description: words(json?.description, 1_000),
    endpoints: list(json?.endpoints, mostEndpoints).map((endpoint) => ({
      protocol: protocolOf(endpoint?.['protocol']),
      url: urlOf(endpoint?.['url']),
      digest: matching(endpoint?.['digest'], /^0x[0-9a-f]{64}$/) as Hex,
    })),
    services: list(json?.services, mostServices).map((service) => ({
      name: words(service?.['name'], 100),
      description: words(service?.['description'], 500),
      pricePicoUsd: matching(service?.['pricePicoUsd'], /^\d{1,30}$/),
    })),
  }
}

function words(value: unknown, most: number): string {
  return typeof value === 'string' && value.length <= most
    ? visibleText(value)
    : refuse('A text is missing or too long')
}

function matching(value: unknown, pattern: RegExp): string {
  return typeof value === 'string' && pattern.test(value) ? value : refuse('A digest or price is malformed')
}

function protocolOf(value: unknown): AgentEndpoint['protocol'] {
  return value === 'a2a' || value === 'mcp' || value === 'http' ? value : refuse('A protocol is none of a2a, mcp, http')
}

function urlOf(value: unknown): string {
  const url = typeof value === 'string' && value.length <= 500 && URL.canParse(value) ? new URL(value) : undefined
  const isFine = url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
  return isFine ? url.href : refuse('An endpoint is no http URL')
}

function refuse(message: string): never {
  throw refusal('almanac/malformed', message)
}

function refusal(code: string, message: string): KoinonError {
  return new KoinonError({ code, message, details: { status: 400 } })
}
