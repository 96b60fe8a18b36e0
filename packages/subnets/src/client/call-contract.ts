/** A call that changes something; what the contract refuses is told in words. */
import { isKoinonError, KoinonError } from '@koinon/base'
import type { ContractCall, TransactionSender } from '@koinon/ledger'
import type { Abi, ContractFunctionName, TransactionReceipt } from 'viem'
import { refusals } from './refusals.ts'

/** Name of a function that changes something, and what it takes: both held to the ABI. */
export type Changing<abi extends Abi> = ContractFunctionName<abi, 'nonpayable' | 'payable'>
export type ArgsOf<abi extends Abi, name extends Changing<abi>> = ContractCall<abi, name>['args']

/** Throws as `TransactionSender.call`, and instead of `ledger/refused` a code of its own for each refusal that has words. */
export async function callContract<const abi extends Abi, name extends Changing<abi>>(
  { sender }: { readonly sender: Pick<TransactionSender, 'call'> },
  call: ContractCall<abi, name>,
): Promise<TransactionReceipt> {
  try {
    return await sender.call(call)
  } catch (error) {
    const reason = isKoinonError(error) ? String(error.details?.['reason'] ?? '') : ''
    const [name = ''] = reason.split('(')
    const words = refusals[name]
    if (words === undefined) throw error
    throw new KoinonError({ ...words, details: { reason }, cause: error })
  }
}
