import type { Address } from '@koinon/base'
import type { LedgerReader, TransactionSender } from '@koinon/ledger'
import { erc7710DepositCollectorAbi, erc7710DepositCollectorBytecode } from '@koinon/ledger/erc7710-deposit-collector'
import { encodeDeployData } from 'viem'
import { deployOnce } from './create2.ts'

/**
 * The collector of delegated deposits for an escrow and a delegation manager, at the one address that follows from both; deployed where it
 * does not stand yet, by whoever pays for the gas. It has no owner. Throws as `deployOnce`.
 */
export function deployDelegationCollector(options: {
  readonly reader: LedgerReader
  readonly sender: TransactionSender
  readonly escrow: Address
  readonly manager: Address
}): Promise<Address> {
  const { reader, sender, escrow, manager } = options
  const creationCode = encodeDeployData({
    abi: erc7710DepositCollectorAbi,
    bytecode: erc7710DepositCollectorBytecode,
    args: [escrow, manager],
  })
  return deployOnce(reader, sender, creationCode, 'deploying the collector of delegated deposits')
}
