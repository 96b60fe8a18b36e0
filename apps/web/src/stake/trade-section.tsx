import type { PoolJson, QuoteJson, StakeJson, TradeSide } from '@koinon/work/dashboard'
import { useId, useState } from 'react'
import { requestJson } from '../api/request.ts'
import { useApp } from '../app-context.ts'
import { formatPrice } from '../format/alpha.ts'
import { readAmount } from '../format/money.ts'
import { formatPpm } from '../format/text.ts'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { Facts } from '../ui/facts.tsx'
import { useResource } from '../use-resource.ts'
import { useSettled } from '../use-settled.ts'
import { AmountField } from './amount-field.tsx'
import { draftAmount } from './draft-amount.ts'
import { heldOf } from './held.ts'
import type { StakeMove } from './stake-move.ts'
import { formatAlpha, rootNetuid } from './worth.ts'

const quoteRefreshMs = 10_000
const settleMs = 250
/** From here on a trade moves the price so much that it is said aloud. */
const largeImpactPpm = 50_000
const slippages = [
  [50, '0.5 %'],
  [100, '1 %'],
  [300, '3 %'],
] as const

type OpenPool = Extract<PoolJson, { readonly priceWad: string }>

/** Buys and sells alpha: the quote of the moment, what must come of it at least, and a second look. */
export function TradeSection(props: {
  readonly stake: StakeJson
  readonly pools: readonly PoolJson[]
  readonly move: StakeMove
}) {
  const { stake, pools, move } = props
  const { door } = useApp()
  const id = useId()
  const open = pools.filter((pool): pool is OpenPool => 'priceWad' in pool)
  const [side, setSide] = useState<TradeSide>('buy')
  const [chosen, setChosen] = useState<number | undefined>()
  const [text, setText] = useState('')
  const [slippageBps, setSlippageBps] = useState(100)
  const [agreed, setAgreed] = useState<QuoteJson | undefined>()
  const [done, setDone] = useState<string | undefined>()
  const netuid = chosen ?? open[0]?.netuid ?? 1
  const given = side === 'buy' ? rootNetuid : netuid
  const draft = draftAmount(text, given, heldOf(stake, given))
  const amount = 'amount' in draft ? draft.amount.toString() : undefined
  const path =
    amount === undefined
      ? undefined
      : `/api/pools/${netuid}/quote?side=${side}&amountAtomic=${amount}&slippageBps=${slippageBps}`
  const settled = useSettled(path, settleMs)
  const quote = useResource(settled, () => requestJson<QuoteJson>(door, settled ?? ''), quoteRefreshMs)
  const shown = settled === path ? quote.data : undefined
  if (open.length === 0) return null
  const change = (apply: () => void): void => {
    apply()
    setDone(undefined)
  }
  return (
    <section className="panel" aria-labelledby="trade-title">
      <h2 id="trade-title">Buy or sell alpha</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          setAgreed(shown)
        }}
      >
        <fieldset className="segmented">
          <legend className="visually-hidden">Buy or sell</legend>
          {(['buy', 'sell'] as const).map((one) => (
            <label key={one}>
              <input
                type="radio"
                name={`${id}-side`}
                checked={one === side}
                onChange={() =>
                  change(() => {
                    setSide(one)
                    setText('')
                  })
                }
              />
              <span>{one === 'buy' ? 'Buy' : 'Sell'}</span>
            </label>
          ))}
        </fieldset>
        <div className="form-grid">
          <div className="field">
            <label htmlFor={`${id}-subnet`}>Subnet</label>
            <select
              id={`${id}-subnet`}
              value={netuid}
              onChange={(event) => change(() => setChosen(Number(event.target.value)))}
            >
              {open.map((pool) => (
                <option key={pool.netuid} value={pool.netuid}>
                  {pool.netuid} · {pool.name}
                </option>
              ))}
            </select>
          </div>
          <AmountField
            label={side === 'buy' ? 'KOIN to spend' : 'Alpha to sell'}
            netuid={given}
            held={heldOf(stake, given)}
            value={text}
            problem={'problem' in draft ? draft.problem : undefined}
            onValue={(value) => change(() => setText(value))}
          />
          <div className="field">
            <label htmlFor={`${id}-slippage`}>Accept less than quoted, up to</label>
            <select
              id={`${id}-slippage`}
              value={slippageBps}
              onChange={(event) => change(() => setSlippageBps(Number(event.target.value)))}
            >
              {slippages.map(([bps, name]) => (
                <option key={bps} value={bps}>
                  {name}
                </option>
              ))}
            </select>
          </div>
        </div>
        {shown === undefined ? (
          <p className="hint">
            {done ?? 'Type an amount to see what it would bring. The price follows from what the pool holds.'}
          </p>
        ) : (
          <Terms quote={shown} />
        )}
        {quote.error === undefined || settled !== path ? null : <ErrorNotice error={quote.error} />}
        <div className="actions">
          <button type="submit" className="button button-primary" disabled={shown === undefined}>
            Review
          </button>
        </div>
        <p role="status" className="visually-hidden">
          {done ?? ''}
        </p>
      </form>
      {agreed === undefined ? null : (
        <ConfirmDialog
          title={agreed.side === 'buy' ? 'Buy this alpha?' : 'Sell this alpha?'}
          yes={agreed.side === 'buy' ? 'Buy' : 'Sell'}
          onClose={() => setAgreed(undefined)}
          onYes={async () => {
            const { inputAtomic: amountAtomic, leastOutputAtomic } = agreed
            const { outputAtomic } = await move<{ readonly outputAtomic: string }>({
              action: agreed.side,
              netuid: agreed.netuid,
              amountAtomic,
              leastOutputAtomic,
            })
            setText('')
            setDone(tradeSentence(agreed.side === 'buy' ? 'Bought' : 'Sold', agreed, outputAtomic))
          }}
        >
          <p>
            <strong>{tradeSentence(agreed.side === 'buy' ? 'Buy' : 'Sell', agreed, agreed.outputAtomic)}</strong>
          </p>
          <Terms quote={agreed} />
        </ConfirmDialog>
      )}
    </section>
  )
}

