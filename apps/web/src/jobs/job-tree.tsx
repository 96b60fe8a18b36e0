import type { JobTreeJson, JobTreeNodeJson } from '@koinon/work/dashboard'
import type { CSSProperties } from 'react'
import { requestJson } from '../api/request.ts'
import { useApp } from '../app-context.ts'
import { count } from '../format/text.ts'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { useResource } from '../use-resource.ts'
import { branchesOf } from './branches.ts'
import { amountText, jobBadges } from './words.ts'

const refreshMs = 15_000

/** Who hired whom for a part of the work: the job among its parents and children, and where the money of each is. */
export function JobTree({ jobId, name }: { readonly jobId: string; readonly name: (account: string) => string }) {
  const { door } = useApp()
  const path = `/api/jobs/${jobId}/tree`
  const tree = useResource(path, () => requestJson<JobTreeJson>(door, path), refreshMs)
  if (tree.data === undefined) return tree.error === undefined ? null : <ErrorNotice error={tree.error} />
  const { jobs, isCut } = tree.data
  if (jobs.length < 2) return null
  return (
    <section className="panel" aria-labelledby="tree-title">
      <h2 id="tree-title">Who hired whom</h2>
      <p className="hint">
        {count(jobs.length, 'job')} of one piece of work{isCut ? ', and more than are told' : ''}. What a client says of
        its tree counts only where it was hired for the job above.
      </p>
      <ol className="job-tree">
        {branchesOf(jobs).map(({ node, depth }) => (
          <li key={node.jobId} style={{ '--depth': depth } as CSSProperties}>
            <Branch node={node} isThis={node.jobId === jobId} depth={depth} name={name} />
          </li>
        ))}
      </ol>
    </section>
  )
}

function Branch(props: {
  readonly node: JobTreeNodeJson
  readonly isThis: boolean
  readonly depth: number
  readonly name: (account: string) => string
}) {
  const { node, isThis, depth, name } = props
  const { client, provider } = node
  return (
    <>
      <p>
        <span className="visually-hidden">Level {depth + 1}: </span>
        {isThis ? (
          <strong aria-current="true" className="clamp">
            {node.jobId} · {node.title || 'without a description'}
          </strong>
        ) : (
          <a href={`#/jobs/${node.jobId}`} className="clamp">
            {node.jobId} · {node.title || 'without a description'}
          </a>
        )}{' '}
        <span className={`badge ${jobBadges[node.state]}`}>{node.state}</span>
      </p>
      <p className="cell-note">
        <span title={client}>{name(client)}</span> hired{' '}
        {provider === undefined ? 'nobody yet' : <span title={provider}>{name(provider)}</span>} for{' '}
        {node.budgetAtomic === '0' ? 'a price not set' : amountText(node, node.budgetAtomic)}: {moneyText(node)}
      </p>
    </>
  )
}

function moneyText(node: JobTreeNodeJson): string {
  const parts = (
    [
      ['in escrow', node.heldAtomic],
      ['paid', node.paidAtomic],
      ['sent back', node.refundedAtomic],
    ] as const
  ).flatMap(([word, atomic]) => (atomic === '0' ? [] : [`${amountText(node, atomic)} ${word}`]))
  return parts.length === 0 ? 'nothing in escrow' : parts.join(', ')
}
