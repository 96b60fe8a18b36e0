import { RpcError, rpcCodes } from './rpc-error.ts'

/**
 * Checks the block range of a log query (first parameter of `eth_getLogs` and `eth_newFilter`) against a limit and returns the
 * parameters with the range written out. A query by block hash has no range. Throws code -32005 with the limit in the message.
 */
export function limitLogRange(params: readonly unknown[], tip: bigint, maxBlocks: number): readonly unknown[] {
  const query = params[0] ?? {}
  if (typeof query !== 'object') throw invalid('a log query is an object')
  const { blockHash, fromBlock, toBlock } = query as Readonly<Record<string, unknown>>
  if (blockHash !== undefined) return [query]
  const from = blockNumber(fromBlock, tip)
  const to = blockNumber(toBlock, tip)
  if (from > to) throw invalid(`the range ${from} to ${to} runs backwards`)
  if (to - from >= BigInt(maxBlocks)) {
    throw new RpcError(rpcCodes.limitExceeded, `query exceeds max block range ${maxBlocks}`)
  }
  return [query]
}

function blockNumber(value: unknown, tip: bigint): bigint {
  if (value === undefined || value === null || value === 'latest' || value === 'pending') return tip
  if (value === 'safe' || value === 'finalized') return tip
  if (value === 'earliest') return 0n
  if (typeof value === 'string' && /^0x[0-9a-f]{1,16}$/i.test(value)) return BigInt(value)
  throw invalid('a block is a hexadecimal number or a tag')
}

function invalid(reason: string): RpcError {
  return new RpcError(rpcCodes.invalidParams, `invalid argument 0: ${reason}`)
}
