import { KoinonError } from '@koinon/base'
import { BaseError, ContractFunctionRevertedError, ContractFunctionZeroDataError } from 'viem'

/** True when a read of viem failed as the contract refused it, or as none stands there; false where nobody knows what it would have said. */
export function isContractRefusal(error: unknown): boolean {
  if (!(error instanceof BaseError)) return false
  const said = error.walk(
    (cause) => cause instanceof ContractFunctionRevertedError || cause instanceof ContractFunctionZeroDataError,
  )
  return said !== null
}

/** `ledger/rpc-unreachable` (later); `what` ends "The ledger did not say ...". */
export function rpcUnreachable(what: string, cause: unknown): KoinonError {
  return new KoinonError({
    code: 'ledger/rpc-unreachable',
    message: `The ledger did not say ${what}`,
    hint: 'Check that the RPC address of the network answers, and try again.',
    retry: 'later',
    cause,
  })
}
