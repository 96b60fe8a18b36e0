import {
  auditCounts,
  auditVerdict,
  type ConcentrationJson,
  type DecentralizationJson,
  type LayerJson,
  type RequirementJson,
} from '@koinon/work/dashboard'
import { requestJson } from '../api/request.ts'
import { useApp } from '../app-context.ts'
import { count, formatPpm } from '../format/text.ts'
import { formatDateTime } from '../format/time.ts'
import { SectionNav } from '../network/section-nav.tsx'
import { CommandText } from '../ui/command-text.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { ResourceView } from '../ui/resource-view.tsx'
import { useResource } from '../use-resource.ts'

const refreshMs = 30_000

const stageWords: Readonly<Record<string, string>> = {
  none: 'Not yet recomputed',
  S0: 'S0: operated',
  S1: 'S1: accountable',
  S2: 'S2: leaderless',
}

/** Who could stop or bend this network, by figures that anybody can recompute. */
export function DecentralizationPage() {
  const { door } = useApp()
  const report = useResource(
    'decentralization',
    () => requestJson<DecentralizationJson>(door, '/api/decentralization'),
    refreshMs,
  )
  return (
    <div className="stack">
      <header className="page-head">
        <h1>Decentralization</h1>
        <p className="lead">
          What it would take to stop or bend this network. Shown is what binds, not an average: a chain is as free as
          its tightest knot.
        </p>
        <SectionNav page="decentralization" />
      </header>
      <ResourceView resource={report} what="the sums">
        {(data) => <Report report={data} />}
      </ResourceView>
    </div>
  )
}

function Report({ report }: { readonly report: DecentralizationJson }) {
  return (
    <>
      <section className="panel stage-panel" aria-labelledby="stage-title">
        <p className="eyebrow">Stage</p>
        <h2 id="stage-title">{stageWords[report.stage] ?? report.stage}</h2>
        {report.binding === undefined ? (
          <p>Nothing binds: all requirements are met.</p>
        ) : (
          <p>
            <strong>Held back by: {report.binding.name}.</strong> {report.binding.detail}
          </p>
        )}
        <details>
          <summary>All {report.requirements.length} requirements</summary>
          <ul className="requirements">
            {report.requirements.map((requirement) => (
              <RequirementItem key={requirement.name} requirement={requirement} />
            ))}
          </ul>
        </details>
      </section>
      <AuditSection audit={report.audit} />
      {report.layers.map((layer) => (
        <LayerSection key={layer.name} layer={layer} />
      ))}
      <section aria-labelledby="how-title">
        <h2 id="how-title">How to read this</h2>
        <p className="section-hint">
          Figures by address flatter, because one person can have many. By owner joins the hotkeys of one key that owns
          their agents on the ledger (a coldkey), and what that key holds itself. An entity joins owners, too, accounts
          whose machines share a host name or address, and accounts that got their first KOIN from the same place; a
          test network's faucet therefore makes one entity of all who used it, and people who hide their ties are still
          counted apart. Effective holders says how many holders of equal shares would be as mixed; Gini is 0 where all
          hold the same, HHI 10,000 where one holds all. As of block {report.asOfBlock.toLocaleString('en')}.
        </p>
      </section>
    </>
  )
}

/** When somebody last recomputed the network from here, and what that came to. */
function AuditSection({ audit }: { readonly audit: DecentralizationJson['audit'] }) {
  const verdict = audit === undefined ? undefined : auditVerdict(audit)
  return (
    <section className="panel" aria-labelledby="audit-title">
      <h2 id="audit-title">Last audit</h2>
      {audit === undefined || verdict === undefined ? (
        <p>
          <span className="badge badge-warn">not checked</span> None was run from this gateway's home. Anybody can run
          one: <CommandText text="koinon audit" />
        </p>
      ) : (
        <p>
          <span className={`badge badge-${verdict.kind}`}>{verdict.words}</span> {formatDateTime(audit.atMs)},{' '}
          {audit.isWhole ? 'the whole network' : 'a part only'}, up to block {audit.block.toLocaleString('en')}:{' '}
          {auditCounts(audit)}. {verdict.advice} What happened since then nobody looked at.
        </p>
      )}
    </section>
  )
}

function RequirementItem({ requirement }: { readonly requirement: RequirementJson }) {
  const kind = { met: 'pass', failed: 'fail', unknown: 'warn' }[requirement.state]
  return (
    <li>
      <span className={`badge badge-${kind}`}>
        {requirement.state === 'unknown' ? 'not checked' : requirement.state}
      </span>{' '}
      <strong>
        {requirement.stage} {requirement.name}
      </strong>{' '}
      <span>{requirement.detail}</span>
    </li>
  )
}

const layerNames: Readonly<Record<string, string>> = {
  stake: 'Stake',
  emission: 'Emission received',
  workSold: 'Work sold',
  votes: 'Votes',
}

type Figures = { readonly by: string; readonly figures: ConcentrationJson }

const columns: readonly Column<Figures>[] = [
  { name: 'Counted', kind: 'title', cell: ({ by }) => by },
  { name: 'Holders', kind: 'number', cell: ({ figures }) => String(figures.holders) },
  { name: 'Hold a third', kind: 'number', cell: ({ figures }) => String(figures.nakamotoThird) },
  { name: 'Hold a half', kind: 'number', cell: ({ figures }) => String(figures.nakamotoHalf) },
  { name: 'Largest', kind: 'number', cell: ({ figures }) => formatPpm(figures.topOnePpm) },
  { name: 'Largest five', kind: 'number', cell: ({ figures }) => formatPpm(figures.topFivePpm) },
  {
    name: 'Effective holders',
    kind: 'number',
    cell: ({ figures }) => (figures.effectiveMilli / 1000).toFixed(1),
  },
  { name: 'Gini', kind: 'number', cell: ({ figures }) => (figures.giniPpm / 1_000_000).toFixed(3) },
  { name: 'HHI', kind: 'number', cell: ({ figures }) => figures.herfindahl.toLocaleString('en') },
]

function LayerSection({ layer }: { readonly layer: LayerJson }) {
  const { byAddress, byOwner, byEntity } = layer
  return (
    <section className="stack" aria-labelledby={`layer-${layer.name}`}>
      <div>
        <h2 id={`layer-${layer.name}`}>{layerNames[layer.name] ?? layer.name}</h2>
        <p className="hint">{layer.what}</p>
      </div>
      {byAddress === undefined || byEntity === undefined ? null : byAddress.holders === 0 ? (
        <p className="empty">Nobody holds any yet.</p>
      ) : (
        <>
          <p>{sentenceOf(byEntity)}</p>
          <DataTable
            caption={`Concentration of ${layerNames[layer.name] ?? layer.name}`}
            columns={columns}
            rows={[
              { by: 'by entity', figures: byEntity },
              ...(byOwner === undefined ? [] : [{ by: 'by owner', figures: byOwner }]),
              { by: 'by address', figures: byAddress },
            ]}
            rowKey={({ by }) => by}
          />
        </>
      )}
    </section>
  )
}

function sentenceOf({ holders, nakamotoHalf, topOnePpm }: ConcentrationJson): string {
  if (holders === 1) return 'One entity holds all of it.'
  return `${count(nakamotoHalf, 'entity', 'entities')} of ${holders} hold more than half; the largest holds ${formatPpm(topOnePpm)}.`
}
