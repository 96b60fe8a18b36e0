/** What a network under test stands on: which chain keeps its ledger, which database its index. */
import { startAnvil, startGeth } from './outside-chains.ts'
import { PostgresServer } from './postgres-server.ts'

export const grounds = ['embedded', 'anvil', 'geth', 'postgres'] as const
export type GroundName = (typeof grounds)[number]

/** Plain data, so that it can be given to every test process. */
export type Ground = {
  readonly name: GroundName
  /** A chain that is not ours, and the key of an account on it that holds native money. Absent: the embedded chain. */
  readonly chain?: { readonly rpcUrl: string; readonly chainId: number; readonly bankKey: `0x${string}` }
  /** A PostgreSQL server on which every network makes a database of its own. Absent: the index is in the home. */
  readonly postgresAdminUrl?: string
}

export const embeddedGround: Ground = { name: 'embedded' }

/** Starts what a ground needs; `close` ends it. */
export async function openGround(name: GroundName): Promise<{ readonly ground: Ground; close(): Promise<void> }> {
  if (name === 'anvil' || name === 'geth') {
    // What is paid into a channel counts 32 blocks later: on a chain where nothing happens without blocks of its own, never.
    const blocks = { blockSeconds: 0.5, isMixed: true }
    const { rpcUrl, chainId, bankKey, close } = await (name === 'anvil' ? startAnvil(blocks) : startGeth())
    return { ground: { name, chain: { rpcUrl, chainId, bankKey } }, close }
  }
  if (name === 'postgres') {
    const server = new PostgresServer()
    await server.start()
    return { ground: { name, postgresAdminUrl: server.adminUrl }, close: () => server.dispose() }
  }
  return { ground: embeddedGround, close: async () => undefined }
}
