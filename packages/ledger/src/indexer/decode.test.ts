import { type AbiEvent, type AbiParameter, encodeAbiParameters, encodeEventTopics, type Log } from 'viem'
import { describe, expect, it } from 'vitest'
import * as abis from '../abis.ts'
import { type ContractName, parseNetworkFile } from '../network-file.ts'
import { decodeLog, indexedContracts } from './decode.ts'

const names: Readonly<Record<string, keyof typeof abis>> = {
  token: 'koinonTokenAbi',
  dollar: 'testDollarAbi',
  identity: 'identityRegistryAbi',
  reputation: 'reputationRegistryAbi',
  validation: 'validationRegistryAbi',
  subnets: 'subnetsAbi',
  terms: 'subnetTermsAbi',
  pools: 'poolsAbi',
  delegation: 'delegationAbi',
  staking: 'alphaStakingAbi',
  permits: 'permitsAbi',
  conviction: 'convictionAbi',
  work: 'workAbi',
  weights: 'weightsAbi',
  epochs: 'epochsAbi',
  emission: 'poolEmissionAbi',
  channels: 'batchSettlementAbi',
  jobs: 'jobsAbi',
}
const abiByName = new Map<string, unknown>(Object.entries(abis))
const addressOf = (index: number): `0x${string}` => `0x${String(index + 1).padStart(40, '0')}`
const contracts = Object.fromEntries(
  [...Object.keys(names), 'depositCollector', 'disputes', 'policy'].map((name, index) => [name, addressOf(index)]),
) as Record<ContractName, `0x${string}`>
const indexed = indexedContracts(
  parseNetworkFile(
    JSON.stringify({
      v: 1,
      name: 'test',
      chainId: 1,
      chainKind: 'external',
      rpcUrl: 'http://127.0.0.1:1',
      startBlock: 0,
      isTest: true,
      contracts,
    }),
  ),
)

type Typed = AbiParameter & { readonly indexed?: boolean; readonly components?: readonly AbiParameter[] }

function sample(parameter: Typed): unknown {
  if (parameter.type.endsWith('[]')) return [sample({ ...parameter, type: parameter.type.slice(0, -2) } as Typed)]
  if (parameter.type === 'tuple')
    return Object.fromEntries((parameter.components ?? []).map((item) => [item.name, sample(item as Typed)]))
  if (parameter.type === 'address') return '0xABcdEF0123456789aBcDef0123456789aBCDEF01'.toLowerCase()
  if (parameter.type === 'bool') return true
  if (parameter.type === 'string') return 'text'
  if (parameter.type === 'bytes') return '0x0102'
  const bytes = /^bytes(\d+)$/.exec(parameter.type)?.[1]
  if (bytes !== undefined) return `0x${'07'.repeat(Number(bytes))}`
  const bits = Number(/^u?int(\d*)$/.exec(parameter.type)?.[1])
  return bits <= 48 ? 7 : 7n
}

function withoutBigints(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? item.toString() : item)))
}

function logOf(address: `0x${string}`, event: AbiEvent, values: Readonly<Record<string, unknown>>) {
  const inputs = event.inputs as readonly Typed[]
  const plain = inputs.filter((input) => input.indexed !== true)
  return {
    address,
    topics: encodeEventTopics({ abi: [event], eventName: event.name, args: values } as never),
    data: encodeAbiParameters(
      plain,
      plain.map((input) => values[input.name as string]),
    ),
    blockNumber: 12n,
    logIndex: 3,
    blockHash: `0x${'aa'.repeat(32)}`,
    transactionHash: `0x${'bb'.repeat(32)}`,
  } as unknown as Log<bigint, number, false>
}

const events = Object.entries(names).flatMap(([contract, name]) =>
  (abiByName.get(name) as readonly { readonly type: string }[])
    .filter((item) => item.type === 'event')
    .map((event) => [contract, (event as AbiEvent).name, event as AbiEvent] as const),
)
const valuesOf = (event: AbiEvent): Record<string, unknown> =>
  Object.fromEntries((event.inputs as readonly Typed[]).map((input) => [input.name as string, sample(input)]))

describe('decodeLog', () => {
  it('knows the events of all eighteen contracts', () => {
    expect(new Set(events.map(([contract]) => contract)).size).toBe(18)
    expect(events.length).toBeGreaterThan(40)
  })

  it.each(events)('decodes %s.%s, lifting netuid and epoch out', (contract, name, event) => {
    const values = valuesOf(event)
    const decoded = decodeLog(logOf(contracts[contract as ContractName], event, values), indexed)
    expect(decoded).toMatchObject({ contract, name, blockNumber: 12, logIndex: 3 })
    expect(decoded?.netuid).toBe('netuid' in values ? 7 : null)
    expect(decoded?.epoch).toBe('epoch' in values ? 7 : null)
    expect(JSON.parse(JSON.stringify(decoded?.args))).toEqual(decoded?.args)
    for (const input of event.inputs as readonly Typed[]) {
      if (input.indexed === true && /^(string|bytes|tuple|.*\[\])$/.test(input.type)) continue
      expect(decoded?.args[input.name as string], input.name).toEqual(withoutBigints(values[input.name as string]))
    }
  })

  const moved = events.find(([contract, name]) => contract === 'subnets' && name === 'NeuronRegistered')
  const registered = moved?.[2] as AbiEvent

  it('replaces NUL in text, which PostgreSQL could not store', () => {
    const log = logOf(contracts.subnets, registered, { ...valuesOf(registered), endpoint: 'http://a\u0000b' })
    expect(decodeLog(log, indexed)?.args['endpoint']).toBe('http://a\uFFFDb')
  })

  it('keeps numbers no column can hold out of the columns', () => {
    const committed = events.find(([contract, , event]) =>
      contract === 'weights' ? event.inputs.some((input) => input.name === 'epoch') : false,
    )?.[2] as AbiEvent
    const values = { ...valuesOf(committed), netuid: 2 ** 32 - 1, epoch: 2n ** 64n - 1n }
    const decoded = decodeLog(logOf(contracts.weights, committed, values), indexed)
    expect(decoded).toMatchObject({ netuid: null, epoch: null })
    expect(decoded?.args['epoch']).toBe((2n ** 64n - 1n).toString())
  })

  it('passes over logs of other contracts, other events and broken data', () => {
    const values = valuesOf(registered)
    expect(decodeLog(logOf(`0x${'99'.repeat(20)}`, registered, values), indexed)).toBeUndefined()
    const log = logOf(contracts.subnets, registered, values)
    expect(decodeLog({ ...log, data: '0x01' }, indexed)).toBeUndefined()
    expect(decodeLog({ ...log, topics: [`0x${'00'.repeat(32)}`] }, indexed)).toBeUndefined()
    expect(decodeLog({ ...log, topics: [] }, indexed)).toBeUndefined()
  })
})
