import type { MetagraphJson, MetagraphValidatorJson, SubnetsJson } from '../api/incentive-types.ts'
import { requestJson } from '../api/request.ts'
import { nameOf, useApp, useNetwork } from '../app-context.ts'
import { formatAlphaAtomic, worthSentence } from '../format/alpha.ts'
import { readAmount } from '../format/money.ts'
import { formatPpm } from '../format/text.ts'
import { SectionNav } from '../network/section-nav.tsx'
import { AlphaAmount } from '../ui/alpha-amount.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { ResourceView } from '../ui/resource-view.tsx'
import { useResource } from '../use-resource.ts'

const refreshMs = 20_000

/** Who judges, subnet by subnet: stake, what of their judgement the consensus kept, what it earned. */
export function ValidatorsPage() {
  const { door } = useApp()
  const found = useResource(
    'validators',
    async () => {
      const { subnets, asOfBlock } = await requestJson<SubnetsJson>(door, '/api/subnets')
      const metagraphs = await Promise.all(
        subnets.map(({ netuid }) => requestJson<MetagraphJson>(door, `/api/subnets/${netuid}/metagraph`)),
      )
      return { asOfBlock, subnets: subnets.map((subnet, index) => ({ subnet, metagraph: metagraphs[index] })) }
    },
    refreshMs,
  )
  return (
    <div className="stack">
      <header className="page-head">
        <h1>Validators</h1>
        <p className="lead">
          A validator checks what miners did and puts stake behind the judgement: KOIN on the root, alpha of the subnet,
          its own and that of others. It earns alpha for what of its weights the consensus keeps, and shares that with
          who <a href="#/stake">staked on it</a>. Nobody is a validator who did not ask for it.
        </p>
        <SectionNav page="validators" />
      </header>
      <ResourceView resource={found} what="the validators">
        {({ subnets, asOfBlock }) => (
          <>
            {subnets.map(({ subnet, metagraph }) => (
              <section key={subnet.netuid} className="stack" aria-labelledby={`validators-${subnet.netuid}`}>
                <h2 id={`validators-${subnet.netuid}`}>
                  Subnet {subnet.netuid}: {subnet.name}
                </h2>
                {metagraph?.validators === undefined ? (
                  <p className="empty">{subnet.validators} may judge now; no signed epoch shows yet how they did.</p>
                ) : (
                  <ValidatorsTable
                    netuid={subnet.netuid}
                    epoch={metagraph.epoch}
                    validators={metagraph.validators}
                    priceWad={subnet.priceWad}
                  />
                )}
              </section>
            ))}
            <p className="hint">
              {worthSentence} As of block {asOfBlock.toLocaleString('en')}.
            </p>
          </>
        )}
      </ResourceView>
    </div>
  )
}

function ValidatorsTable(props: {
  readonly netuid: number
  readonly epoch: number | undefined
  readonly validators: readonly MetagraphValidatorJson[]
  readonly priceWad: string | undefined
}) {
  const view = useNetwork()
  const total = props.validators.reduce((sum, { stakeAtomic }) => sum + (readAmount(stakeAtomic) ?? 0n), 0n)
  const columns: readonly Column<MetagraphValidatorJson>[] = [
    {
      name: 'Validator',
      kind: 'title',
      cell: (validator) => (
        <>
          <strong>{validator.uid === undefined ? 'no seat any more' : `no. ${validator.uid}`}</strong>{' '}
          <span title={validator.hotkey}>{nameOf(view, validator.hotkey)}</span>
        </>
      ),
    },
    {
      name: 'Stake weighs',
      kind: 'number',
      cell: (validator) => formatAlphaAtomic(readAmount(validator.stakeAtomic) ?? 0n),
    },
    {
      name: 'Part of the weight',
      kind: 'number',
      cell: (validator) => formatPpm(partPpm(readAmount(validator.stakeAtomic) ?? 0n, total)),
    },
    {
      name: 'Weights',
      cell: (validator) => (validator.weights === undefined ? 'not revealed' : `${validator.weights.length} miners`),
    },
    {
      name: 'Kept by the consensus',
      kind: 'number',
      cell: (validator) => (validator.keptPpm === undefined ? '–' : formatPpm(validator.keptPpm)),
    },
    { name: 'Share of dividends', kind: 'number', cell: (validator) => formatPpm(validator.dividendsPpm) },
    {
      name: 'Dividends paid',
      kind: 'number',
      cell: (validator) => <AlphaAmount atomic={validator.asValidatorAtomic} priceWad={props.priceWad} />,
    },
  ]
  return (
    <DataTable
      caption={`Validators of subnet ${props.netuid} in epoch ${props.epoch ?? ''}`}
      columns={columns}
      rows={props.validators}
      rowKey={(validator) => validator.hotkey}
    />
  )
}

function partPpm(part: bigint, total: bigint): number {
  return total === 0n ? 0 : Number((part * 1_000_000n) / total)
}
