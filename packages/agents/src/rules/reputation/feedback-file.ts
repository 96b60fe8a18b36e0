/** The file behind a feedback (ERC-8004, specs/0023 section 3): what is said, and the settled money that it rests on. */
import { type Address, bytesToHex, type Hex, KoinonError, keccak256, utf8ToBytes } from '@koinon/base'
import { bundleToJson, parseBundle, type ReceiptBundle } from '@koinon/work'
import { type AgentRef, accountNameOf, agentRegistryOf, parseAgentRegistry } from '../identity/agent-id.ts'

/** Of the file's bytes. */
export const maximumFeedbackBytes: number = 64 * 1024

/**
 * What a feedback rests on. `bundle`: the latest receipt of the channel, whose running total is the bill of all calls. `calls`: all
 * calls that are summed up, as the Merkle root of their receipts' hashes. `transaction`: a payment or a finished job on the ledger.
 */
export type FeedbackEvidence = {
  readonly bundle?: ReceiptBundle
  readonly calls?: { readonly count: number; readonly root: Hex; readonly amountPicoUsd: bigint }
  readonly transaction?: Hex
}

/** `value` * 10^-`valueDecimals` is what `tag1` measures: successRate and uptime in per cent, responseTime in milliseconds, starred 0 to 100. */
export type FeedbackFile = {
  readonly agent: AgentRef
  readonly client: Address
  readonly createdAt: string
  readonly value: bigint
  readonly valueDecimals: number
  readonly tag1: string
  readonly tag2: string
  readonly endpoint: string
  readonly evidence: FeedbackEvidence
}

/** `keccak256` of the file's bytes, as it stands on the ledger. */
export function feedbackHash(bytes: Uint8Array): Hex {
  return bytesToHex(keccak256(bytes))
}

/** The file's bytes. Throws `agents/bad-feedback-file` on what a reader would refuse. */
export function buildFeedbackFile(file: FeedbackFile): Uint8Array {
  const { agent, client, evidence } = file
  const { bundle, calls, transaction } = evidence
  const json = {
    agentRegistry: agentRegistryOf(agent),
    agentId: safeNumber(agent.agentId),
    clientAddress: accountNameOf(agent.chainId, client),
    createdAt: file.createdAt,
    value: safeNumber(file.value),
    valueDecimals: file.valueDecimals,
    tag1: file.tag1,
    tag2: file.tag2,
    endpoint: file.endpoint,
    ...(transaction === undefined
      ? {}
      : { proofOfPayment: { fromAddress: client, chainId: `${agent.chainId}`, txHash: transaction } }),
    koinon: {
      v: 1,
      ...(calls === undefined ? {} : { calls: { ...calls, amountPicoUsd: `${calls.amountPicoUsd}` } }),
      ...(bundle === undefined ? {} : { bundle: bundleToJson(bundle) }),
    },
  }
  const bytes = utf8ToBytes(JSON.stringify(json, (_, value) => (typeof value === 'bigint' ? `${value}` : value)))
  parseFeedbackFile(bytes)
  return bytes
}

/** Parses a file from outside; files of other programs have no evidence but perhaps a transaction. Throws `agents/bad-feedback-file`. */
export function parseFeedbackFile(bytes: Uint8Array): FeedbackFile {
  if (bytes.length > maximumFeedbackBytes) throw bad(`it has more than ${maximumFeedbackBytes} bytes`)
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw bad('it is not JSON in UTF-8')
  }
  const file = record(json)
  const registry = parseAgentRegistry(text(file['agentRegistry']))
  if (registry === undefined) throw bad('agentRegistry is no registry of an EVM chain')
  const { chainId, registry: client } = parseAgentRegistry(text(file['clientAddress'])) ?? {}
  if (client === undefined || chainId !== registry.chainId)
    throw bad("clientAddress is no account of the registry's chain")
  const valueDecimals = file['valueDecimals']
  if (!Number.isInteger(valueDecimals) || (valueDecimals as number) < 0 || (valueDecimals as number) > 18) {
    throw bad('valueDecimals is not 0 to 18')
  }
  return {
    agent: { ...registry, agentId: integer('agentId', file['agentId']) },
    client,
    createdAt: text(file['createdAt']),
    value: integer('value', file['value']),
    valueDecimals: valueDecimals as number,
    tag1: text(file['tag1']),
    tag2: text(file['tag2']),
    endpoint: text(file['endpoint']),
    evidence: evidenceOf(file),
  }
}

function evidenceOf(file: Readonly<Record<string, unknown>>): FeedbackEvidence {
  const proof = file['proofOfPayment'] === undefined ? {} : record(file['proofOfPayment'])
  const own = file['koinon'] === undefined ? {} : record(file['koinon'])
  const transaction = proof['txHash']
  if (transaction !== undefined && !isHash(transaction)) throw bad('proofOfPayment.txHash is not a hash')
  const { bundle, calls } = own
  return {
    ...(transaction === undefined ? {} : { transaction: transaction as Hex }),
    ...(bundle === undefined ? {} : { bundle: bundleOf(bundle) }),
    ...(calls === undefined ? {} : { calls: callsOf(record(calls)) }),
  }
}

function bundleOf(json: unknown): ReceiptBundle {
  try {
    return parseBundle(json)
  } catch (cause) {
    throw bad(`its receipt is malformed: ${(cause as Error).message}`)
  }
}

function callsOf({
  count,
  root,
  amountPicoUsd,
}: Readonly<Record<string, unknown>>): NonNullable<FeedbackEvidence['calls']> {
  if (!Number.isSafeInteger(count) || (count as number) < 1 || !isHash(root)) throw bad('calls has no count and root')
  return { count: count as number, root: root as Hex, amountPicoUsd: integer('calls.amountPicoUsd', amountPicoUsd) }
}

function safeNumber(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER)
    ? Number(value)
    : `${value}`
}

function integer(name: string, json: unknown): bigint {
  if (Number.isSafeInteger(json)) return BigInt(json as number)
  if (typeof json === 'string' && /^-?(0|[1-9]\d{0,77})$/.test(json)) return BigInt(json)
  throw bad(`${name} is not a whole number`)
}

function text(json: unknown): string {
  if (json === undefined || json === null) return ''
  if (typeof json === 'string' && json.length <= 2_048 && json.isWellFormed()) return json
  throw bad('one of its texts is none, or longer than 2,048 characters')
}

function record(json: unknown): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw bad('it or a part of it is not an object')
  return json as Record<string, unknown>
}

function isHash(json: unknown): boolean {
  return typeof json === 'string' && /^0x[0-9a-f]{64}$/.test(json)
}

function bad(problem: string): KoinonError {
  return new KoinonError({
    code: 'agents/bad-feedback-file',
    message: `The feedback's file cannot be used: ${problem}`,
  })
}
