import { expect, it } from 'vitest'
import { SettledMark } from './settled-mark.ts'

it('notices once that its block was replaced, and does not take a server that is behind for that', async () => {
  const blocks = new Map([
    [5n, { hash: '0x05' }],
    [9n, { hash: '0x09' }],
  ])
  const getBlock = async ({ blockNumber }: { blockNumber: bigint }) => {
    const block = blocks.get(blockNumber)
    if (block === undefined) throw new Error('not found')
    return block
  }
  const mark = new SettledMark({ getBlock } as never)
  await mark.set(-3n)
  expect(await mark.holds()).toBe(true)
  await mark.set(5n)
  expect(await mark.holds()).toBe(true)
  await mark.set(9n)
  blocks.set(9n, { hash: '0x9a' })
  expect([await mark.holds(), await mark.holds()]).toEqual([false, true])
  await mark.set(9n)
  blocks.delete(9n)
  await expect(mark.holds()).rejects.toThrow('not found')
})
