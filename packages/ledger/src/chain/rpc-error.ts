import { isKoinonError } from '@koinon/base'
import { EngineRpcError } from './evm-engine.ts'

/** The error member of a JSON-RPC answer. */
export type JsonRpcErrorBody = { readonly code: number; readonly message: string; readonly data?: unknown }

/** An error that a client may see as it is: JSON-RPC code (EIP-1474 and geth's habits), message, data. */
export class RpcError extends Error {
  readonly code: number
  readonly data: unknown

  constructor(code: number, message: string, data?: unknown) {
    super(message)
    this.name = 'RpcError'
    this.code = code
    this.data = data
  }
}

/** JSON-RPC codes used here; -32003 and -32005 are those of EIP-1474. */
export const rpcCodes = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  transaction: -32000,
  resourceUnavailable: -32002,
  limitExceeded: -32005,
  reverted: 3,
} as const

/**
 * Engine wordings of a refused transaction and geth's wording of the same reason, which viem and ethers recognise.
 * The engine's own sentence follows in brackets because it carries the figures.
 */
const transactionReasons: readonly (readonly [RegExp, string])[] = [
  [/enough funds|insufficient funds/i, 'insufficient funds for gas * price + value'],
  [/nonce too low/i, 'nonce too low'],
  [/nonce too high/i, 'nonce too high'],
  [/already (known|imported)|known transaction/i, 'already known'],
  [/exceeds block gas limit|block gas limit/i, 'intrinsic gas too high: exceeds block gas limit'],
  [/requires at least \d+ gas|intrinsic gas/i, 'intrinsic gas too low'],
  [/base fee|basefee/i, 'max fee per gas less than block base fee'],
  [/chain ?id/i, 'invalid chain id for signer'],
  [/signature|sender/i, 'invalid sender'],
  [/underpriced/i, 'transaction underpriced'],
]

/** Error for a client from a refusal of the engine to take or mine a transaction. */
export function transactionError(error: unknown): RpcError {
  if (error instanceof RpcError) return error
  if (!(error instanceof EngineRpcError)) return toRpcError(error)
  const reason = transactionReasons.find(([pattern]) => pattern.test(error.message))?.[1]
  return new RpcError(
    rpcCodes.transaction,
    reason === undefined ? error.message : reason === error.message ? reason : `${reason} (${error.message})`,
  )
}

/** Error for a client from anything thrown. Unknown failures say no more than that, so that no path or secret leaks. */
export function toRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error
  if (error instanceof EngineRpcError) return fromEngine(error)
  if (isKoinonError(error)) {
    return new RpcError(rpcCodes.resourceUnavailable, publicSentences[error.code] ?? 'the chain cannot do this now', {
      code: error.code,
      retry: error.retry,
    })
  }
  return new RpcError(rpcCodes.internal, 'internal error')
}

const publicSentences: Readonly<Record<string, string>> = {
  'chain/disk-full': 'the chain is read-only: the disk of its journal is full',
  'chain/journal-write-failed': 'the chain is read-only: its journal cannot be written',
  'chain/stopping': 'the chain is stopping',
  'chain/engine-died': 'the engine of the chain failed; the chain has to be started again',
  'chain/engine-stopped': 'the chain is not running',
}

const revertPattern = /revert/i
const errorStringSelector = '0x08c379a0'

function fromEngine(error: EngineRpcError): RpcError {
  const data = revertData(error.data)
  if (data !== undefined && (error.code === rpcCodes.reverted || revertPattern.test(error.message))) {
    const reason = revertReason(data)
    return new RpcError(
      rpcCodes.reverted,
      reason === undefined ? 'execution reverted' : `execution reverted: ${reason}`,
      data,
    )
  }
  if (error.code === -32004 || error.code === rpcCodes.methodNotFound) {
    return new RpcError(rpcCodes.methodNotFound, 'the method does not exist on this chain')
  }
  const reason = transactionReasons.slice(0, 1).find(([pattern]) => pattern.test(error.message))?.[1]
  return new RpcError(error.code, reason ?? error.message.slice(0, 500))
}

/** Engines give the revert bytes as a hex string or inside an object's `data`. */
function revertData(data: unknown): string | undefined {
  if (typeof data === 'string' && /^0x[0-9a-f]*$/i.test(data)) return data
  if (typeof data !== 'object' || data === null) return undefined
  return revertData((data as { readonly data?: unknown }).data)
}

/** The text of a Solidity `Error(string)`. */
function revertReason(data: string): string | undefined {
  if (!data.startsWith(errorStringSelector)) return undefined
  const bytes = Buffer.from(data.slice(10), 'hex')
  if (bytes.length < 64) return undefined
  const length = Number(bytes.readBigUInt64BE(56))
  return length > bytes.length - 64 ? undefined : bytes.subarray(64, 64 + length).toString()
}
