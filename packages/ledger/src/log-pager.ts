import { withDeadline } from '@koinon/base'

/** A span of blocks, both ends included. */
export type BlockSpan = { readonly fromBlock: bigint; readonly toBlock: bigint }

const widestPage = 5_000
/** Past so many logs the next page is smaller; servers give at most 10,000, or what fits into their answer. */
const manyLogs = 10_000
const successesToGrow = 4
const requestDeadlineMs = 20_000
/** After so long no other request is begun; the next call goes on with what was learned. */
const patienceMs = 30_000

/**
 * Reads logs of any span of blocks in pages. Servers bound a request by blocks, by logs, by bytes or by time, and strangers can fill
 * blocks with cheap events, so a page is halved down to one block while the server refuses or fails, and doubled again when it goes well.
 * Keep one a follower: it remembers the size of its pages, also over a failure.
 */
export class LogPager {
  readonly #widest: bigint
  #blocks: bigint
  #successes = 0

  /** Blocks of the widest page; 5,000 unless said. */
  constructor(widest: number = widestPage) {
    this.#widest = BigInt(widest)
    this.#blocks = this.#widest
  }

  /** The first page of a span and the block at which it ends. Throws what `ask` throws for one block, or when it took half a minute. */
  async next<log>(
    span: BlockSpan,
    ask: (page: BlockSpan) => Promise<readonly log[]>,
  ): Promise<{ readonly logs: readonly log[]; readonly toBlock: bigint }> {
    const beganAtMs = performance.now()
    for (;;) {
      const { fromBlock } = span
      const end = fromBlock + this.#blocks - 1n
      const toBlock = end < span.toBlock ? end : span.toBlock
      try {
        const logs = await withDeadline(ask({ fromBlock, toBlock }), requestDeadlineMs, 'Reading logs')
        this.#learn(logs.length)
        return { logs, toBlock }
      } catch (error) {
        const blocks = toBlock - fromBlock + 1n
        this.#shrink(blocks)
        if (blocks <= 1n || performance.now() - beganAtMs > patienceMs) throw error
      }
    }
  }

  #learn(logs: number): void {
    if (logs > manyLogs) return this.#shrink(this.#blocks)
    this.#successes += 1
    if (this.#successes < successesToGrow) return
    this.#successes = 0
    const doubled = this.#blocks * 2n
    this.#blocks = doubled < this.#widest ? doubled : this.#widest
  }

  #shrink(blocks: bigint): void {
    this.#successes = 0
    this.#blocks = blocks > 1n ? blocks / 2n : 1n
  }
}
