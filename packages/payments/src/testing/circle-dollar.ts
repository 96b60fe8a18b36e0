import { readFileSync } from 'node:fs'
import { type Address, type Hex, toAddress } from '@koinon/base'
import type { TransactionSender } from '@koinon/ledger'
import { encodeDeployData, parseAbi } from 'viem'

/** Creation code of contracts/test/support/CircleDollar.sol. */
const path = new URL('../../../../contracts/test/support/circle-dollar.hex', import.meta.url)

/** Deploys a dollar as Circle issues it, without ERC-5267, that gives its deployer a million; only version "2" is right. */
export async function deployCircleDollar(sender: TransactionSender, version = '2'): Promise<Address> {
  const data = encodeDeployData({
    abi: parseAbi(['constructor(uint8 decimals, string version)']),
    bytecode: readFileSync(path, 'utf8').trim() as Hex,
    args: [6, version],
  })
  const { contractAddress } = await sender.send({ data }, 'deploying a dollar')
  return toAddress(contractAddress as string)
}
