import { describe, expect, it } from 'vitest'
import { type BlockSpan, LogPager } from './log-pager.ts'

/** A ledger with so many logs in each block, behind a server that gives at most `most` at once. */
function server(logsIn: (block: number) => number, most = Number.POSITIVE_INFINITY) {
  const pages: number[] = []
  let refusals = 0
  const ask = async ({ fromBlock, toBlock }: BlockSpan): Promise<readonly string[]> => {
    const logs = []
    for (let block = Number(fromBlock); block <= Number(toBlock); block++)
      for (let index = 0; index < logsIn(block); index++) logs.push(`${block}/${index}`)
    if (logs.length > most) {
      refusals++
      throw new Error('query returned more than 10000 results')
    }
    pages.push(Number(toBlock - fromBlock) + 1)
    return logs
  }
  return { ask, pages, refusals: () => refusals }
}

async function readAll(pager: LogPager, ask: ReturnType<typeof server>['ask'], toBlock: bigint) {
  const read: string[] = []
  for (let fromBlock = 1n; fromBlock <= toBlock; ) {
    const page = await pager.next({ fromBlock, toBlock }, ask)
    for (const log of page.logs) read.push(log)
    fromBlock = page.toBlock + 1n
  }
  return read
}

describe('LogPager', () => {
  it('reads all logs once and in order, however unevenly they lie', async () => {
    const logsIn = (block: number) => (block >= 7_000 && block < 7_004 ? 9_000 : block % 1_000 === 0 ? 3 : 0)
    const { ask, pages, refusals } = server(logsIn, 10_000)
    const read = await readAll(new LogPager(), ask, 20_000n)
    const expected = []
    for (let block = 1; block <= 20_000; block++)
      for (let index = 0; index < logsIn(block); index++) expected.push(`${block}/${index}`)
    expect(read).toEqual(expected)
    expect(pages.reduce((sum, blocks) => sum + blocks, 0)).toBe(20_000)
    // Down to one block at the flood and up again after it.
    expect(pages[0]).toBe(5_000)
    expect(Math.min(...pages)).toBe(1)
    expect(Math.max(...pages.slice(-3))).toBeGreaterThan(500)
    expect(refusals()).toBeLessThan(40)
  })

  it('asks for less after an answer with very many logs', async () => {
    const { ask, pages } = server(() => 10)
    await readAll(new LogPager(), ask, 10_000n)
    expect(pages.slice(0, 4)).toEqual([5_000, 2_500, 1_250, 625])
    expect(Math.max(...pages.slice(4))).toBeLessThanOrEqual(1_250)
  })

  it('gives up at a single block, and goes on from there with small pages', async () => {
    const pager = new LogPager(100)
    let isGone = true
    const { ask, pages } = server(() => 1)
    const shaky: typeof ask = (page) => (isGone ? Promise.reject(new Error('gone')) : ask(page))
    await expect(pager.next({ fromBlock: 1n, toBlock: 700n }, shaky)).rejects.toThrow('gone')
    isGone = false
    expect(await readAll(pager, shaky, 700n)).toHaveLength(700)
    expect(pages.slice(0, 5)).toEqual([1, 1, 1, 1, 2])
    expect(Math.max(...pages)).toBe(100)
  })

  it('takes no longer over a span than it is', async () => {
    const { ask, pages } = server(() => 1)
    expect(await new LogPager().next({ fromBlock: 5n, toBlock: 7n }, ask)).toEqual({
      logs: ['5/0', '6/0', '7/0'],
      toBlock: 7n,
    })
    expect(pages).toEqual([3])
  })
})
