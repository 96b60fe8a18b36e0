import type { SubnetJson } from '@koinon/work/dashboard'
import { connectionOf } from '../api/network-feed.ts'
import { useNetwork, useNow } from '../app-context.ts'
import { formatCountdown } from '../format/time.ts'
import { phaseName, phaseSentence } from './phases.ts'

/** Epoch, phase and what is left of it. The ledger's clock, carried on by this browser since the last answer. */
export function EpochClock({ subnet, asOfAtMs }: { readonly subnet: SubnetJson; readonly asOfAtMs: number }) {
  const view = useNetwork()
  const nowMs = useNow(1000)
  const isLive = connectionOf(view, nowMs) === 'live'
  const ledgerNowMs = asOfAtMs + (isLive ? nowMs - (view.receivedAtMs ?? nowMs) : 0)
  const leftMs = subnet.epochEndsAtSeconds * 1000 - ledgerNowMs
  const lengthMs = Math.max(1, (subnet.epochEndsAtSeconds - subnet.epochStartedAtSeconds) * 1000)
  const done = Math.min(1, Math.max(0, 1 - leftMs / lengthMs))
  return (
    <div className="epoch-clock">
      <p className="eyebrow">Epoch {subnet.currentEpoch}</p>
      <p className="countdown">
        {formatCountdown(leftMs)} <span className="unit">left</span>
      </p>
      <progress value={done} max={1} aria-label={`Epoch ${subnet.currentEpoch}, ${Math.round(done * 100)} % over`} />
      {/* Two epochs overlap: this one collects work while the one before it is judged. */}
      <p>
        {subnet.currentEpoch === 0 ? null : `Epoch ${subnet.currentEpoch - 1} is judged meanwhile. `}
        <strong>{phaseName(subnet.phase)}</strong>: {phaseSentence(subnet.phase)}
      </p>
      {isLive ? null : <p className="stale">Stale: the clock stands at the last answer.</p>}
    </div>
  )
}
