import { existsSync, readFileSync } from 'node:fs'
import { KoinonError } from '@koinon/base'
import { type NetworkFile, parseNetworkFile } from '@koinon/ledger'
import type { Home } from './home.ts'

/** The network that a home belongs to. Throws `node/no-network` where it belongs to none, `ledger/bad-network-file` where its file is damaged. */
export function networkOf(home: Pick<Home, 'path' | 'networkFile'>): NetworkFile {
  if (existsSync(home.networkFile)) return parseNetworkFile(readFileSync(home.networkFile, 'utf8'))
  throw noNetwork(home)
}

/** What is wrong with a home that belongs to no network, and what to do: `node/no-network`. */
export function noNetwork({ path }: Pick<Home, 'path'>): KoinonError {
  return new KoinonError({
    code: 'node/no-network',
    message: `The home ${path} belongs to no network`,
    hint: 'Run "koinon up" for a local one, or "koinon join URL" with the URL of a gateway (or a network file).',
  })
}
