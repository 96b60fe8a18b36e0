import type { JobTreeNodeJson } from '@koinon/work/dashboard'

/** As deep as the page draws; deeper ones stand at this depth. */
const deepest = 7

export type Branch = { readonly node: JobTreeNodeJson; readonly depth: number }

/** Jobs in the order of a tree: each child below its parent. A job whose parent is not among them stands at the top; circles end. */
export function branchesOf(jobs: readonly JobTreeNodeJson[]): readonly Branch[] {
  const known = new Set(jobs.map(({ jobId }) => jobId))
  const branches: Branch[] = []
  const drawn = new Set<string>()
  const draw = (node: JobTreeNodeJson, depth: number): void => {
    if (drawn.has(node.jobId)) return
    drawn.add(node.jobId)
    branches.push({ node, depth: Math.min(depth, deepest) })
    for (const child of jobs) if (child.parentJobId === node.jobId) draw(child, depth + 1)
  }
  for (const node of jobs) if (node.parentJobId === undefined || !known.has(node.parentJobId)) draw(node, 0)
  for (const node of jobs) draw(node, 0)
  return branches
}
