import type { NetworkJson } from '@koinon/work/dashboard'
import { HintText } from '../ui/command-text.tsx'
import { Fold } from '../ui/fold.tsx'
import { trustPoints } from './trust.ts'

/** Whom one has to trust here, in plain words. */
export function TrustSection({ network }: { readonly network: NetworkJson }) {
  return (
    <section className="panel trust" aria-labelledby="trust-title">
      <h2 id="trust-title">What is trusted on this network</h2>
      <p className="hint">Computed from the state as of block {network.asOfBlock.toLocaleString('en')}.</p>
      <Fold summary="Point by point">
        <ul>
          {trustPoints(network).map((point) => (
            <li key={point.title}>
              <strong>{point.title}</strong>
              <span>
                <HintText text={point.sentence} />
              </span>
            </li>
          ))}
        </ul>
      </Fold>
    </section>
  )
}