/** What a quote says, for a person. */
function Terms({ quote }: { readonly quote: QuoteJson }) {
  const { netuid, side, impactPpm } = quote
  const [paid, got] = side === 'buy' ? [rootNetuid, netuid] : [netuid, rootNetuid]
  const amount = (place: number, text: string): string => formatAlpha(place, readAmount(text) ?? 0n)
  return (
    <>
      <Facts
        items={[
          ['You get', amount(got, quote.outputAtomic)],
          ['At least, or nothing happens', amount(got, quote.leastOutputAtomic)],
          ['On average, for one alpha, fee included', formatPrice(averagePriceWad(quote))],
          ['Price now, for one alpha', formatPrice(quote.priceWad)],
          ['Price after it', formatPrice(quote.priceAfterWad)],
          ['It moves the price by', formatPpm(impactPpm)],
          ['Fee, burned', amount(paid, quote.feeAtomic)],
        ]}
      />
      {impactPpm > largeImpactPpm ? (
        <div className="notice notice-unsure">
          <p className="notice-title">This trade moves the price by {formatPpm(impactPpm)}.</p>
          <p>The pool is small for that amount. Several smaller trades, with time between them, may bring more.</p>
        </div>
      ) : null}
    </>
  )
}

/** KOIN over alpha of the whole trade, in parts of 1e18. */
function averagePriceWad({ side, inputAtomic, outputAtomic }: QuoteJson): string {
  const amounts = [readAmount(inputAtomic) ?? 0n, readAmount(outputAtomic) ?? 0n] as const
  const [koin, alpha] = side === 'buy' ? amounts : [amounts[1], amounts[0]]
  return alpha === 0n ? '0' : `${(koin * 10n ** 18n) / alpha}`
}

function tradeSentence(verb: string, { side, netuid, inputAtomic }: QuoteJson, outputAtomic: string): string {
  const input = readAmount(inputAtomic) ?? 0n
  const output = readAmount(outputAtomic) ?? 0n
  const [alpha, koin] = side === 'buy' ? [output, input] : [input, output]
  return `${verb} ${formatAlpha(netuid, alpha)} for ${formatAlpha(rootNetuid, koin)}.`
}
