/** A test ledger whose pools are deep, with the protocol's own moves made in its name. Nothing of it is for production. */
import type { Address } from '@koinon/base'
import type { Membership } from '@koinon/ledger'
import { alphaStakingAbi, koinonTokenAbi, poolsAbi } from '@koinon/ledger/abis'
import { type Abi, encodeFunctionData } from 'viem'
import { readPool } from '../client/pools.ts'
import { startTestLedger, type TestLedger } from './test-ledger.ts'

export type PoolLedger = {
  readonly ledger: TestLedger
  /** A funded account that nobody uses yet, with that much KOIN. */
  account(koin: bigint): Promise<Membership & { readonly address: Address }>
  /** A new subnet whose pool holds that much of either side, so that one alpha costs one KOIN. */
  openSubnet(depth: bigint): Promise<number>
  mint(netuid: number, to: Address, amount: bigint): Promise<void>
  payDividends(netuid: number, hotkey: Address, amount: bigint): Promise<void>
  setRegistered(netuid: number, hotkey: Address, registered: boolean): Promise<void>
  dissolve(netuid: number): Promise<void>
}

export async function startPoolLedger(): Promise<PoolLedger> {
  const ledger = await startTestLedger()
  const { network, reader, owner } = ledger
  const { token, pools, staking, subnets, emission } = network.contracts
  const give = async (to: Address, amount: bigint): Promise<void> => {
    await owner.sender.call({ address: token, abi: koinonTokenAbi, functionName: 'transfer', args: [to, amount] })
  }
  const rpc = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const response = await fetch(network.rpcUrl, { method: 'POST', body })
    const answer = (await response.json()) as { result?: unknown; error?: { message: string } }
    if (answer.error !== undefined) throw new Error(answer.error.message)
    return answer.result
  }
  /** What only one contract of the network may do. */
  const as = async (from: Address, abi: Abi, to: Address, functionName: string, args: readonly unknown[]) => {
    await rpc('hardhat_impersonateAccount', [from])
    await rpc('hardhat_setBalance', [from, `0x${(10n ** 20n).toString(16)}`])
    const data = encodeFunctionData({ abi, functionName, args } as never)
    const hash = (await rpc('eth_sendTransaction', [{ from, to, data, gas: '0x7a1200' }])) as Address
    await rpc('hardhat_stopImpersonatingAccount', [from])
    const { status } = await reader.waitForTransactionReceipt({ hash })
    if (status !== 'success') throw new Error(`${functionName} was refused`)
  }

  return {
    ledger,
    async account(koin) {
      const { sender, address } = ledger.nextAccount()
      if (koin > 0n) await give(address, koin)
      return { network, reader, sender, address }
    },
    async openSubnet(depth) {
      const { netuid } = await ledger.createSubnet(`0x${'5c'.repeat(32)}`)
      const { pool } = await readPool({ network, reader }, netuid)
      await give(emission, depth - pool.koin)
      await as(emission, koinonTokenAbi, token, 'approve', [pools, depth])
      await as(emission, poolsAbi, pools, 'inject', [netuid, depth - pool.alpha, depth - pool.koin])
      return netuid
    },
    mint: (netuid, to, amount) => as(emission, poolsAbi, pools, 'mint', [netuid, to, amount]),
    async payDividends(netuid, hotkey, amount) {
      await as(emission, poolsAbi, pools, 'mint', [netuid, emission, amount])
      await as(emission, alphaStakingAbi, staking, 'payDividends', [netuid, hotkey, amount])
    },
    setRegistered: (netuid, hotkey, registered) =>
      as(subnets, alphaStakingAbi, staking, 'onRegistrationChanged', [netuid, hotkey, registered]),
    dissolve: (netuid) => as(subnets, poolsAbi, pools, 'dissolve', [netuid]),
  }
}
