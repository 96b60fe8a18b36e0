import type { Address } from '@koinon/base'
import { createLedgerReader, createLedgerWriter, type NetworkFile, TransactionSender } from '@koinon/ledger'
import type { Ground } from './ground.ts'

/** Sends native money of a chain that is not ours, as a person would who was asked to. */
export async function sendFromBank(chain: NonNullable<Ground['chain']>, to: Address, wei: bigint): Promise<void> {
  const network: NetworkFile = {
    v: 1,
    name: 'bank',
    chainId: chain.chainId,
    chainKind: 'external',
    rpcUrl: chain.rpcUrl,
    startBlock: 0,
    isTest: true,
    contracts: {} as NetworkFile['contracts'],
  }
  const reader = createLedgerReader(network)
  await new TransactionSender(reader, createLedgerWriter(network, chain.bankKey)).send({ to, value: wei }, 'funding')
}
