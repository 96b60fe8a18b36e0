import { toAddress, zeroHash } from '@koinon/base'
import type { TransactionSender } from '@koinon/ledger'
import { epochsAbi, weightsAbi, workAbi } from '@koinon/ledger/abis'
import type { SubnetLedgerWriter } from './subnet-ledger.ts'
import type { SubnetNetwork } from './viem-subnet-ledger.ts'

/** Writes as the sender's account. Throws `ledger/*` as `TransactionSender` does. */
export function createSubnetLedgerWriter(
  sender: Pick<TransactionSender, 'address' | 'call'>,
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
    async commitWeights(netuid, epoch, commitment) {
      await sender.call({
        address: contracts.weights,
        abi: weightsAbi,
        functionName: 'commit',
        args: [netuid, BigInt(epoch), commitment],
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
    async submitRoot(result, signatures) {
      await sender.call({
        address: contracts.epochs,
        abi: epochsAbi,
        functionName: 'submitRoot',
        args: [{ ...result, epoch: BigInt(result.epoch) }, signatures],
      })
    },
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
        args: [
          claims.map(({ account, cumulativeAmount, proof }) => ({
            netuid,
            epoch: BigInt(epoch),
            account,
            cumulativeAmount,
            proof,
          })),
        ],
      })
    },
  }
}
