import { isKoinonError, toAddress } from '@koinon/base'
import type { NeuronJson, PoolJson, StakeJson } from '@koinon/work/dashboard'
import { useId, useState } from 'react'
import { useNetwork } from '../app-context.ts'
import { shortHex } from '../format/text.ts'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { AmountField } from './amount-field.tsx'
import { draftAmount } from './draft-amount.ts'
import { heldOf } from './held.ts'
import type { StakeMove } from './stake-move.ts'
import { formatAlpha, rootNetuid } from './worth.ts'

type Agreed = { readonly netuid: number; readonly hotkey: string; readonly amount: bigint }

/** Puts KOIN on the root, or free alpha of a subnet, on the hotkey of a validator or miner. */
export function StakeSection(props: {
  readonly stake: StakeJson
  readonly pools: readonly PoolJson[]
  readonly move: StakeMove
}) {
  const { stake, pools, move } = props
  const view = useNetwork()
  const id = useId()
  const [netuid, setNetuid] = useState(rootNetuid)
  const [chosen, setChosen] = useState('')
  const [typed, setTyped] = useState('')
  const [text, setText] = useState('')
  const [agreed, setAgreed] = useState<Agreed | undefined>()
  const [done, setDone] = useState('')
  const known = candidates(view.network?.subnets ?? [], netuid)
  const isAnother = chosen === 'another' || known.length === 0
  const listed = known.find((one) => one.hotkey === chosen) ?? known[0]
  const target = isAnother ? readAddress(typed) : listed?.hotkey
  const draft = draftAmount(text, netuid, heldOf(stake, netuid))
  return (
    <section className="panel" aria-labelledby="stake-title">
      <h2 id="stake-title">Stake</h2>
      <p>
        Stake gives a validator its weight and shares in what it earns, and in what it loses when it is slashed for
        wrong results. KOIN on the root counts in up to 16 subnets; alpha counts in its own.
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          setDone('')
          if ('amount' in draft && target !== undefined) setAgreed({ netuid, hotkey: target, amount: draft.amount })
        }}
      >
        <div className="form-grid">
          <div className="field">
            <label htmlFor={`${id}-what`}>What</label>
            <select
              id={`${id}-what`}
              value={netuid}
              onChange={(event) => {
                setNetuid(Number(event.target.value))
                setChosen('')
                setText('')
              }}
            >
              <option value={rootNetuid}>KOIN, on the root</option>
              {pools.map((pool) => (
                <option key={pool.netuid} value={pool.netuid}>
                  Alpha of subnet {pool.netuid} · {pool.name}
                </option>
              ))}
            </select>
          </div>
          <div className="field">
            <label htmlFor={`${id}-on`}>On</label>
            <select
              id={`${id}-on`}
              value={isAnother ? 'another' : (target ?? '')}
              onChange={(event) => setChosen(event.target.value)}
            >
              {known.map((one) => (
                <option key={one.hotkey} value={one.hotkey}>
                  {one.name ?? shortHex(one.hotkey)} ({one.kind})
                </option>
              ))}
              <option value="another">another account …</option>
            </select>
          </div>
          {isAnother ? (
            <div className="field">
              <label htmlFor={`${id}-account`}>Account to stake on</label>
              <input
                id={`${id}-account`}
                autoComplete="off"
                spellCheck={false}
                placeholder="0x…"
                value={typed}
                aria-invalid={typed.trim() !== '' && target === undefined}
                onChange={(event) => setTyped(event.target.value)}
              />
            </div>
          ) : null}
          <AmountField
            label={netuid === rootNetuid ? 'KOIN to stake' : 'Alpha to stake'}
            netuid={netuid}
            held={heldOf(stake, netuid)}
            value={text}
            problem={'problem' in draft ? draft.problem : undefined}
            onValue={setText}
          />
        </div>
        <div className="actions">
          <button
            type="submit"
            className="button button-primary"
            disabled={!('amount' in draft) || target === undefined}
          >
            Review the stake
          </button>
        </div>
        <p role="status" className="hint">
          {done}
        </p>
      </form>
      {agreed === undefined ? null : (
        <ConfirmDialog
          title="Stake this?"
          yes="Stake"
          onClose={() => setAgreed(undefined)}
          onYes={async () => {
            const { amount, ...place } = agreed
            await move({ action: 'stake', ...place, amountAtomic: amount.toString() })
            setText('')
            setDone(`Staked ${formatAlpha(agreed.netuid, amount)} on ${shortHex(agreed.hotkey)}.`)
          }}
        >
          <p>
            <strong className="long-code">
              {formatAlpha(agreed.netuid, agreed.amount)} on {agreed.hotkey}
            </strong>
          </p>
          <p>
            {agreed.netuid === rootNetuid
              ? 'What is on the root leaves only after the unbonding time.'
              : 'While that account is a validator, what is staked on it leaves only after the unbonding time.'}
          </p>
        </ConfirmDialog>
      )}
    </section>
  )
}

/** Who can be staked on: of the root validators of every subnet, of a subnet its validators first, then its miners. */
function candidates(
  subnets: readonly { readonly netuid: number; readonly neurons: readonly NeuronJson[] }[],
  netuid: number,
): readonly NeuronJson[] {
  const found = subnets
    .filter((subnet) => netuid === rootNetuid || subnet.netuid === netuid)
    .flatMap(({ neurons }) => neurons)
    .filter((neuron) => netuid !== rootNetuid || neuron.kind === 'validator')
  const each = [...new Map(found.map((neuron) => [neuron.hotkey, neuron])).values()]
  return [...each.filter(({ kind }) => kind === 'validator'), ...each.filter(({ kind }) => kind !== 'validator')]
}

function readAddress(text: string): string | undefined {
  try {
    return toAddress(text.trim())
  } catch (error) {
    if (isKoinonError(error)) return undefined
    throw error
  }
}
