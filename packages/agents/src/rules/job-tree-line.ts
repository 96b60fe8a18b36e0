/** The place of a job in a tree of hires, as its client says in the terms (specs/0024-jobs.md section 7). */
import { bytesToHex, keccak256, utf8ToBytes } from '@koinon/base'
import { textOfJob } from './job-description.ts'

export type JobTreePlace = {
  /** 16 hex digits. */
  readonly tree: string
  /** Such as `0.1.2`. */
  readonly task: string
  /** The job that the tree's owner was hired for itself; whether that is true the ledger says. */
  readonly underJobId: bigint | undefined
}

/** `treeId` is the owner's own name of the tree, of which the terms show the beginning of a hash. */
export function treeLine(treeId: string, task: string, underJobId?: bigint): string {
  const name = bytesToHex(keccak256(utf8ToBytes(treeId))).slice(2, 18)
  return `tree: ${name} ${task}${underJobId === undefined ? '' : ` ${underJobId}`}`
}

/** Undefined where the terms name none. */
export function parseTreeLine(description: string): JobTreePlace | undefined {
  const found =
    /(?:^|\n)tree: ([0-9a-f]{16}) (\d{1,3}(?:\.\d{1,3}){0,8})(?: ([1-9]\d{0,17}))?(?:\ncheck: [^\n]*)?$/.exec(
      textOfJob(description),
    )
  if (found === null) return undefined
  const [, tree, task, under] = found
  return { tree: tree as string, task: task as string, underJobId: under === undefined ? undefined : BigInt(under) }
}
