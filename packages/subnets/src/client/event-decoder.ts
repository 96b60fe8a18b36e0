/** Logs of contracts as events. Selectors are hashed once, not once a log: that is most of what reading a ledger's history costs. */
import {
  type Abi,
  type AbiEvent,
  decodeAbiParameters,
  type Log,
  type ParseEventLogsReturnType,
  toEventSelector,
} from 'viem'

/** As viem's `parseEventLogs` with `strict`, for events that index no arrays and texts; those without inputs have `{}`. */
export function createEventDecoder<const abi extends Abi>(
  abi: abi,
): (logs: readonly Log[]) => ParseEventLogsReturnType<abi, undefined, true> {
  const shapes = new Map(abi.flatMap((item) => (item.type === 'event' ? [[toEventSelector(item), shapeOf(item)]] : [])))
  return (logs) =>
    logs.flatMap((log) => {
      const shape = shapes.get(log.topics[0] ?? '0x')
      const args = shape && argsOf(shape, log)
      return args === undefined ? [] : [{ ...log, args, eventName: shape?.name }]
    }) as never
}

type Inputs = AbiEvent['inputs']
type Shape = {
  readonly name: string
  readonly inputs: Inputs
  readonly indexed: readonly Inputs[]
  readonly rest: Inputs
}

function shapeOf({ name, inputs }: AbiEvent): Shape {
  const indexed = inputs.filter((input) => input.indexed === true).map((input) => [input])
  return { name, inputs, indexed, rest: inputs.filter((input) => input.indexed !== true) }
}

/** Undefined for a log that is not of this form. */
function argsOf({ inputs, indexed, rest }: Shape, { topics, data }: Log): Record<string, unknown> | undefined {
  if (topics.length !== indexed.length + 1) return undefined
  try {
    const named = indexed.map((own, index) => decodeAbiParameters(own, topics[index + 1] as `0x${string}`)[0])
    const others: unknown[] = rest.length === 0 ? [] : [...decodeAbiParameters(rest, data)]
    const values = inputs.map((input) => [input.name as string, input.indexed ? named.shift() : others.shift()])
    return Object.fromEntries(values) as Record<string, unknown>
  } catch {
    return undefined
  }
}
