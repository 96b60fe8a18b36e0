import { type Address, toAddress } from '@koinon/base'
import type { LedgerReader, TransactionSender } from '@koinon/ledger'
import { erc7710DepositCollectorAbi, erc7710DepositCollectorBytecode } from '@koinon/ledger/erc7710-deposit-collector'
import { encodeDeployData, getCreate2Address, type Hex, zeroHash } from 'viem'

const create2Deployer: Address = '0x4e59b44847b379578588920ca78fbf26c0b4956c'

/**
 * The collector of delegated deposits for an escrow and a delegation manager, at the one address that follows from both; deployed where it
 * does not stand yet, by whoever pays for the gas. It has no owner. Throws `ledger/*` as `TransactionSender.send`.
 */
export async function deployDelegationCollector(options: {
  readonly reader: LedgerReader
  readonly sender: TransactionSender
  readonly escrow: Address
  readonly manager: Address
}): Promise<Address> {
  const { reader, sender, escrow, manager } = options
  const data = encodeDeployData({
    abi: erc7710DepositCollectorAbi,
    bytecode: erc7710DepositCollectorBytecode,
    args: [escrow, manager],
  })
  const address = toAddress(getCreate2Address({ from: create2Deployer, salt: zeroHash, bytecode: data }))
  const code = await reader.getCode({ address })
  if (code === undefined || code === '0x') {
    await sender.send(
      { to: create2Deployer, data: `${zeroHash}${data.slice(2)}` as Hex },
      'deploying the collector of delegated deposits',
    )
  }
  return address
}
