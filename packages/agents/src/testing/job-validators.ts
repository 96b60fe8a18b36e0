/** A subnet whose validators judge jobs, for tests on the real chain. */
import { createSubnet, joinSubnet } from '@koinon/ledger'
import { alphaStakingAbi, koinonTokenAbi, permitsAbi } from '@koinon/ledger/abis'
import type { JobNetwork, TestAccount } from './job-network.ts'

const ether = 10n ** 18n

/** How long a verdict can be disputed. */
export const judgementWindowSeconds = 10

/** Its netuid. */
export function createJudges(net: JobNetwork): Promise<number> {
  return createSubnet(net.founder, subnetParameters(), ether)
}

/** A validator with a permit and so much KOIN on the root, which weighs as much alpha; 1,000 at least. */
export async function joinJudges(net: JobNetwork, netuid: number, name: string, koin = 1_000n): Promise<TestAccount> {
  const account = await net.fund(name, 0n)
  const { permits, staking, token } = net.network.contracts
  const coin = { address: token, abi: koinonTokenAbi } as const
  await net.founder.sender.call({ ...coin, functionName: 'transfer', args: [account.address, (koin + 100n) * ether] })
  await joinSubnet(account, netuid, 'https://judge.example')
  const stake = koin * ether
  await account.sender.call({ ...coin, functionName: 'approve', args: [staking, stake] })
  const on = { address: staking, abi: alphaStakingAbi } as const
  await account.sender.call({ ...on, functionName: 'stake', args: [0, account.address, stake] })
  await account.sender
    .call({ ...on, functionName: 'countRoot', args: [netuid, account.address] })
    .catch(() => undefined)
  await account.sender.call({ address: permits, abi: permitsAbi, functionName: 'seekPermit', args: [netuid, true] })
  return account
}

function subnetParameters() {
  const rules = {
    minBurn: ether,
    maxBurn: ether,
    burnHalfLifeSeconds: 60,
    immunitySeconds: 60,
    noticeSeconds: 60,
    maxRegistrationsPerEpoch: 256,
  }
  return {
    name: 'judges',
    metadataURI: 'https://koinon.invalid/subnet.json',
    epochSeconds: 60,
    workCommitSeconds: 10,
    weightCommitSeconds: 20,
    weightRevealSeconds: 10,
    activationDelaySeconds: judgementWindowSeconds,
    maxNeurons: 8,
    minValidatorStake: 1_000n * ether,
    maxValidators: 8,
    initialBurn: ether,
    rules,
    specHash: `0x${'11'.repeat(32)}` as const,
  }
}
