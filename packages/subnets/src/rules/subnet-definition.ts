/**
 * A subnet as one value: what is asked, how evidence is checked and scored, how scores become weights and weights shares. It lives in
 * rules/ because a definition has no I/O of its own: whatever `verify` needs from outside comes in as ports.
 */
import { type Address, defineStruct, type Hex, type Random, sha256Hex } from '@koinon/base'
import type { Check } from '@koinon/work'
import type { ZodType } from 'zod'
import type { Aggregator } from './aggregator.ts'
import { type AggregatorName, aggregators } from './aggregators/index.ts'
import type { BeaconRandom } from './beacon-random.ts'
import { badDefinition, checkHead, requireWhole } from './definition-head.ts'
import { type MinerEvidence, type MinerScore, maximumScorePpm } from './evidence.ts'
import { type WeightPolicy, weightPolicyOf } from './subnet-file/weight-policy.ts'
import type { ListedWork } from './work-list.ts'

/** Integers and texts that the definition's functions use; part of the spec hash. */
export type DefinitionParameters = Readonly<Record<string, number | string>>

export type DrawContext = {
  readonly committedCount: number
  readonly hotkey: Address
  readonly netuid: number
  readonly epoch: number
}
export type ProbeContext = { readonly hotkey: Address; readonly netuid: number; readonly epoch: number }
export type EvidenceContext = {
  readonly netuid: number
  readonly epoch: number
  /** Evidence of all seats, the scored one among them, for scores that are relative. */
  readonly peers: readonly MinerEvidence[]
}

export type VerifyContext = {
  readonly hotkey: Address
  readonly receiptHash: Hex
  readonly source: 'sample' | 'probe'
  /** The epoch from its first second up to, not including, `endsAtSeconds`; Unix seconds, not milliseconds. */
  readonly window: { readonly startsAtSeconds: number; readonly endsAtSeconds: number }
  /** What the validator itself kept of its probe; undefined for samples. */
  readonly ownCopy: unknown
  readonly signal: AbortSignal
}

export type AuditContext = {
  readonly hotkey: Address
  readonly netuid: number
  readonly epoch: number
  /** The epoch from its first second up to, not including, `endsAtSeconds`; Unix seconds, not milliseconds. */
  readonly window: { readonly startsAtSeconds: number; readonly endsAtSeconds: number }
  /** What the audit of this miner's list of the epoch before left behind; undefined when there was none. */
  readonly memory: unknown
}

/** Looks at a whole list, page after page, so that no list has to fit into memory with all its receipts. */
export type WorkListAudit = {
  /** The next pieces in the committed order. Must not throw: they come from strangers. */
  add(page: readonly ListedWork[]): void
  /** Checks over all pieces, and JSON for the audit of the next epoch's list. Throws when the validator itself cannot check. */
  finish(signal: AbortSignal): Promise<{ readonly checks: readonly Check[]; readonly memory: unknown }>
}

/** What verifying found: named checks and the integers that scoring needs. */
export type VerifiedWork = { readonly checks: readonly Check[]; readonly facts: Readonly<Record<string, number>> }

/** `latest`: an epoch stands for itself. Moving average: new = old + (score - old) * millionths, old = 0 at first. */
export type CombinePolicy = 'latest' | { readonly movingAveragePpm: number }

export type SubnetDefinition<task, response, ports> = {
  /** 1 to 64 bytes, as registered. */
  readonly name: string
  /** Raise it with every change of behaviour. */
  readonly version: number
  readonly parameters: DefinitionParameters
  /** What a probe asks. */
  readonly task: ZodType<task>
  /** Evidence of one piece of work, as miners hand it out. */
  readonly response: ZodType<response>
  /** Most pieces of work that can count of a miner in an epoch; a longer list fails at once. 262,144 unless said. */
  readonly maximumWork?: number
  /** Looks at all that was committed, as far as that is cheap; `verify` looks closely at a few. */
  audit?(context: AuditContext, ports: ports): WorkListAudit
  /** Which of the committed pieces to check closely, as indices. Only the beacon decides. */
  sample(random: BeaconRandom, context: DrawContext): readonly number[]
  /** A question that miners cannot foresee; private randomness. */
  probe?(random: Random, context: ProbeContext): task
  verify(response: response, context: VerifyContext, ports: ports): Promise<VerifiedWork>
  /** Pure: depends on nothing but its arguments. */
  score(evidence: MinerEvidence, context: EvidenceContext): MinerScore
  readonly combine: CombinePolicy
  /** How validators' rows become shares; `aggregate` in a subnet file is another thing: a miner's scores to one. */
  readonly aggregatorName: AggregatorName
  readonly weights: WeightPolicy
}

export type Subnet<task = unknown, response = unknown, ports = unknown> = SubnetDefinition<task, response, ports> & {
  readonly aggregator: Aggregator
  /** What the spec hash is made of: texts by their SHA-256. */
  specParts(sourceHash: Hex): SpecParts
  /** Hash that the ledger must name for this definition; `sourceHash` is the SHA-256 of the file that defines it. */
  specHash(sourceHash: Hex): Hex
}

/** Fields of the spec hash; disputes show them to the ledger (specs/0015-disputes.md section 4). */
export type SpecParts = {
  readonly name: Hex
  readonly version: number
  readonly parameters: Hex
  readonly combine: Hex
  readonly weights: Hex
  readonly aggregator: Hex
  readonly source: Hex
}

const specType = defineStruct('KoinonSubnetSpec', {
  name: 'string',
  version: 'uint32',
  parameters: 'string',
  combine: 'string',
  weights: 'string',
  aggregator: 'bytes32',
  source: 'bytes32',
})

/** Checks a definition and makes it usable; nothing is created on the ledger. Throws `subnets/bad-definition` naming the field. */
export function subnetFromDefinition<task, response, ports>(
  definition: SubnetDefinition<task, response, ports>,
): Subnet<task, response, ports> {
  const { name, version, parameters, combine, aggregatorName } = definition
  checkHead({ name, version, aggregator: aggregatorName, aggregatorField: 'aggregatorName' })
  for (const [key, value] of Object.entries(parameters)) {
    if (typeof value === 'number' && !Number.isSafeInteger(value))
      throw badDefinition(`parameters.${key}`, 'must be whole')
  }
  if (combine !== 'latest') requireWhole('combine.movingAveragePpm', combine?.movingAveragePpm, 1, maximumScorePpm)
  const aggregator: Aggregator = aggregators[aggregatorName]
  const texts = {
    name,
    parameters: JSON.stringify(Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1))),
    combine: combine === 'latest' ? 'latest' : `movingAverage ${combine.movingAveragePpm}`,
    weights: weightPolicyOf(definition.weights).text,
  }
  const plain = (source: Hex) => ({ version, aggregator: aggregator.specHash, source })
  return {
    ...definition,
    aggregator,
    specHash: (sourceHash) => specType.hash({ ...texts, ...plain(sourceHash) }),
    specParts: (sourceHash) => ({
      name: sha256Hex(texts.name),
      parameters: sha256Hex(texts.parameters),
      combine: sha256Hex(texts.combine),
      weights: sha256Hex(texts.weights),
      ...plain(sourceHash),
    }),
  }
}
