import type { JobDetailJson } from '@koinon/work/dashboard'
import { formatDateTime } from '../format/time.ts'
import { type LifeStage, lifeOf } from './words.ts'

const stateWords = { done: 'done', now: 'now', ahead: 'still ahead', left: 'not reached' } as const

/** The life of a job as stations on a line: what was done when and by whom, where it stands, what is ahead. */
export function JobLife({ job, name }: { readonly job: JobDetailJson; readonly name: (account: string) => string }) {
  return (
    <ol className="job-life" aria-label="Life of the job">
      {lifeOf(job).map((stage) => (
        <li key={stage.name} className={`life-stage life-${stage.state}`}>
          <span className="life-mark" aria-hidden="true">
            {stage.state === 'done' ? '✓' : stage.state === 'left' ? '–' : ''}
          </span>
          <span className="life-name">{stage.name}</span>
          <span className="life-note">
            <span className="visually-hidden">{stateWords[stage.state]}: </span>
            <StageNote stage={stage} name={name} />
          </span>
        </li>
      ))}
    </ol>
  )
}

function StageNote({ stage, name }: { readonly stage: LifeStage; readonly name: (account: string) => string }) {
  const { step, note } = stage
  if (step === undefined) return <>{note}</>
  return (
    <>
      {formatDateTime(step.atMs)}
      {step.account === undefined ? null : (
        <>
          <br />
          by <span title={step.account}>{name(step.account)}</span>
        </>
      )}
    </>
  )
}
