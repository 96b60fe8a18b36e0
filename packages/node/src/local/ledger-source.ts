/** Where the ledger of a home's own network lives, and what must be true before anything is written there. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { KoinonError } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import type { Home } from '../home/home.ts'
import { networkOf } from '../home/network-of.ts'

/** `embedded`: our own chain in a process of this home. `external`: a chain that somebody runs, by its JSON-RPC URL. */
export type LedgerSource =
  | { readonly kind: 'embedded'; readonly rpcPort: number }
  | { readonly kind: 'external'; readonly rpcUrl: string }

/** Checks the URL of a chain that the owner named. Throws `usage/bad-rpc-url`. */
export function externalLedger(rpcUrl: string): LedgerSource {
  const url = URL.canParse(rpcUrl) ? new URL(rpcUrl) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '')
    return { kind: 'external', rpcUrl }
  throw new KoinonError({
    code: 'usage/bad-rpc-url',
    message: '--rpc takes the http(s) address of a JSON-RPC door, without user name and password',
    hint: 'For example: koinon up --rpc http://127.0.0.1:8545',
  })
}

/** The network that this home already has, if any. Throws `home/other-ledger` or `home/joined` when it cannot be run on `source`. */
export function homeNetwork(home: Home, source: LedgerSource): NetworkFile | undefined {
  const hasJournal = existsSync(join(home.chain, 'journal'))
  if (!existsSync(home.networkFile)) {
    if (hasJournal && source.kind === 'external') throw ofEmbeddedChain(home)
    return undefined
  }
  const network = networkOf(home)
  if (!existsSync(join(home.keys, 'founder.json'))) throw joinedElsewhere(home, network)
  if (source.kind === network.chainKind) return network
  throw source.kind === 'external' ? ofEmbeddedChain(home) : ofExternalChain(home, network)
}

function ofEmbeddedChain(home: Home): KoinonError {
  return new KoinonError({
    code: 'home/other-ledger',
    message: `The network of the home ${home.path} lives on its own embedded chain, not on an external one`,
    hint: 'Start it without --rpc, or begin a new network on the external chain with --home DIR.',
  })
}

function ofExternalChain(home: Home, { chainId, rpcUrl }: NetworkFile): KoinonError {
  return new KoinonError({
    code: 'home/other-ledger',
    message: `The network of the home ${home.path} lives on the external chain ${chainId}, not on an embedded one`,
    hint: `Start it with --rpc ${rpcUrl}, or begin a new network with --home DIR.`,
  })
}

function joinedElsewhere(home: Home, { name }: NetworkFile): KoinonError {
  return new KoinonError({
    code: 'home/joined',
    message: `The home ${home.path} joined the network "${name}" and has none of its own`,
    hint: 'Run a role on it with "koinon provider start", or begin a network of your own with --home DIR.',
  })
}
