import type { SubnetsJson, ValidatorJson, ValidatorsJson } from '@koinon/work/dashboard'
import { requestJson } from '../api/request.ts'
import { nameOf, useApp, useNetwork } from '../app-context.ts'
import { formatAlphaAtomic, worthSentence } from '../format/alpha.ts'
import { readAmount } from '../format/money.ts'
import { formatPpm } from '../format/text.ts'
import { formatDateTime } from '../format/time.ts'
import { SectionNav } from '../network/section-nav.tsx'
import { AlphaAmount } from '../ui/alpha-amount.tsx'
import { CommandText } from '../ui/command-text.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Fold } from '../ui/fold.tsx'
import { ResourceView } from '../ui/resource-view.tsx'
import { useResource } from '../use-resource.ts'

const refreshMs = 20_000

/** Who judges, subnet by subnet: stake, what of their judgement the consensus kept, what it earned. */
export function ValidatorsPage() {
  const { door } = useApp()
  const found = useResource(
    'validators',
    async () => {
      const [judges, markets] = await Promise.all([
        requestJson<ValidatorsJson>(door, '/api/validators'),
        requestJson<SubnetsJson>(door, '/api/subnets'),
      ])
      return { ...judges, priceOf: new Map(markets.subnets.map(({ netuid, priceWad }) => [netuid, priceWad])) }
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
        {({ subnets, asOfBlock, priceOf }) => (
          <>
            {subnets.map((subnet) => (
              <section key={subnet.netuid} className="stack" aria-labelledby={`validators-${subnet.netuid}`}>
                <h2 id={`validators-${subnet.netuid}`}>
                  <a href={`#/subnets/${subnet.netuid}`}>
                    Subnet {subnet.netuid}: {subnet.name}
                  </a>
                </h2>
                {subnet.epoch === undefined ? (
                  <p className="notice">
                    No signed epoch shows yet how they judge.{' '}
                    <a href={`#/subnets/${subnet.netuid}`}>When the first result is expected</a>
                  </p>
                ) : null}
                {subnet.validators.length === 0 ? (
                  <p className="empty">Nobody has a permit yet.</p>
                ) : (
                  <ValidatorsTable subnet={subnet} priceWad={priceOf.get(subnet.netuid)} />
                )}
              </section>
            ))}
            <p className="hint">
              Take is what a validator keeps of the dividends before it shares them. Agreement says how alike its
              weights order the miners as those of the others do (mean Spearman); kept is the part of its weights that
              the consensus kept. {worthSentence} As of block {asOfBlock.toLocaleString('en')}. The same in a terminal:{' '}
              <CommandText text="koinon validator list" />
            </p>
          </>
        )}
      </ResourceView>
    </div>
  )
}

function ValidatorsTable(props: {
  readonly subnet: ValidatorsJson['subnets'][number]
  readonly priceWad: string | undefined
}) {
  const { subnet, priceWad } = props
  const view = useNetwork()
  const total = subnet.validators.reduce((sum, { stakeAtomic }) => sum + (readAmount(stakeAtomic) ?? 0n), 0n)
  const columns: readonly Column<ValidatorJson>[] = [
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
      cell: ({ stakeAtomic }) => (
        <>
          {formatAlphaAtomic(readAmount(stakeAtomic) ?? 0n)}
          <span className="cell-note">{formatPpm(partPpm(readAmount(stakeAtomic) ?? 0n, total))} of all</span>
        </>
      ),
    },
    { name: 'Take', kind: 'number', cell: (validator) => <Take validator={validator} /> },
    { name: 'Permit', kind: 'short', cell: ({ hasPermit }) => (hasPermit ? 'yes' : 'no') },
    {
      name: 'Last signed',
      kind: 'number',
      cell: ({ lastSignedEpoch, signedResults }) => (
        <>
          {lastSignedEpoch === undefined ? '–' : `epoch ${lastSignedEpoch}`}
          <span className="cell-note">
            {subnet.results === 0 ? 'no result yet' : `${signedResults} of the last ${subnet.results}`}
          </span>
        </>
      ),
    },
    {
      name: 'Weights',
      kind: 'short',
      cell: ({ judged }) =>
        judged === undefined ? '–' : judged.seats === undefined ? 'not revealed' : `${judged.seats} miners`,
    },
    { name: 'Agreement', kind: 'number', cell: ({ judged }) => shareOf(judged?.agreementPpm) },
    { name: 'Kept by the consensus', kind: 'number', cell: ({ judged }) => shareOf(judged?.keptPpm) },
    {
      name: 'Dividends paid',
      kind: 'number',
      cell: ({ judged }) =>
        judged === undefined ? (
          '–'
        ) : (
          <>
            <AlphaAmount atomic={judged.asValidatorAtomic} priceWad={priceWad} />
            <span className="cell-note">{formatPpm(judged.dividendsPpm)} of all</span>
          </>
        ),
    },
  ]
  return (
    <Fold summary={`One by one (${subnet.validators.length})`}>
      <DataTable
        caption={`Validators of subnet ${subnet.netuid}${subnet.epoch === undefined ? '' : ` in epoch ${subnet.epoch}`}`}
        columns={columns}
        rows={subnet.validators}
        rowKey={(validator) => validator.hotkey}
      />
    </Fold>
  )
}

function Take({ validator: { takeBps, pendingTake } }: { readonly validator: ValidatorJson }) {
  return (
    <>
      {takeBps / 100} %
      {pendingTake === undefined ? null : (
        <span className="cell-note">
          {pendingTake.bps / 100} % from {formatDateTime(pendingTake.fromSeconds * 1000)}
        </span>
      )}
    </>
  )
}

function shareOf(ppm: number | undefined): string {
  return ppm === undefined ? '–' : formatPpm(ppm)
}

function partPpm(part: bigint, total: bigint): number {
  return total === 0n ? 0 : Number((part * 1_000_000n) / total)
}
