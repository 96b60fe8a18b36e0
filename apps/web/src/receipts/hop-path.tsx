import type { ReceiptBundle } from '@koinon/work'
import { formatPicoUsd } from '../format/money.ts'
import { shortHex } from '../format/text.ts'
import { formatDuration } from '../format/time.ts'

/** The way of the question: you -> gateway -> miner. Between two stations stands what the receipt of that hop says. */
export function HopPath({
  bundle,
  nameOf,
}: {
  readonly bundle: ReceiptBundle
  readonly nameOf: (account: string) => string
}) {
  const last = bundle.hops.length - 1
  return (
    <ol className="hop-path" aria-label="Path of the question">
      <li className="station">
        <span className="station-role">You</span>
        <span className="station-name">{shortHex(bundle.hops[0]?.receipt.payer ?? '')}</span>
      </li>
      {bundle.hops.map(({ receipt }, index) => (
        <li key={receipt.sequence + receipt.payee} className="leg-and-station">
          <span className="leg">
            <span className="leg-line" aria-hidden="true" />
            <span className="leg-text">
              owes {formatPicoUsd(receipt.amountPicoUsd)}
              <br />
              {formatDuration(receipt.endedAtMs - receipt.receivedAtMs)}, receipt no. {receipt.sequence}
            </span>
          </span>
          <span className="station">
            <span className="station-role">
              {index === last ? (index === 0 ? 'Answered' : 'Miner, did the work') : 'Gateway, passed it on'}
            </span>
            <span className="station-name" title={receipt.payee}>
              {nameOf(receipt.payee)}
            </span>
          </span>
        </li>
      ))}
    </ol>
  )
}
