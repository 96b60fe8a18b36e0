import { BaseError, ContractFunctionRevertedError } from 'viem'

/** Name of the contract error that a call of viem failed with; undefined when it failed for another reason or with an error that its ABI does not name. */
export function revertNameOf(error: unknown): string | undefined {
  const revert = error instanceof BaseError && error.walk((cause) => cause instanceof ContractFunctionRevertedError)
  return revert instanceof ContractFunctionRevertedError ? revert.data?.errorName : undefined
}
