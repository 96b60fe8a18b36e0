import { epochsAbi, permitsAbi, subnetsAbi, weightsAbi, workAbi } from '@koinon/ledger/abis'
import {
  type AbiEvent,
  type AbiParameter,
  encodeAbiParameters,
  encodeEventTopics,
  type Log,
  parseEventLogs,
} from 'viem'
import { describe, expect, it } from 'vitest'
import { createEventDecoder } from './event-decoder.ts'

const abi = [...subnetsAbi, ...permitsAbi, ...workAbi, ...weightsAbi, ...epochsAbi].filter(
  (item): item is Extract<typeof item, { readonly type: 'event' }> => item.type === 'event' && item.inputs.length > 0,
)
const address = '0xAb5801a7D398351b8bE11C439e05C5B3259aeC9B'

/** Some value of a type, another one for each `seed`. */
function valueOf({ type, ...rest }: AbiParameter, seed: number): unknown {
  const list = /^(.*)\[(\d*)\]$/.exec(type)
  if (list !== null) {
    const item = { ...rest, type: list[1] } as AbiParameter
    return Array.from({ length: Number(list[2] || 2) }, (_, index) => valueOf(item, seed + index))
  }
  if (type === 'tuple') {
    const { components } = rest as unknown as { readonly components: readonly AbiParameter[] }
    return Object.fromEntries(components.map((one, index) => [one.name, valueOf(one, seed + index)]))
  }
  if (type === 'address') return address
  if (type === 'bool') return seed % 2 === 0
  if (type === 'string') return `text ${seed}`
  if (type === 'bytes') return `0x${'ab'.repeat(seed)}`
  if (type.startsWith('bytes')) return `0x${'cd'.repeat(Number(type.slice(5)))}`
  return Number(/\d+/.exec(type)?.[0] ?? 256) <= 48 ? seed : BigInt(seed)
}

function logOf(event: AbiEvent, seed: number): Log {
  const args = Object.fromEntries(event.inputs.map((input, index) => [input.name, valueOf(input, seed + index)]))
  const rest = event.inputs.filter(({ indexed }) => indexed !== true)
  const data = encodeAbiParameters(
    rest,
    rest.map(({ name }) => args[name as string]),
  )
  const topics = encodeEventTopics({ abi: [event], eventName: event.name, args } as never)
  return { address, blockNumber: BigInt(seed), logIndex: seed, topics, data } as unknown as Log
}

describe('createEventDecoder', () => {
  const decode = createEventDecoder(abi)
  const logs = abi.map((event, index) => logOf(event, index + 1))

  it('gives what viem gives, of every event of the subnets', () => {
    expect(logs.length).toBeGreaterThan(20)
    const events = decode(logs)
    expect(events).toHaveLength(logs.length)
    expect(events).toEqual(parseEventLogs({ abi, logs, strict: true }))
  })

  it('leaves out events of others and logs that are not of their form', () => {
    const [first, second] = logs as [Log, Log]
    const foreign = { ...first, topics: [`0x${'77'.repeat(32)}`] } as Log
    const bare = { ...first, topics: first.topics.slice(0, 1) } as Log
    const short = { ...second, topics: [...second.topics, `0x${'00'.repeat(32)}`] } as unknown as Log
    expect(decode([foreign, bare, short, { ...first, topics: [] }])).toEqual([])
    expect(decode([])).toEqual([])
  })
})
