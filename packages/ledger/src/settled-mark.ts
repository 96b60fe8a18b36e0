import type { LedgerReader } from './clients.ts'
import type { NetworkFile } from './network-file.ts'

const externalUnsettledBlocks = 32

/** Blocks behind the head that a network's chain may replace; 0 on a single sequencer's. */
export function unsettledBlocksOf(network: Pick<NetworkFile, 'chainKind'>): number {
  return network.chainKind === 'embedded' ? 0 : externalUnsettledBlocks
}

/**
 * The last block that a follower takes for settled, by its hash. What it read up to there it does not read again, so it has to notice
 * when a reorganisation goes deeper: then the hash is another one, and nothing that was read holds.
 */
export class SettledMark {
  readonly #reader: Pick<LedgerReader, 'getBlock'>
  #block: { readonly number: bigint; readonly hash: string } | undefined

  constructor(reader: Pick<LedgerReader, 'getBlock'>) {
    this.#reader = reader
  }

  /** Whether the marked block still stands; false once when it does not. Throws where the server does not know a block of that number. */
  async holds(): Promise<boolean> {
    const marked = this.#block
    if (marked === undefined) return true
    const { hash } = await this.#reader.getBlock({ blockNumber: marked.number })
    if (hash === marked.hash) return true
    this.#block = undefined
    return false
  }

  /** Marks a block; call it before what stands in the blocks up to it is read, or a change in between goes unnoticed. */
  async set(number: bigint): Promise<void> {
    if (number < 0n || this.#block?.number === number) return
    const { hash } = await this.#reader.getBlock({ blockNumber: number })
    this.#block = { number, hash }
  }
}
