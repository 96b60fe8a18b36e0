import { type Abi, decodeEventLog, type Log } from 'viem'
import * as abis from '../abis.ts'
import type { ContractName, NetworkFile } from '../network-file.ts'

/** A decoded event, ready for its row. */
export type DecodedEvent = {
  readonly blockNumber: number
  readonly logIndex: number
  readonly blockHash: string
  readonly transactionHash: string
  readonly contract: ContractName
  readonly name: string
  readonly netuid: number | null
  readonly epoch: number | null
  readonly args: Readonly<Record<string, unknown>>
}

/** What a PostgreSQL `integer` holds. */
const maximumNetuid = 2 ** 31 - 1

const abiOfContract: Partial<Record<ContractName, Abi>> = {
  token: abis.koinonTokenAbi,
  dollar: abis.testDollarAbi,
  identity: abis.identityRegistryAbi,
  reputation: abis.reputationRegistryAbi,
  validation: abis.validationRegistryAbi,
  subnets: abis.subnetsAbi,
  terms: abis.subnetTermsAbi,
  pools: abis.poolsAbi,
  delegation: abis.delegationAbi,
  staking: abis.alphaStakingAbi,
  permits: abis.permitsAbi,
  conviction: abis.convictionAbi,
  work: abis.workAbi,
  weights: abis.weightsAbi,
  epochs: abis.epochsAbi,
  emission: abis.poolEmissionAbi,
  channels: abis.batchSettlementAbi,
  jobs: abis.jobsAbi,
}

/** Of a contract whose events are indexed; none of any other. */
export function abiOf(contract: ContractName): Abi {
  return abiOfContract[contract] ?? []
}

/** Contracts whose events are indexed, by lower-case address. */
export function indexedContracts(network: NetworkFile): ReadonlyMap<string, ContractName> {
  const names = Object.keys(abiOfContract) as ContractName[]
  return new Map(
    names.flatMap((name) => {
      const address = network.contracts[name]
      return address === undefined ? [] : [[address, name] as const]
    }),
  )
}

/** Decodes a log of one of our contracts; undefined when the address or the event is not ours. */
export function decodeLog(
  log: Log<bigint, number, false>,
  contracts: ReadonlyMap<string, ContractName>,
): DecodedEvent | undefined {
  const contract = contracts.get(log.address.toLowerCase())
  const abi = contract === undefined ? undefined : abiOfContract[contract]
  if (contract === undefined || abi === undefined) return undefined
  try {
    const decoded = decodeEventLog({ abi, data: log.data, topics: log.topics })
    const args = toJson(decoded.args ?? {}) as Record<string, unknown>
    return {
      blockNumber: Number(log.blockNumber),
      logIndex: log.logIndex,
      blockHash: log.blockHash,
      transactionHash: log.transactionHash,
      contract,
      name: String(decoded.eventName),
      netuid: columnOf(args['netuid'], maximumNetuid),
      epoch: columnOf(args['epoch'], Number.MAX_SAFE_INTEGER),
      args,
    }
  } catch {
    return undefined
  }
}

/** A number a column can hold; null for what is absent or larger, so that no event can stop the index. */
function columnOf(value: unknown, maximum: number): number | null {
  const number = typeof value === 'number' || typeof value === 'string' ? Number(value) : -1
  return Number.isInteger(number) && number >= 0 && number <= maximum ? number : null
}

/** PostgreSQL cannot store the character NUL, which anybody can put into a name or an endpoint. */
function toJson(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'string') {
    return /^0x[0-9a-fA-F]{40}$/.test(value) ? value.toLowerCase() : value.replaceAll('\u0000', '\uFFFD')
  }
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]))
  }
  return value
}
