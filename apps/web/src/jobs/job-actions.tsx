import type { JobBidsJson, JobDetailJson } from '@koinon/work/dashboard'
import { useState } from 'react'
import { requestJson } from '../api/request.ts'
import { useApp, useNow } from '../app-context.ts'
import { newLinkSentence } from '../shell/door-words.ts'
import { CommandText, HintText } from '../ui/command-text.tsx'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { useResource } from '../use-resource.ts'
import { actionsFor, type JobAction, offerWords } from './words.ts'

/** A transaction, and a look whether an earlier one arrived. */
const actTimeoutMs = 60_000
const bidsRefreshMs = 8_000

/** What the owner's account may do with this job now, asked once more before it is done. */
export function JobActions({ job, onDone }: { readonly job: JobDetailJson; readonly onDone: () => void }) {
  const { door, signIn } = useApp()
  const nowMs = useNow(5_000)
  const [asking, setAsking] = useState<JobAction>()
  const isOver = job.state === 'completed' || job.state === 'rejected' || job.state === 'expired'
  if (isOver) return null
  if (signIn.local === undefined) {
    return signIn.isLoading ? null : (
      <p className="hint">
        <HintText text={newLinkSentence} /> Then its parties can act here; in a terminal:{' '}
        <CommandText text="koinon job --help" />
      </p>
    )
  }
  const { account, localToken } = signIn.local
  const actions = actionsFor(job, account, nowMs)
  if (actions.length === 0 && job.state === 'open' && job.client !== account) return <OfferHint jobId={job.jobId} />
  if (actions.length === 0)
    return (
      <p className="hint">
        <HintText text={waitingFor(job, account)} />
      </p>
    )
  return (
    <>
      <div className="actions">
        {actions.map((action) => (
          <button
            key={action.name}
            type="button"
            className={`button ${action.isDanger ? 'button-danger' : 'button-primary'}`}
            onClick={() => setAsking(action)}
          >
            {action.name}
          </button>
        ))}
      </div>
      {asking === undefined ? null : (
        <ConfirmDialog
          title={`${asking.name}?`}
          yes={asking.name}
          isDanger={asking.isDanger}
          onYes={async () => {
            const options = { method: 'POST', body: {}, localToken, timeoutMs: actTimeoutMs } as const
            try {
              await requestJson(door, `/api/jobs/${job.jobId}/${asking.step}`, options)
            } finally {
              onDone()
            }
          }}
          onClose={() => setAsking(undefined)}
        >
          <p>{asking.question}</p>
        </ConfirmDialog>
      )}
    </>
  )
}

/** The book knows whether an auction still takes bids. */
function OfferHint({ jobId }: { readonly jobId: string }) {
  const { door } = useApp()
  const path = `/api/jobs/${jobId}/bids`
  const { data } = useResource(path, () => requestJson<JobBidsJson>(door, path), bidsRefreshMs)
  return data === undefined ? null : (
    <p className="hint">
      <HintText text={offerWords(jobId, data.auction?.phase)} />
    </p>
  )
}

/** What an owner who can do nothing here may still do, with the command. */
function waitingFor(job: JobDetailJson, account: string): string {
  if (job.state === 'open' && job.client === account) return ''
  if (job.state === 'funded' && job.provider === account) return `To hand in: \`koinon job submit ${job.jobId} FILE\``
  return 'Nothing here is for your account to do now.'
}
