/** What the contracts of a network are to each other: named once for ever, and checked before a deployment is finished. */
import { type Address, KoinonError, toAddress, zeroAddress } from '@koinon/base'
import { type Abi, getContractAddress } from 'viem'
import type { LedgerReader } from './clients.ts'
import { alphaStakingAbi } from './generated/alpha-staking.ts'
import { convictionAbi } from './generated/conviction.ts'
import { disputesAbi } from './generated/disputes.ts'
import { epochsAbi } from './generated/epochs.ts'
import { jobsAbi } from './generated/jobs.ts'
import { koinonTokenAbi } from './generated/koinon-token.ts'
import { poolEmissionAbi } from './generated/pool-emission.ts'
import { poolsAbi } from './generated/pools.ts'
import { quorumEvaluatorsAbi } from './generated/quorum-evaluators.ts'
import { subnetTermsAbi } from './generated/subnet-terms.ts'
import { subnetsAbi } from './generated/subnets.ts'
import { weightsAbi } from './generated/weights.ts'
import type { ContractName, NetworkFile } from './network-file.ts'
import type { TransactionSender } from './sender.ts'

type Deployer = { readonly reader: LedgerReader; readonly sender: TransactionSender }
type Contracts = NetworkFile['contracts']

/** Contract, its view, and the contract that the view must name. */
const links: readonly (readonly [ContractName, Abi, string, ContractName])[] = [
  ['pools', poolsAbi, 'token', 'token'],
  ['pools', poolsAbi, 'staking', 'staking'],
  ['pools', poolsAbi, 'subnets', 'subnets'],
  ['staking', alphaStakingAbi, 'pools', 'pools'],
  ['staking', alphaStakingAbi, 'permits', 'permits'],
  ['staking', alphaStakingAbi, 'delegation', 'delegation'],
  ['conviction', convictionAbi, 'pools', 'pools'],
  ['terms', subnetTermsAbi, 'subnets', 'subnets'],
  ['subnets', subnetsAbi, 'identity', 'identity'],
  ['subnets', subnetsAbi, 'terms', 'terms'],
  ['subnets', subnetsAbi, 'staking', 'staking'],
  ['subnets', subnetsAbi, 'conviction', 'conviction'],
  ['weights', weightsAbi, 'subnets', 'subnets'],
  ['emission', poolEmissionAbi, 'pools', 'pools'],
  ['emission', poolEmissionAbi, 'policy', 'policy'],
  ['emission', poolEmissionAbi, 'epochs', 'epochs'],
  ['disputes', disputesAbi, 'subnets', 'subnets'],
  ['disputes', disputesAbi, 'weights', 'weights'],
  ['disputes', disputesAbi, 'epochs', 'epochs'],
  ['epochs', epochsAbi, 'subnets', 'subnets'],
  ['epochs', epochsAbi, 'emission', 'emission'],
  ['epochs', epochsAbi, 'disputes', 'disputes'],
  ['token', koinonTokenAbi, 'minter', 'emission'],
  ['jobs', jobsAbi, 'defaultToken', 'dollar'],
  ['jobEvaluators', quorumEvaluatorsAbi, 'jobs', 'jobs'],
  ['jobEvaluators', quorumEvaluatorsAbi, 'subnets', 'subnets'],
]

/**
 * Names the epoch contract to disputes and emission and the emission to the token, each once for ever, last the one that lets KOIN be
 * minted; then reads every link. Throws `ledger/wrong-minter` and `ledger/wrong-wiring` when a contract obeys another.
 */
export async function wireContracts({ reader, sender }: Deployer, contracts: Contracts): Promise<void> {
  const named = async (name: ContractName, abi: Abi, view: string): Promise<Address> =>
    toAddress(
      (await reader.readContract({ address: contracts[name], abi, functionName: view } as never)) as unknown as string,
    )
  const { disputes, emission, epochs, token } = contracts
  if ((await named('disputes', disputesAbi, 'epochs')) === zeroAddress) {
    await sender.call({ address: disputes, abi: disputesAbi, functionName: 'setEpochs', args: [epochs] })
  }
  if ((await named('emission', poolEmissionAbi, 'epochs')) === zeroAddress) {
    await sender.call({ address: emission, abi: poolEmissionAbi, functionName: 'setEpochs', args: [epochs] })
  }
  const minter = await named('token', koinonTokenAbi, 'minter')
  if (minter !== zeroAddress && minter !== emission) throw wrongMinter(token, minter)
  if (minter === zeroAddress) {
    await sender.call({ address: token, abi: koinonTokenAbi, functionName: 'setMinter', args: [emission] })
  }
  await Promise.all(
    links.map(async ([name, abi, view, other]) => {
      const actual = await named(name, abi, view)
      const expected = contracts[other] ?? zeroAddress
      if (actual !== expected) throw wrongWiring(name, view, expected, actual)
    }),
  )
}

/**
 * The contract that bound itself to pools in its constructor, when a crash left it out of the note: undefined while none did. Throws
 * `ledger/wrong-wiring` when it is none that this account ever deployed.
 */
export async function adoptBound(
  { reader, sender }: Deployer,
  pools: Address,
  view: 'staking' | 'subnets',
): Promise<Address | undefined> {
  const bound = toAddress(await reader.readContract({ address: pools, abi: poolsAbi, functionName: view }))
  if (bound === zeroAddress) return undefined
  const sent = await reader.getTransactionCount({ address: sender.address })
  for (let nonce = sent - 1; nonce >= 0; nonce--) {
    if (toAddress(getContractAddress({ from: sender.address, nonce: BigInt(nonce) })) === bound) return bound
  }
  throw wrongWiring('pools', view, zeroAddress, bound)
}

function wrongMinter(token: Address, minter: Address): KoinonError {
  return new KoinonError({
    code: 'ledger/wrong-minter',
    message: `The token ${token} already has another minter, ${minter}`,
    hint: 'This deployment cannot be completed; deploy to fresh addresses by removing the partial network file.',
  })
}

function wrongWiring(name: ContractName, view: string, expected: Address, actual: Address): KoinonError {
  return new KoinonError({
    code: 'ledger/wrong-wiring',
    message: `${name} names ${actual} as its ${view}, not the one of this deployment`,
    hint: 'This deployment cannot be completed; deploy to fresh addresses by removing the partial network file.',
    details: { name, view, expected, actual },
  })
}
