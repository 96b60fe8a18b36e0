/** A dollar as Circle issues it, on a chain under test: EIP-3009 without ERC-5267. */
import { readFileSync } from 'node:fs'
import { type Address, type Hex, toAddress } from '@koinon/base'
import { encodeDeployData, parseAbi } from 'viem'
import type { TransactionSender } from '../sender.ts'

/** Creation code of contracts/test/support/CircleDollar.sol. */
const bytecode = readFileSync(
  new URL('../../../../contracts/test/support/circle-dollar.hex', import.meta.url),
  'utf8',
).trim() as Hex

/** Deploys one that gives its deployer a million; what is not as with Circle's own can be set. */
export async function deployCircleDollar(
  sender: TransactionSender,
  { decimals = 6, version = '2' }: { readonly decimals?: number; readonly version?: string } = {},
): Promise<Address> {
  const data = encodeDeployData({
    abi: parseAbi(['constructor(uint8 decimals, string version)']),
    bytecode,
    args: [decimals, version],
  })
  const { contractAddress } = await sender.send({ data }, 'deploying a dollar')
  return toAddress(contractAddress as string)
}
