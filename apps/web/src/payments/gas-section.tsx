import { type GasEstimateJson, gasSavedWords } from '@koinon/work/dashboard'
import { count } from '../format/text.ts'

/** What the day's charges would have cost as one exact payment each, beside what channels took. */
export function GasSection({ gas }: { readonly gas: GasEstimateJson }) {
  return (
    <section className="panel" aria-labelledby="gas-title">
      <h2 id="gas-title">Gas saved, an estimate</h2>
      <p>{gasSavedWords(gas)}</p>
      <p className="hint">
        Of the last 24 hours: {count(gas.charges, 'charge')} on channels, {count(gas.deposits, 'channel')} opened,{' '}
        {count(gas.claims, 'claim')}, {count(gas.settlements, 'settlement')}, each at the gas that the bench measured
        for one alone. Deposits into channels that were open already are not counted.
      </p>
    </section>
  )
}
