/** Pools and staking of alpha on a test ledger, with the protocol's own moves made in its name. Nothing of it is for production. */
import { type Address, toAddress } from '@koinon/base'
import { koinonTokenAbi } from '@koinon/ledger/abis'
import { type Abi, encodeDeployData, encodeFunctionData } from 'viem'
import { alphaStakingAbi } from '../../../ledger/src/generated/alpha-staking.ts'
import { poolsAbi, poolsBytecode } from '../../../ledger/src/generated/pools.ts'
import type { PoolAccount } from '../client/pool-trades.ts'
import type { PoolNetwork } from '../client/pools.ts'
import { startTestLedger, type TestAccount, type TestLedger, token } from './test-ledger.ts'

export const testUnbondingSeconds = 600

export type PoolLedger = {
  readonly ledger: TestLedger
  readonly network: PoolNetwork
  /** A funded account that nobody uses yet, with that much KOIN. */
  account(koin: bigint): Promise<PoolAccount & { readonly sender: TestAccount['sender']; readonly address: Address }>
  /** A new subnet, its pool opened with that much on either side. */
  openSubnet(alpha: bigint, koin: bigint): Promise<number>
  payDividends(netuid: number, hotkey: Address, amount: bigint): Promise<void>
  mint(netuid: number, to: Address, amount: bigint): Promise<void>
  setRegistered(netuid: number, hotkey: Address, registered: boolean): Promise<void>
  dissolve(netuid: number): Promise<void>
}

export async function startPoolLedger(): Promise<PoolLedger> {
  const ledger = await startTestLedger()
  const { reader, owner } = ledger
  const { contracts } = ledger.network
  const args = [contracts.token, contracts.subnets, owner.address, owner.address, BigInt(testUnbondingSeconds), token]
  const data = encodeDeployData({ abi: poolsAbi, bytecode: poolsBytecode, args } as never)
  const receipt = await owner.sender.send({ data }, 'deploying pools')
  const pools = toAddress(receipt.contractAddress as string)
  const staking = toAddress(await reader.readContract({ address: pools, abi: poolsAbi, functionName: 'staking' }))
  const network: PoolNetwork = { ...ledger.network, contracts: { ...contracts, pools, staking } }
  const give = async (to: Address, amount: bigint): Promise<void> => {
    await owner.sender.call({
      address: contracts.token,
      abi: koinonTokenAbi,
      functionName: 'transfer',
      args: [to, amount],
    })
  }
  const asOwner = async (abi: Abi, address: Address, functionName: string, args: readonly unknown[]): Promise<void> => {
    await owner.sender.call({ address, abi, functionName, args })
  }
  const rpc = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const response = await fetch(ledger.network.rpcUrl, { method: 'POST', body })
    const answer = (await response.json()) as { result?: unknown; error?: { message: string } }
    if (answer.error !== undefined) throw new Error(answer.error.message)
    return answer.result
  }
  /** What only the registry may do. */
  const asRegistry = async (abi: Abi, to: Address, functionName: string, args: readonly unknown[]): Promise<void> => {
    const from = contracts.subnets
    await rpc('hardhat_impersonateAccount', [from])
    await rpc('hardhat_setBalance', [from, `0x${(10n ** 20n).toString(16)}`])
    const data = encodeFunctionData({ abi, functionName, args } as never)
    await rpc('eth_sendTransaction', [{ from, to, data, gas: '0x7a1200' }])
    await rpc('hardhat_stopImpersonatingAccount', [from])
  }

  return {
    ledger,
    network,
    async account(koin) {
      const { sender, address } = ledger.nextAccount()
      if (koin > 0n) await give(address, koin)
      return { network, reader, sender, address }
    },
    async openSubnet(alpha, koin) {
      const { netuid } = await ledger.createSubnet(`0x${'5c'.repeat(32)}`)
      await give(contracts.subnets, koin)
      await asRegistry(koinonTokenAbi, contracts.token, 'approve', [pools, koin])
      await asRegistry(poolsAbi, pools, 'open', [netuid, alpha, koin])
      return netuid
    },
    mint: (netuid, to, amount) => asOwner(poolsAbi, pools, 'mint', [netuid, to, amount]),
    async payDividends(netuid, hotkey, amount) {
      await asOwner(poolsAbi, pools, 'mint', [netuid, owner.address, amount])
      await asOwner(alphaStakingAbi, staking, 'payDividends', [netuid, hotkey, amount])
    },
    setRegistered: (netuid, hotkey, registered) =>
      asRegistry(alphaStakingAbi, staking, 'onRegistrationChanged', [netuid, hotkey, registered]),
    dissolve: (netuid) => asRegistry(poolsAbi, pools, 'dissolve', [netuid]),
  }
}
