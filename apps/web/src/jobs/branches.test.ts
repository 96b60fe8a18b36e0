import type { JobTreeNodeJson } from '@koinon/work/dashboard'
import { describe, expect, test } from 'vitest'
import { branchesOf } from './branches.ts'

const node = (jobId: string, parentJobId?: string): JobTreeNodeJson =>
  ({ jobId, ...(parentJobId === undefined ? {} : { parentJobId }) }) as JobTreeNodeJson

const drawn = (...nodes: readonly JobTreeNodeJson[]) =>
  branchesOf(nodes).map(({ node: { jobId }, depth }) => [jobId, depth])

describe('a tree of hires', () => {
  test('puts each child below its parent', () => {
    expect(drawn(node('1'), node('2', '1'), node('3', '1'), node('4', '2'))).toEqual([
      ['1', 0],
      ['2', 1],
      ['4', 2],
      ['3', 1],
    ])
  })

  test('keeps jobs whose parent is not told, and ends where somebody lies in a circle', () => {
    expect(drawn(node('5', '99'), node('6', '7'), node('7', '6'), node('8', '8'))).toEqual([
      ['5', 0],
      ['6', 0],
      ['7', 1],
      ['8', 0],
    ])
  })

  test('goes no deeper than the page is wide', () => {
    const chain = Array.from({ length: 12 }, (_, place) => node(`${place}`, place === 0 ? undefined : `${place - 1}`))
    expect(Math.max(...branchesOf(chain).map(({ depth }) => depth))).toBe(7)
  })
})
