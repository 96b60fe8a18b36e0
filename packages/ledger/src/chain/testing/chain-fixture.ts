import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Chain,
  createPublicClient,
  createWalletClient,
  defineChain,
  type HttpTransport,
  http,
  nonceManager,
  type PublicClient,
  type WalletClient,
} from 'viem'
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import type { EmbeddedChainOptions } from '../chain-options.ts'
import { EmbeddedChain } from '../embedded-chain.ts'

/** Chain id of the tests; not a well-known one. */
export const testChainId = 424_242

/** A fresh folder under the system's temporary folder, and its removal. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'koinon-chain-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** A random account. */
export function newAccount(): PrivateKeyAccount {
  return privateKeyToAccount(generatePrivateKey())
}

/** Options of a chain in `folder` that funds the given accounts with 1,000 ether each. */
export function chainOptions(folder: string, accounts: readonly PrivateKeyAccount[]): EmbeddedChainOptions {
  return {
    journalPath: join(folder, 'chain.journal'),
    chainId: testChainId,
    genesis: {
      accounts: accounts.map((account) => ({ address: account.address, balanceWei: 10n ** 21n })),
      predeploys: [],
      timestampSeconds: 1_750_000_000,
    },
  }
}

/** Stock viem clients of one chain. */
export type TestClients = {
  readonly network: Chain
  readonly reader: PublicClient<HttpTransport, Chain>
  readonly wallet: WalletClient<HttpTransport, Chain, PrivateKeyAccount>
}

/** A running chain and what a test needs of it. */
export type StartedChain = TestClients & {
  readonly chain: EmbeddedChain
  readonly options: EmbeddedChainOptions
  readonly url: string
  readonly account: PrivateKeyAccount
  close(): Promise<void>
}

/** Stock viem clients for a chain URL; the wallet keeps its own nonces. */
export function clientsFor(url: string, account: PrivateKeyAccount): TestClients {
  const chain = defineChain({
    id: testChainId,
    name: 'test',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  })
  const transport = http(url, { retryCount: 0, timeout: 50_000 })
  const managed = { ...account, nonceManager }
  return {
    network: chain,
    reader: createPublicClient({ chain, transport, pollingInterval: 50, cacheTime: 0 }),
    wallet: createWalletClient({ chain, transport, account: managed }),
  }
}

/** A started chain with one funded account and clients for it. */
export async function startChain(
  changes: Partial<EmbeddedChainOptions> = {},
  predeploys: EmbeddedChainOptions['genesis']['predeploys'] = [],
): Promise<StartedChain> {
  const folder = temporaryFolder()
  const account = newAccount()
  const base = chainOptions(folder.path, [account])
  const options = { ...base, genesis: { ...base.genesis, predeploys }, ...changes }
  const chain = new EmbeddedChain(options)
  const { url } = await chain.start()
  return {
    chain,
    options,
    url,
    account,
    ...clientsFor(url, account),
    async close() {
      await chain.stop()
      folder.remove()
    },
  }
}

/** One JSON-RPC call, raw. */
export async function rpc(url: string, method: string, params: readonly unknown[] = []) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.timeout(30_000),
  })
  return (await response.json()) as { result?: any; error?: { code: number; message: string; data?: unknown } }
}
