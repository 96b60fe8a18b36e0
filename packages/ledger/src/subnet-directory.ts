/** Subnets of a network as the ledger has them: what one is like, what another would cost, and creating one. Amounts in 1e-18 KOIN. */
import { type Address, type Hex, KoinonError, toAddress } from '@koinon/base'
import { parseEventLogs } from 'viem'
import type { LedgerView } from './clients.ts'
import { alphaStakingAbi } from './generated/alpha-staking.ts'
import { koinonTokenAbi } from './generated/koinon-token.ts'
import { permitsAbi } from './generated/permits.ts'
import { subnetTermsAbi } from './generated/subnet-terms.ts'
import { subnetsAbi } from './generated/subnets.ts'
import { type Membership, ofSubnet } from './membership.ts'
import { quoteSeat, readSeatRules, type SeatRules } from './seat-market.ts'

/** What the creator of a subnet chooses; bounds stand in specs/0010-seats-stake-emission.md. */
export type SubnetParameters = {
  readonly name: string
  readonly metadataURI: string
  readonly specHash: Hex
  readonly epochSeconds: number
  readonly workCommitSeconds: number
  readonly weightCommitSeconds: number
  readonly weightRevealSeconds: number
  readonly activationDelaySeconds: number
  readonly maxNeurons: number
  readonly maxValidators: number
  /** Weight of a hotkey, in alpha, from which on it may be a validator. */
  readonly minValidatorStake: bigint
  /** Price of the first seat. */
  readonly initialBurn: bigint
  readonly rules: SeatRules
}

/** One subnet now. `announced` are rules that wait for their second `fromSeconds` (Unix). */
export type SubnetSummary = {
  readonly netuid: number
  readonly name: string
  readonly owner: Address
  readonly createdAtSeconds: number
  readonly dissolvedAtSeconds: number | undefined
  readonly epochSeconds: number
  readonly neurons: number
  readonly maxNeurons: number
  readonly validators: number
  readonly maxValidators: number
  readonly minValidatorStake: bigint
  /** Weight of all hotkeys, in alpha: what is staked of it, and KOIN on the root where it counts. */
  readonly stake: bigint
  readonly seatPrice: bigint
  readonly specHash: Hex
  readonly metadataURI: string
  readonly versionKey: number
  readonly rules: SeatRules
  readonly announced: { readonly fromSeconds: number; readonly rules: SeatRules } | undefined
}

/** KOIN that creating a subnet costs in this second: it opens the subnet's pool. */
export function quoteLock({ network, reader }: LedgerView): Promise<bigint> {
  const subnets = { address: network.contracts.subnets, abi: subnetsAbi } as const
  return reader.readContract({ ...subnets, functionName: 'lockPrice', blockTag: 'pending' })
}

/**
 * Creates a subnet for at most `maxLock`, which is approved. Returns its number. Throws `ledger/epoch-too-long` before anything is sent, and
 * as `TransactionSender.call`.
 */
export async function createSubnet(
  { network, reader, sender }: Membership,
  parameters: SubnetParameters,
  maxLock: bigint,
): Promise<number> {
  const { token, subnets, staking } = network.contracts
  const unbonding = await reader.readContract({
    address: staking,
    abi: alphaStakingAbi,
    functionName: 'unbondingSeconds',
  })
  requireReachable(parameters, unbonding)
  if (maxLock > 0n) {
    await sender.call({ address: token, abi: koinonTokenAbi, functionName: 'approve', args: [subnets, maxLock] })
  }
  const receipt = await sender.call({
    address: subnets,
    abi: subnetsAbi,
    functionName: 'createSubnet',
    args: [parameters, maxLock],
  })
  const [created] = parseEventLogs({ abi: subnetsAbi, eventName: 'SubnetCreated', logs: receipt.logs })
  if (created === undefined) {
    throw new KoinonError({
      code: 'ledger/no-subnet',
      message: 'The ledger confirmed no new subnet',
      retry: 'unknown',
    })
  }
  return created.args.netuid
}

