/** What an audit reads (specs/0019-audit.md section 1), wherever it comes from: a JSON-RPC server or a copy on disk. */
import type { Address, Hex } from '@koinon/base'
import type { ContractFunctionArgs, ContractFunctionName, ContractFunctionReturnType, GetEventArgs } from 'viem'
import {
  alphaStakingAbi,
  batchSettlementAbi,
  convictionAbi,
  delegationAbi,
  dollarAbi,
  emissionPolicyAbi,
  epochsAbi,
  identityRegistryAbi,
  jobsAbi,
  koinonTokenAbi,
  permitsAbi,
  poolEmissionAbi,
  poolsAbi,
  quorumEvaluatorAbi,
  quorumEvaluatorsAbi,
  subnetsAbi,
  subnetTermsAbi,
  weightsAbi,
  workAbi,
} from '../abis.ts'
import type { NetworkFile } from '../network-file.ts'

/** Contracts whose figures are audited, by their role in the network file. */
export const auditedAbis = {
  token: koinonTokenAbi,
  dollar: dollarAbi,
  /** Only asked who owns an agent; its events are not read. */
  identity: identityRegistryAbi,
  subnets: subnetsAbi,
  terms: subnetTermsAbi,
  pools: poolsAbi,
  delegation: delegationAbi,
  staking: alphaStakingAbi,
  permits: permitsAbi,
  conviction: convictionAbi,
  work: workAbi,
  weights: weightsAbi,
  epochs: epochsAbi,
  emission: poolEmissionAbi,
  /** Whichever policy it is. */
  policy: emissionPolicyAbi,
  channels: batchSettlementAbi,
  /** Networks of older versions have none. */
  jobs: jobsAbi,
  jobEvaluators: quorumEvaluatorsAbi,
  /** All evaluators that `jobEvaluators` put in place: which one an event is of says its argument `evaluator`. It has no views here. */
  quorum: quorumEvaluatorAbi,
} as const

export type AuditContract = keyof typeof auditedAbis
type Abis = typeof auditedAbis
type EventName<contract extends AuditContract> = Extract<Abis[contract][number], { readonly type: 'event' }>['name']
type WholeArgs = { EnableUnion: false; IndexedOnly: false; Required: true }

/** Where a log stands. `seconds` is its block's timestamp. */
type Place = {
  readonly block: number
  /** Of the log in its block. */
  readonly index: number
  readonly seconds: number
  readonly transaction: Hex
}

/** A decoded log; addresses are lower-case. */
export type AuditEvent = Place & {
  readonly contract: AuditContract
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
}

export type EventOf<contract extends AuditContract, name extends EventName<contract>> = name extends name
  ? Place & {
      readonly contract: contract
      readonly name: name
      readonly args: GetEventArgs<Abis[contract], name, WholeArgs> &
        (contract extends 'quorum' ? { readonly evaluator: Address } : unknown)
    }
  : never

type ViewName<contract extends AuditContract> = ContractFunctionName<Abis[contract], 'view' | 'pure'>
type ViewArgs<contract extends AuditContract, name extends ViewName<contract>> = ContractFunctionArgs<
  Abis[contract],
  'view' | 'pure',
  name
>

/** A figure, or why there is none. */
export type Answer<value> = { readonly value: value } | { readonly problem: string }

/** `name` and `args` of a view, not typed: how it is asked for and kept. */
export type ViewCall = {
  readonly contract: AuditContract
  readonly name: string
  readonly args: readonly unknown[]
}

export type AuditSource = {
  readonly network: NetworkFile
  /** Everything is as of the end of this block. */
  readonly head: { readonly block: number; readonly hash: Hex; readonly seconds: number }
  /** All events of the audited contracts up to the head, in ledger order. */
  readonly events: readonly AuditEvent[]
  /** A view at the head. Use `viewOf`, which is typed. */
  view(call: ViewCall): Promise<Answer<unknown>>
  /** Text that somebody publishes at a URL. */
  document(url: string): Promise<Answer<string>>
}

/** Events of one contract, in ledger order. */
export function eventsOf<contract extends AuditContract, const name extends EventName<contract>>(
  { events }: Pick<AuditSource, 'events'>,
  contract: contract,
  ...names: readonly name[]
): readonly EventOf<contract, name>[] {
  const wanted = new Set<string>(names)
  return events.filter((event) => event.contract === contract && wanted.has(event.name)) as never
}

/** Lists of events as one, in ledger order. */
export function inOrder<event extends Place>(...lists: readonly (readonly event[])[]): readonly event[] {
  return lists.flat().sort((a, b) => a.block - b.block || a.index - b.index)
}

/** What a contract says at the head. */
export function viewOf<contract extends AuditContract, const name extends ViewName<contract>>(
  source: AuditSource,
  contract: contract,
  name: name,
  args: ViewArgs<contract, name>,
): Promise<Answer<ContractFunctionReturnType<Abis[contract], 'view' | 'pure', name>>> {
  return source.view({ contract, name, args: args as readonly unknown[] }) as never
}
