import { describe, expect, it } from 'vitest'
import { limitLogRange } from './log-range.ts'

const check = (query: unknown) => limitLogRange([query], 5_000n, 100)

describe('limitLogRange', () => {
  it.each([
    undefined,
    {},
    { fromBlock: '0x1325' },
    { fromBlock: '0x1325', toBlock: 'latest' },
    { fromBlock: 'earliest', toBlock: '0x63' },
    { fromBlock: '0x0', toBlock: '0x0', address: [] },
    { blockHash: `0x${'00'.repeat(32)}` },
    { fromBlock: 'safe', toBlock: 'pending' },
  ])('lets %j through', (query) => {
    expect(check(query)).toEqual([query ?? {}])
  })

  it('refuses one block more than the limit, with the limit in the message', () => {
    expect(() => check({ fromBlock: 'earliest', toBlock: '0x64' })).toThrow('query exceeds max block range 100')
    expect(() => check({ fromBlock: '0x0' })).toThrow('query exceeds max block range 100')
  })

  it.each([{ fromBlock: 5 }, { fromBlock: '5' }, { fromBlock: '0x' }, { toBlock: '0xffffffffffffffffff' }, 'text'])(
    'refuses %j as invalid',
    (query) => {
      expect(() => check(query)).toThrow(/invalid argument 0/)
    },
  )

  it('refuses a range that runs backwards', () => {
    expect(() => check({ fromBlock: '0x10', toBlock: '0x1' })).toThrow(/runs backwards/)
  })
})
