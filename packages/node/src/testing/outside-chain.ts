/** A chain as somebody else would run it, for tests: the engine of the embedded chain behind its door, knowing nothing of any home. */
import { join } from 'node:path'
import { type Address, bytesToHex, secretKeyToAddress, systemRandom } from '@koinon/base'
import { createLedgerReader, createLedgerWriter, type NetworkFile, TransactionSender } from '@koinon/ledger'
import { EmbeddedChain } from '@koinon/ledger/chain'
import { temporaryHome } from './home.ts'

export type OutsideChain = {
  readonly rpcUrl: string
  readonly chainId: number
  /** Sends native money from an account that has much of it. */
  send(to: Address, wei: bigint): Promise<void>
  close(): Promise<void>
}

/** Starts a chain with no contracts on it. `port` 0 takes any. */
export async function startOutsideChain(chainId: number, port = 0): Promise<OutsideChain> {
  const folder = temporaryHome()
  const bankKey = systemRandom(32)
  const chain = new EmbeddedChain({
    journalPath: join(folder.home.chain, 'journal'),
    chainId,
    genesis: {
      accounts: [{ address: secretKeyToAddress(bankKey), balanceWei: 10n ** 24n }],
      predeploys: [],
    },
    port,
  })
  const { url } = await chain.start()
  const network = { chainId, name: 'outside', rpcUrl: url, chainKind: 'external' } as NetworkFile
  const bank = new TransactionSender(createLedgerReader(network), createLedgerWriter(network, bytesToHex(bankKey)))
  return {
    rpcUrl: url,
    chainId,
    send: async (to, wei) => void (await bank.send({ to, value: wei }, 'funding')),
    close: async () => {
      await chain.stop()
      folder.remove()
    },
  }
}
