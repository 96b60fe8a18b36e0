import { expect, it } from 'vitest'
import { describeJob } from './job-description.ts'
import { parseTreeLine, treeLine } from './job-tree-line.ts'

it('the place of a job in a tree is read as it was written, and nothing else is', () => {
  const described = (text: string) => describeJob(text, new Uint8Array(16))
  const line = treeLine('a tree', '0.1.2', 7n)
  expect(parseTreeLine(described(`work\n${line}`))).toEqual({ tree: line.slice(6, 22), task: '0.1.2', underJobId: 7n })
  expect(parseTreeLine(described(`${treeLine('a tree', '0')}\ncheck: json a`))).toMatchObject({
    task: '0',
    underJobId: undefined,
  })
  for (const bad of [
    'tree: 0011 0',
    'tree: 0011223344556677 x',
    `${line}\nand more`,
    `${line} 8`,
    'tree: 0011223344556677 0 0',
  ])
    expect(parseTreeLine(described(bad))).toBeUndefined()
})