/**
 * Two epochs and the delay of a result pass while stake that voted may be leaving; only until it has left can it be slashed. The registry
 * refuses what lasts longer (specs/0010-seats-stake-emission.md section 1); here with the longest epoch that it takes.
 */
function requireReachable({ epochSeconds, activationDelaySeconds }: SubnetParameters, unbondingSeconds: number): void {
  const lastsSeconds = 2 * epochSeconds + activationDelaySeconds
  if (lastsSeconds <= unbondingSeconds) return
  const longest = Math.floor((unbondingSeconds * epochSeconds) / lastsSeconds)
  throw new KoinonError({
    code: 'ledger/epoch-too-long',
    message: `Epochs of ${epochSeconds} s are too long for this network: stake leaves it in ${unbondingSeconds} s, before a wrong result of such an epoch could cost it anything`,
    hint: `The longest epoch here is ${longest} s: name one of at most that with --epoch-seconds. A network of its own may have longer ones: koinon up --epoch-seconds in a new home, or koinon network deploy --unbonding-seconds.`,
    details: { epochSeconds, lastsSeconds, unbondingSeconds, longestEpochSeconds: longest },
  })
}

/** Numbers of the subnets that live, ascending. */
export async function listSubnets({ network, reader }: LedgerView): Promise<readonly number[]> {
  const subnets = { address: network.contracts.subnets, abi: subnetsAbi } as const
  const living = await reader.readContract({ ...subnets, functionName: 'livingSubnets' })
  return [...living].sort((a, b) => a - b)
}

/** One subnet, living or dissolved. Throws `ledger/no-subnet`. */
export async function readSubnet(view: LedgerView, netuid: number): Promise<SubnetSummary> {
  const { network, reader } = view
  const subnets = { address: network.contracts.subnets, abi: subnetsAbi, blockTag: 'pending' } as const
  const staking = { address: network.contracts.staking, abi: alphaStakingAbi, blockTag: 'pending' } as const
  const permits = { address: network.contracts.permits, abi: permitsAbi, blockTag: 'pending' } as const
  const found = await ofSubnet(netuid, reader.readContract({ ...subnets, functionName: 'subnet', args: [netuid] }))
  const terms = { address: network.contracts.terms, abi: subnetTermsAbi, blockTag: 'pending' } as const
  const { timestamp } = await reader.getBlock({ blockTag: 'pending' })
  const epoch = (timestamp - BigInt(found.genesis)) / BigInt(found.epochSeconds)
  const [quote, rules, history, version, versionKey, validators, stake] = await Promise.all([
    quoteSeat(view, netuid),
    readSeatRules(view, netuid),
    reader.readContract({ ...terms, functionName: 'rulesHistoryOf', args: [netuid] }),
    reader.readContract({ ...terms, functionName: 'versionAt', args: [netuid, epoch] }),
    reader.readContract({ ...terms, functionName: 'versionKeyAt', args: [netuid, epoch] }),
    reader.readContract({ ...permits, functionName: 'validatorsOf', args: [netuid] }),
    reader.readContract({ ...staking, functionName: 'totalWeightOf', args: [netuid] }),
  ])
  const last = history.at(-1)
  return {
    netuid,
    name: found.name,
    owner: toAddress(found.owner),
    createdAtSeconds: Number(found.genesis),
    dissolvedAtSeconds: Number(found.dissolvedAt) === 0 ? undefined : Number(found.dissolvedAt),
    epochSeconds: found.epochSeconds,
    neurons: found.neuronCount,
    maxNeurons: found.maxNeurons,
    validators: validators.length,
    maxValidators: found.maxValidators,
    minValidatorStake: found.minValidatorStake,
    stake,
    seatPrice: quote.price,
    specHash: version.specHash,
    metadataURI: version.metadataURI,
    versionKey: Number(versionKey),
    rules,
    announced:
      last !== undefined && BigInt(last.from) > timestamp
        ? { fromSeconds: Number(last.from), rules: last.rules }
        : undefined,
  }
}
