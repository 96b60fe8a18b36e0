import { toAddress, zeroHash } from '@koinon/base'
import type { TransactionSender } from '@koinon/ledger'
import {
  alphaStakingAbi,
  disputesAbi,
  epochsAbi,
  poolEmissionAbi,
  poolsAbi,
  weightsAbi,
  workAbi,
} from '@koinon/ledger/abis'
import { type Confirmation, type EpochResult, halfRoot, type SpecParts } from '../rules/index.ts'
import type { SignedResult, SubnetLedgerWriter } from './subnet-ledger.ts'
import type { SubnetNetwork } from './subnet-network.ts'

/** Writes as the sender's account. Throws `ledger/*` as `TransactionSender` does. */
export function createSubnetLedgerWriter(
  sender: Pick<TransactionSender, 'address' | 'call' | 'estimate'>,
  { contracts }: Pick<SubnetNetwork, 'contracts'>,
): SubnetLedgerWriter {
  return {
    hotkey: toAddress(sender.address),
    async commitWork(netuid, epoch, root, count) {
      await sender.call({
        address: contracts.work,
        abi: workAbi,
        functionName: 'commitWork',
        args: [netuid, BigInt(epoch), root, BigInt(count), zeroHash],
      })
    },
    async drawBeacon(netuid, epoch) {
      await sender.call({
        address: contracts.work,
        abi: workAbi,
        functionName: 'drawBeacon',
        args: [netuid, BigInt(epoch)],
      })
    },
    async commitWeights(netuid, epoch, { commitment, specHash, sealedRow }) {
      await sender.call({
        address: contracts.weights,
        abi: weightsAbi,
        functionName: 'commit',
        args: [netuid, BigInt(epoch), commitment, specHash, sealedRow ?? '0x'],
      })
    },
    async revealWeights(netuid, epoch, row, salt) {
      await sender.call({
        address: contracts.weights,
        abi: weightsAbi,
        functionName: 'reveal',
        args: [netuid, BigInt(epoch), row, salt],
      })
    },
    async revealFor(netuid, epoch, hotkey, row, salt) {
      await sender.call({
        address: contracts.weights,
        abi: weightsAbi,
        functionName: 'revealFor',
        args: [netuid, BigInt(epoch), hotkey, row, salt],
      })
    },
    async submitRoot(result, posting, signers, signatures) {
      await sender.call({
        address: contracts.epochs,
        abi: epochsAbi,
        functionName: 'submitRoot',
        args: [wide(result), posting, bitsOf(signers), signatures],
      })
    },
    async dispute({ result, posting }, spec, dispute) {
      const to = { address: contracts.disputes, abi: disputesAbi } as const
      const { validators, seats } = posting
      const amountsRoot = halfRoot(posting.amounts)
      if (dispute.kind === 'validator') {
        const args = [wide(result), validators, BigInt(dispute.position)] as const
        await sender.call({ ...to, functionName: 'disputeValidator', args })
      } else if (dispute.kind === 'seat') {
        const openings = dispute.openings.flatMap(({ word, proof }) => [word, ...proof])
        const seat = { ...dispute, openings }
        await sender.call({ ...to, functionName: 'disputeSeat', args: [wide(result), spec, validators, seat] })
      } else if (dispute.kind === 'rank') {
        const args = [wide(result), spec, seats, amountsRoot, dispute.uid] as const
        await sender.call({ ...to, functionName: 'disputeRank', args })
      } else if (dispute.kind === 'dividend') {
        const args = [wide(result), spec, validators, seats, amountsRoot, dispute.uid, dispute.row] as const
        await sender.call({ ...to, functionName: 'disputeDividend', args })
      } else if (dispute.kind === 'amount') {
        await sender.call({ ...to, functionName: 'disputeAmount', args: [wide(result), seats, dispute] })
      } else {
        await sender.call({ ...to, functionName: 'disputeTotal', args: [wide(result), seats, amountsRoot] })
      }
    },
    async punish({ result, posting }, signers) {
      await sender.call({
        address: contracts.epochs,
        abi: epochsAbi,
        functionName: 'punish',
        args: [wide(result), posting.validators, bitsOf(signers)],
      })
    },
    async punishTwofold(first, second) {
      await sender.call(twofoldCall(contracts, first, second))
    },
    estimatePunishTwofold: (first, second) => sender.estimate(twofoldCall(contracts, first, second)),
    async confirm(root, spec, confirmation) {
      await sender.call(confirmCall(contracts, root, spec, confirmation))
    },
    estimateConfirm: (root, spec, confirmation) => sender.estimate(confirmCall(contracts, root, spec, confirmation)),
    async objectRoot(netuid, epoch, resultHash, signatures) {
      await sender.call({
        address: contracts.epochs,
        abi: epochsAbi,
        functionName: 'objectRoot',
        args: [netuid, BigInt(epoch), resultHash, signatures],
      })
    },
    async claimMany(netuid, epoch, claims) {
      await sender.call({
        address: contracts.epochs,
        abi: epochsAbi,
        functionName: 'claimMany',
        args: [claims.map(({ uid, word, proof }) => ({ netuid, epoch: BigInt(epoch), uid, amounts: word, proof }))],
      })
    },
    async claimOwner(netuid) {
      await sender.call({ address: contracts.epochs, abi: epochsAbi, functionName: 'claimOwner', args: [netuid] })
    },
    async advanceEmission(mostSubnets) {
      await sender.call({
        address: contracts.emission,
        abi: poolEmissionAbi,
        functionName: 'advance',
        args: [BigInt(mostSubnets)],
      })
    },
    async burnFees() {
      await sender.call({ address: contracts.pools, abi: poolsAbi, functionName: 'burnFees', args: [] })
    },
    async countRoot(netuid) {
      const args = [netuid, toAddress(sender.address)] as const
      await sender.call({ address: contracts.staking, abi: alphaStakingAbi, functionName: 'countRoot', args })
    },
  }
}

function twofoldCall(
  { epochs }: Pick<SubnetNetwork['contracts'], 'epochs'>,
  first: SignedResult,
  second: SignedResult,
) {
  const args = [wide(first.result), first.signature, wide(second.result), second.signature] as const
  return { address: epochs, abi: epochsAbi, functionName: 'punishTwofold', args } as const
}

function confirmCall(
  { disputes }: Pick<SubnetNetwork['contracts'], 'disputes'>,
  { result, posting }: Parameters<SubnetLedgerWriter['confirm']>[0],
  spec: SpecParts,
  { rows, previous }: Confirmation,
) {
  const args = [wide(result), spec, posting, rows, previous] as const
  return { address: disputes, abi: disputesAbi, functionName: 'confirm', args } as const
}

function wide(result: EpochResult): Omit<EpochResult, 'epoch'> & { readonly epoch: bigint } {
  return { ...result, epoch: BigInt(result.epoch) }
}

function bitsOf(places: readonly number[]): bigint {
  return places.reduce((bits, place) => bits | (1n << BigInt(place)), 0n)
}
