/** viem clients for a network file. Writes go through a `TransactionSender`, which keeps an account's nonces in order. */
import { type Hex, KoinonError } from '@koinon/base'
import {
  type Chain,
  createPublicClient,
  createWalletClient,
  defineChain,
  type Hash,
  type HttpTransport,
  http,
  type PublicClient,
  type TransactionReceipt,
  type WalletClient,
} from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import type { NetworkFile } from './network-file.ts'

const multicall3 = '0xca11bde05977b3631167028862be2a173976ca11'
const rpcTimeoutMs = 10_000
const receiptTimeoutMs = 60_000

export type LedgerReader = PublicClient<HttpTransport, Chain>
export type LedgerWriter = WalletClient<HttpTransport, Chain, PrivateKeyAccount>

/** A network and what reads its ledger. */
export type LedgerView = { readonly network: NetworkFile; readonly reader: LedgerReader }

/**
 * viem chain of a network. Multicall3 stands at its canonical address by genesis on embedded chains; others may lack it (fresh anvil and
 * geth do), so it is not named there and batched reads bring its code along (`deployless`).
 */
export function chainOf(network: Pick<NetworkFile, 'chainId' | 'name' | 'rpcUrl' | 'chainKind'>): Chain {
  return defineChain({
    id: network.chainId,
    name: network.name,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [network.rpcUrl] } },
    ...(network.chainKind === 'embedded' ? { contracts: { multicall3: { address: multicall3 } } } : {}),
  })
}

/** Reads, with deadlines and retries on lost connections. */
export function createLedgerReader(network: NetworkFile, timeoutMs = rpcTimeoutMs): LedgerReader {
  return createPublicClient({
    chain: chainOf(network),
    transport: http(network.rpcUrl, { timeout: timeoutMs, retryCount: 2, retryDelay: 200 }),
    // A contract must not have us fetch URLs of its choice (EIP-3668).
    ccipRead: false,
    pollingInterval: network.chainKind === 'embedded' ? 250 : 2_000,
  })
}

/** Signs for one account. */
export function createLedgerWriter(network: NetworkFile, privateKey: Hex, timeoutMs = rpcTimeoutMs): LedgerWriter {
  return createWalletClient({
    account: privateKeyToAccount(privateKey),
    chain: chainOf(network),
    transport: http(network.rpcUrl, { timeout: timeoutMs, retryCount: 0 }),
  })
}

/** Waits for a transaction; throws `ledger/reverted`, or `ledger/unknown-outcome` when the ledger did not say in time. */
export async function confirmTransaction(reader: LedgerReader, hash: Hash, what: string): Promise<TransactionReceipt> {
  const receipt = await reader.waitForTransactionReceipt({ hash, timeout: receiptTimeoutMs }).catch((cause: Error) => {
    throw new KoinonError({
      code: 'ledger/unknown-outcome',
      message: `${what}: the ledger did not confirm transaction ${hash} in time`,
      hint: 'It may still be mined; look it up before sending it again.',
      retry: 'unknown',
      details: { hash },
      cause,
    })
  })
  if (receipt.status !== 'success') {
    throw new KoinonError({
      code: 'ledger/reverted',
      message: `${what}: transaction ${hash} was refused by the contract`,
      hint: 'Something changed since it was sent: look at what it was to change, then decide whether to send it again.',
      details: { hash },
    })
  }
  return receipt
}

/** Makes sure that the RPC speaks for the chain the file names. Throws `ledger/wrong-chain` or `ledger/rpc-unreachable`. */
export async function checkChain(reader: LedgerReader, network: NetworkFile): Promise<void> {
  const chainId = await reader.getChainId().catch((cause: Error) => {
    throw new KoinonError({
      code: 'ledger/rpc-unreachable',
      message: `The ledger at ${network.rpcUrl} does not answer`,
      hint: 'Check that the network runs and that the address can be reached from this machine.',
      retry: 'later',
      cause,
    })
  })
  if (chainId !== network.chainId) {
    throw new KoinonError({
      code: 'ledger/wrong-chain',
      message: `${network.rpcUrl} is chain ${chainId}, but the network file says ${network.chainId}`,
      hint: 'Use the network file that belongs to this chain.',
    })
  }
}
